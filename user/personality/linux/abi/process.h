/* Linux constants and layouts of processes, waiting, limits, time and the system as a whole (x86_64). */
#pragma once

#include <stdint.h>

#define CLONE_VM             0x00000100ull
#define CLONE_FS             0x00000200ull
#define CLONE_FILES          0x00000400ull
#define CLONE_SIGHAND        0x00000800ull
#define CLONE_VFORK          0x00004000ull
#define CLONE_PARENT         0x00008000ull
#define CLONE_THREAD         0x00010000ull
#define CLONE_SETTLS         0x00080000ull
#define CLONE_PARENT_SETTID  0x00100000ull
#define CLONE_CHILD_CLEARTID 0x00200000ull
#define CLONE_CHILD_SETTID   0x01000000ull
#define CLONE_NEW_ANYTHING   0x7e020000ull /* name spaces: not supported */
#define CLONE_SIGNAL_MASK    0xffull

struct linux_clone_arguments {
    uint64_t flags;
    uint64_t pidfd;
    uint64_t child_tid;
    uint64_t parent_tid;
    uint64_t exit_signal;
    uint64_t stack;
    uint64_t stack_size;
    uint64_t tls;
};

enum { WNOHANG = 1, WUNTRACED = 2, WEXITED = 4, WCONTINUED = 8, WNOWAIT = 0x01000000 };

enum { ARCH_SET_GS = 0x1001, ARCH_SET_FS = 0x1002, ARCH_GET_FS = 0x1003, ARCH_GET_GS = 0x1004 };

enum {
    RLIMIT_CPU,
    RLIMIT_FSIZE,
    RLIMIT_DATA,
    RLIMIT_STACK,
    RLIMIT_CORE,
    RLIMIT_RSS,
    RLIMIT_NPROC,
    RLIMIT_NOFILE,
    RLIMIT_COUNT = 16
};
#define RLIM_INFINITY (~0ull)

struct linux_rlimit {
    uint64_t current;
    uint64_t maximum;
};

struct linux_rusage {
    struct {
        int64_t seconds, microseconds;
    } user;
    struct {
        int64_t seconds, microseconds;
    } system;
    int64_t counts[14];
};
_Static_assert(sizeof(struct linux_rusage) == 144, "struct rusage");

struct linux_tms {
    int64_t user, system, children_user, children_system;
};

struct linux_utsname {
    char system[65], node[65], release[65], version[65], machine[65], domain[65];
};

struct linux_sysinfo {
    int64_t uptime;
    uint64_t loads[3];
    uint64_t total_memory, free_memory, shared_memory, buffer_memory, total_swap, free_swap;
    uint16_t processes;
    uint16_t padding;
    uint32_t padding2;
    uint64_t total_high, free_high;
    uint32_t memory_unit;
    uint32_t padding3;
};
_Static_assert(sizeof(struct linux_sysinfo) == 112, "struct sysinfo");

enum {
    CLOCK_REALTIME,
    CLOCK_MONOTONIC,
    CLOCK_PROCESS_CPUTIME_ID,
    CLOCK_THREAD_CPUTIME_ID,
    CLOCK_MONOTONIC_RAW,
    CLOCK_REALTIME_COARSE,
    CLOCK_MONOTONIC_COARSE,
    CLOCK_BOOTTIME,
    TIMER_ABSTIME = 1
};

enum { ITIMER_REAL, ITIMER_VIRTUAL, ITIMER_PROF };

enum {
    FUTEX_WAIT = 0,
    FUTEX_WAKE = 1,
    FUTEX_REQUEUE = 3,
    FUTEX_CMP_REQUEUE = 4,
    FUTEX_WAIT_BITSET = 9,
    FUTEX_WAKE_BITSET = 10,
    FUTEX_PRIVATE = 128,
    FUTEX_CLOCK_REALTIME = 256
};

#define REBOOT_MAGIC1    0xfee1deadull
#define REBOOT_RESTART   0x01234567ull
#define REBOOT_HALT      0xcdef0123ull
#define REBOOT_POWER_OFF 0x4321fedcull
#define REBOOT_CAD_ON    0x89abcdefull
#define REBOOT_CAD_OFF   0ull

/* Auxiliary vector */
enum {
    AT_NULL = 0,
    AT_PHDR = 3,
    AT_PHENT = 4,
    AT_PHNUM = 5,
    AT_PAGESZ = 6,
    AT_BASE = 7,
    AT_FLAGS = 8,
    AT_ENTRY = 9,
    AT_UID = 11,
    AT_EUID = 12,
    AT_GID = 13,
    AT_EGID = 14,
    AT_PLATFORM = 15,
    AT_HWCAP = 16,
    AT_CLKTCK = 17,
    AT_SECURE = 23,
    AT_RANDOM = 25,
    AT_HWCAP2 = 26,
    AT_EXECFN = 31,
    AT_MINSIGSTKSZ = 51
};
