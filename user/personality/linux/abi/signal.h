/* Linux signal numbers and the layouts that a handler sees (x86_64). */
#pragma once

#include <stdint.h>

enum {
    SIGHUP = 1,
    SIGINT = 2,
    SIGQUIT = 3,
    SIGILL = 4,
    SIGTRAP = 5,
    SIGABRT = 6,
    SIGBUS = 7,
    SIGFPE = 8,
    SIGKILL = 9,
    SIGUSR1 = 10,
    SIGSEGV = 11,
    SIGUSR2 = 12,
    SIGPIPE = 13,
    SIGALRM = 14,
    SIGTERM = 15,
    SIGSTKFLT = 16,
    SIGCHLD = 17,
    SIGCONT = 18,
    SIGSTOP = 19,
    SIGTSTP = 20,
    SIGTTIN = 21,
    SIGTTOU = 22,
    SIGURG = 23,
    SIGXCPU = 24,
    SIGXFSZ = 25,
    SIGVTALRM = 26,
    SIGPROF = 27,
    SIGWINCH = 28,
    SIGIO = 29,
    SIGPWR = 30,
    SIGSYS = 31,
    SIGNAL_MAX = 64,
};

enum { SIG_BLOCK, SIG_UNBLOCK, SIG_SETMASK };

#define SIG_DFL 0ull
#define SIG_IGN 1ull

#define SA_NOCLDSTOP 0x00000001ull
#define SA_NOCLDWAIT 0x00000002ull
#define SA_SIGINFO   0x00000004ull
#define SA_RESTORER  0x04000000ull
#define SA_ONSTACK   0x08000000ull
#define SA_RESTART   0x10000000ull
#define SA_NODEFER   0x40000000ull
#define SA_RESETHAND 0x80000000ull

enum { SS_ONSTACK = 1, SS_DISABLE = 2, MINSIGSTKSZ = 2048 };

/* si_code */
enum {
    SI_USER = 0,
    SI_KERNEL = 0x80,
    SI_TIMER = -2,
    SI_TKILL = -6,
    ILL_ILLOPN = 2,
    FPE_INTDIV = 1,
    FPE_FLTINV = 7,
    SEGV_MAPERR = 1,
    SEGV_ACCERR = 2,
    BUS_ADRALN = 1,
    BUS_ADRERR = 2,
    TRAP_BRKPT = 1,
    TRAP_TRACE = 2,
    CLD_EXITED = 1,
    CLD_KILLED = 2,
    CLD_DUMPED = 3,
    CLD_STOPPED = 5,
    CLD_CONTINUED = 6,
};

struct linux_sigaction {
    uint64_t handler;
    uint64_t flags;
    uint64_t restorer;
    uint64_t mask;
};

struct linux_siginfo {
    int32_t number;
    int32_t error;
    int32_t code;
    int32_t padding;
    union {
        struct {
            int32_t pid;
            uint32_t uid;
            int32_t status;
            int32_t padding;
            int64_t user_ticks;
            int64_t system_ticks;
        } sender; /* kill, tkill: pid and uid; SIGCHLD: all */
        struct {
            uint64_t address;
        } fault;
        uint8_t bytes[112];
    };
};
_Static_assert(sizeof(struct linux_siginfo) == 128, "siginfo_t");

struct linux_stack {
    uint64_t base;
    int32_t flags;
    int32_t padding;
    uint64_t size;
};

/* struct sigcontext */
struct linux_machine_context {
    uint64_t r8, r9, r10, r11, r12, r13, r14, r15;
    uint64_t rdi, rsi, rbp, rbx, rdx, rax, rcx, rsp, rip, rflags;
    uint16_t cs, gs, fs, ss;
    uint64_t error_code, vector, old_mask, fault_address;
    uint64_t float_state; /* address of the FXSAVE or XSAVE image; 0: none */
    uint64_t reserved[8];
};
_Static_assert(sizeof(struct linux_machine_context) == 256, "struct sigcontext");

struct linux_user_context {
    uint64_t flags;
    uint64_t link;
    struct linux_stack stack;
    struct linux_machine_context machine;
    uint64_t mask;
};

/* What lies at rsp when a handler starts. */
struct linux_signal_frame {
    uint64_t return_address;
    struct linux_user_context context;
    struct linux_siginfo info;
};

/* Bytes 464 to 511 of an FXSAVE image, for the program to find what else was saved. */
struct linux_float_extension {
    uint32_t magic1;
    uint32_t extended_size;
    uint64_t features;
    uint32_t state_size;
    uint32_t padding[7];
};
_Static_assert(sizeof(struct linux_float_extension) == 48, "struct _fpx_sw_bytes");

#define FLOAT_MAGIC1         0x46505853u
#define FLOAT_MAGIC2         0x46505845u
#define UC_FP_XSTATE         1ull
#define UC_SIGCONTEXT_SS     2ull
#define UC_STRICT_RESTORE_SS 4ull
