/*
 * personality/linux/machine.h on the host: an address space is a traced process, its pages are mappings of one file
 * that holds all frames, and a system call or fault of it is a stop that the tracer sees instead of the host's kernel.
 *
 * So the personality runs whole programs, under sanitizers, without a machine below it.
 */
#define _GNU_SOURCE
#include "personality/linux/machine.h"
#include "file_server.h"
#include "network/sim_server.h"
#include "personality/linux/personality.h"

#include <cpuid.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/signalfd.h>
#include <sys/syscall.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

enum { FRAMES = 8192, FRAMES_DESCRIPTOR = 100, THREADS = 2048, SYSEMU = 31 };

static const char *stub_path;
static char *frames;
static uint32_t references[FRAMES], next_free[FRAMES], first_free, free_count, mapping_count;
static uint64_t deadline = UINT64_MAX, start_time;
static struct termios saved_terminal;

#define CHECK(condition) ((condition) ? (void)0 : fail(#condition, __LINE__))

static void end(int status)
{
    if (isatty(0))
        tcsetattr(0, TCSANOW, &saved_terminal);
    fflush(NULL);
    _exit(status);
}

static void fail(const char *what, int line)
{
    fprintf(stderr, "machine.c:%d: %s: %s\r\n", line, what, strerror(errno));
    end(117);
}

/* Frames */

static void frames_initialise(void)
{
    int file = memfd_create("frames", 0);
    CHECK(file >= 0 && ftruncate(file, (off_t)FRAMES * PAGE_SIZE) == 0);
    CHECK(dup2(file, FRAMES_DESCRIPTOR) == FRAMES_DESCRIPTOR);
    frames = mmap(NULL, (size_t)FRAMES * PAGE_SIZE, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
    CHECK(frames != MAP_FAILED);
    for (uint32_t i = FRAMES - 1; i > 0; i--)
        machine_frame_free(i);
}

uint32_t machine_frame_allocate(void)
{
    uint32_t frame = first_free;
    if (!frame)
        return 0;
    first_free = next_free[frame];
    free_count--;
    next_free[frame] = UINT32_MAX;
    memset(frames + (size_t)frame * PAGE_SIZE, 0xa5, PAGE_SIZE);
    return frame;
}

void machine_frame_free(uint32_t frame)
{
    CHECK(frame > 0 && frame < FRAMES && (next_free[frame] == UINT32_MAX || !start_time));
    next_free[frame] = first_free;
    first_free = frame;
    free_count++;
}

uint32_t machine_frame_allocate_reachable(void)
{
    return machine_frame_allocate();
}

uint64_t machine_frame_reach(uint32_t frame)
{
    return (uint64_t)frame * PAGE_SIZE;
}

const struct machine_files *machine_files(void)
{
    return file_server_regions();
}

void machine_files_let_run(void)
{
    file_server_step();
}

/* The server looks by itself. */
void machine_files_notify(void)
{
}

void *machine_frame_data(uint32_t frame)
{
    CHECK(frame > 0 && frame < FRAMES && next_free[frame] == UINT32_MAX);
    return frames + (size_t)frame * PAGE_SIZE;
}

uint32_t *machine_frame_references(uint32_t frame)
{
    CHECK(frame > 0 && frame < FRAMES && next_free[frame] == UINT32_MAX);
    return &references[frame];
}

uint64_t machine_frames_total(void)
{
    return FRAMES - 1;
}

uint64_t machine_frames_free(void)
{
    return free_count;
}

uint64_t machine_slots_used(void)
{
    return mapping_count;
}

/* Traced processes */

static int wait_for(pid_t pid)
{
    int status;
    pid_t got;
    do
        got = waitpid(pid, &status, __WALL);
    while (got < 0 && errno == EINTR);
    CHECK(got == pid);
    return status;
}

static struct user_regs_struct registers_of(pid_t pid)
{
    struct user_regs_struct registers;
    CHECK(ptrace(PTRACE_GETREGS, pid, 0, &registers) == 0);
    return registers;
}

struct machine_space {
    pid_t keeper; /* a task that never runs a program: its memory is the address space */
    uint64_t stub;
};

/* Makes a system call of the host in the traced process. */
static long inject(const struct machine_space *space, long number, uint64_t a, uint64_t b, uint64_t c, uint64_t d,
                   uint64_t e, uint64_t f)
{
    struct user_regs_struct registers = registers_of(space->keeper);
    registers.rip = space->stub;
    registers.orig_rax = (unsigned long)-1;
    registers.rax = (unsigned long)number;
    registers.rdi = a, registers.rsi = b, registers.rdx = c, registers.r10 = d, registers.r8 = e, registers.r9 = f;
    CHECK(ptrace(PTRACE_SETREGS, space->keeper, 0, &registers) == 0);
    CHECK(ptrace(PTRACE_CONT, space->keeper, 0, 0) == 0);
    int status = wait_for(space->keeper);
    if (status >> 8 == (SIGTRAP | PTRACE_EVENT_CLONE << 8)) {
        CHECK(ptrace(PTRACE_CONT, space->keeper, 0, 0) == 0);
        status = wait_for(space->keeper);
    }
    CHECK(WIFSTOPPED(status) && WSTOPSIG(status) == SIGTRAP);
    return (long)registers_of(space->keeper).rax;
}

struct machine_space *machine_space_create(void)
{
    struct machine_space *space = calloc(1, sizeof *space);
    space->keeper = fork();
    if (space->keeper == 0) {
        ptrace(PTRACE_TRACEME, 0, 0, 0);
        execl(stub_path, "stub", (char *)NULL);
        _exit(1);
    }
    int status = wait_for(space->keeper);
    CHECK(WIFSTOPPED(status) && WSTOPSIG(status) == SIGTRAP);
    CHECK(ptrace(PTRACE_SETOPTIONS, space->keeper, 0,
                 PTRACE_O_TRACESYSGOOD | PTRACE_O_EXITKILL | PTRACE_O_TRACECLONE) == 0);
    space->stub = registers_of(space->keeper).rip;
    uint64_t above = (space->stub & ~0xfffull) + PAGE_SIZE;
    CHECK(inject(space, SYS_munmap, above, 0x7ffffffff000ull - above, 0, 0, 0, 0) == 0);
    return space;
}

void machine_space_destroy(struct machine_space *space)
{
    kill(space->keeper, SIGKILL);
    int status;
    do
        status = wait_for(space->keeper);
    while (!WIFSIGNALED(status) && !WIFEXITED(status));
    free(space);
}

uint32_t machine_page_map(struct machine_space *space, uint64_t address, uint32_t frame, bool writable)
{
    CHECK(frame > 0 && frame < FRAMES && next_free[frame] == UINT32_MAX);
    long result = inject(space, SYS_mmap, address, PAGE_SIZE, PROT_READ | PROT_EXEC | (writable ? PROT_WRITE : 0),
                         MAP_SHARED | MAP_FIXED, FRAMES_DESCRIPTOR, (uint64_t)frame * PAGE_SIZE);
    CHECK((uint64_t)result == address);
    mapping_count++;
    return frame;
}

void machine_page_protect(struct machine_space *space, uint64_t address, uint32_t mapping, bool writable)
{
    (void)mapping;
    int protection = PROT_READ | PROT_EXEC | (writable ? PROT_WRITE : 0);
    CHECK(inject(space, SYS_mprotect, address, PAGE_SIZE, (uint64_t)protection, 0, 0, 0) == 0);
}

void machine_page_unmap(struct machine_space *space, uint64_t address, uint32_t mapping)
{
    (void)mapping;
    CHECK(inject(space, SYS_munmap, address, PAGE_SIZE, 0, 0, 0, 0) == 0);
    mapping_count--;
}

/* Threads */

struct machine_thread {
    pid_t pid;
    struct machine_space *space;
    void *owner;
    bool is_running, stop_is_coming;
    uint64_t fault_address; /* of the last fault, which was reported as a read */
    uint64_t fault_place;
};

static struct machine_thread *threads[THREADS];

struct machine_thread *machine_thread_create(struct machine_space *space, void *owner, int id)
{
    (void)id;
    struct machine_thread *thread = calloc(1, sizeof *thread);
    thread->pid = (pid_t)inject(space, SYS_clone, CLONE_VM, 0, 0, 0, 0, 0);
    CHECK(thread->pid > 0);
    int status = wait_for(thread->pid);
    CHECK(WIFSTOPPED(status));
    thread->space = space;
    thread->owner = owner;
    for (unsigned i = 0; i < THREADS; i++) {
        if (!threads[i]) {
            threads[i] = thread;
            return thread;
        }
    }
    fail("too many threads", __LINE__);
    return NULL;
}

void machine_thread_destroy(struct machine_thread *thread)
{
    kill(thread->pid, SIGKILL);
    int status;
    do
        status = wait_for(thread->pid);
    while (!WIFSIGNALED(status) && !WIFEXITED(status));
    /* The keeper is its parent as far as the host knows and reaps it when it dies itself. */
    for (unsigned i = 0; i < THREADS; i++) {
        if (threads[i] == thread)
            threads[i] = NULL;
    }
    free(thread);
}

static void resume(struct machine_thread *thread)
{
    CHECK(!thread->is_running);
    thread->is_running = true;
    CHECK(ptrace((enum __ptrace_request)SYSEMU, thread->pid, 0, 0) == 0);
}

void machine_thread_start(struct machine_thread *thread, const struct user_registers *from)
{
    struct user_regs_struct to = registers_of(thread->pid);
    to.rip = from->rip, to.rsp = from->rsp, to.eflags = from->rflags | 0x202;
    to.rax = from->rax, to.rbx = from->rbx, to.rcx = from->rcx, to.rdx = from->rdx, to.rsi = from->rsi;
    to.rdi = from->rdi, to.rbp = from->rbp, to.r8 = from->r8, to.r9 = from->r9, to.r10 = from->r10;
    to.r11 = from->r11, to.r12 = from->r12, to.r13 = from->r13, to.r14 = from->r14, to.r15 = from->r15;
    to.fs_base = from->fs_base, to.gs_base = from->gs_base;
    to.orig_rax = (unsigned long)-1;
    CHECK(ptrace(PTRACE_SETREGS, thread->pid, 0, &to) == 0);
    resume(thread);
}

void machine_thread_answer(struct machine_thread *thread, uint64_t result)
{
    struct user_regs_struct registers = registers_of(thread->pid);
    registers.rax = result;
    registers.orig_rax = (unsigned long)-1;
    CHECK(ptrace(PTRACE_SETREGS, thread->pid, 0, &registers) == 0);
    resume(thread);
}

void machine_thread_retry(struct machine_thread *thread)
{
    resume(thread);
}

void machine_thread_read(struct machine_thread *thread, struct user_registers *to)
{
    struct user_regs_struct from = registers_of(thread->pid);
    *to = (struct user_registers){
        .rip = from.rip,
        .rsp = from.rsp,
        .rflags = from.eflags,
        .rax = from.rax,
        .rbx = from.rbx,
        .rcx = from.rcx,
        .rdx = from.rdx,
        .rsi = from.rsi,
        .rdi = from.rdi,
        .rbp = from.rbp,
        .r8 = from.r8,
        .r9 = from.r9,
        .r10 = from.r10,
        .r11 = from.r11,
        .r12 = from.r12,
        .r13 = from.r13,
        .r14 = from.r14,
        .r15 = from.r15,
        .fs_base = from.fs_base,
        .gs_base = from.gs_base,
    };
}

/* A stop that came while another report was on its way is taken back when it arrives. */
bool machine_thread_stop(struct machine_thread *thread)
{
    if (!thread->is_running || thread->stop_is_coming)
        return false;
    CHECK(syscall(SYS_tkill, thread->pid, SIGSTOP) == 0);
    siginfo_t info;
    CHECK(waitid(P_PID, (id_t)thread->pid, &info, WSTOPPED | WNOWAIT | __WALL) == 0);
    if (info.si_status != SIGSTOP) {
        thread->stop_is_coming = true;
        return false;
    }
    wait_for(thread->pid);
    thread->is_running = false;
    return true;
}

uint64_t machine_thread_time_ns(struct machine_thread *thread)
{
    (void)thread;
    return 0;
}

/* Time, console, the rest */

uint64_t machine_time_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec - start_time;
}

uint64_t machine_boot_date_seconds(void)
{
    return (uint64_t)time(NULL);
}

void machine_timer_set(uint64_t moment_ns)
{
    deadline = moment_ns;
}

size_t machine_console_write(const char *bytes, size_t count)
{
    ssize_t written = write(1, bytes, count);
    return written > 0 ? (size_t)written : 0;
}

void machine_console_flush(void)
{
}

void machine_log(const char *line)
{
    fprintf(stderr, "[linux] %s\r\n", line);
}

struct machine_float_state machine_float_state(void)
{
    unsigned a, b, c, d;
    if (!__get_cpuid(1, &a, &b, &c, &d) || !(c & bit_OSXSAVE))
        return (struct machine_float_state){512, 0};
    __asm__("xgetbv" : "=a"(a), "=d"(d) : "c"(0));
    uint64_t features = (uint64_t)d << 32 | a;
    __cpuid_count(0xd, 0, a, b, c, d);
    return (struct machine_float_state){b, features};
}

/* There is no supervisor. */
bool machine_control(struct machine_control *control)
{
    (void)control;
    return false;
}

void machine_control_notify(void)
{
}

uint64_t machine_random(void)
{
    return (uint64_t)rand() << 32 ^ (uint64_t)rand();
}

void machine_power_off(int status)
{
    if (file_server_is_uncertain())
        fprintf(stderr, "machine.c: it ends with changes of names that a power cut would undo\n");
    end(status);
    __builtin_unreachable();
}

void machine_restart(void)
{
    fprintf(stderr, "[linux] restart\r\n");
    end(116);
    __builtin_unreachable();
}

/* The network */

static bool server_is_wanted, client_is_wanted;

static void client_notify(void)
{
    client_is_wanted = true;
}

bool machine_network(struct machine_network *network)
{
    const char *seed = getenv("NETWORK_SEED");
    sim_server_initialise(network, seed ? strtoull(seed, NULL, 0) : 1, client_notify);
    sim_server_restart();
    return true;
}

void machine_network_notify(void)
{
    server_is_wanted = true;
}

/* Lets the server work a little. True: it has more to do. */
static bool network_work(void)
{
    if (!server_is_wanted)
        return false;
    server_is_wanted = sim_server_step();
    if (client_is_wanted) {
        client_is_wanted = false;
        personality_network_notified();
    }
    return server_is_wanted;
}

/* The event loop */

static void report_fault(struct machine_thread *thread, int signal)
{
    siginfo_t info;
    CHECK(ptrace(PTRACE_GETSIGINFO, thread->pid, 0, &info) == 0);
    uint64_t address = (uint64_t)info.si_addr, place = registers_of(thread->pid).rip;
    switch (signal) {
    case SIGSEGV:
    case SIGBUS:
        if (info.si_code == SI_KERNEL) {
            personality_exception(thread->owner, 13, 0);
        } else {
            /* The host does not say whether it was a write: if reading did not help it was one. */
            bool write =
                info.si_code == SEGV_ACCERR || (thread->fault_address == address && thread->fault_place == place);
            thread->fault_address = address;
            thread->fault_place = place;
            personality_page_fault(thread->owner, address, write, false);
        }
        return;
    case SIGFPE:
        personality_exception(thread->owner, info.si_code == FPE_INTDIV ? 0 : 19, 0);
        return;
    case SIGILL:
        personality_exception(thread->owner, 6, 0);
        return;
    case SIGTRAP:
        personality_exception(thread->owner, 3, 0);
        return;
    default:
        fprintf(stderr, "[machine] unexpected signal %d\r\n", signal);
        end(117);
    }
}

static void report(struct machine_thread *thread, int status)
{
    thread->is_running = false;
    CHECK(WIFSTOPPED(status));
    int signal = WSTOPSIG(status);
    if (signal == SIGSTOP && thread->stop_is_coming) {
        thread->stop_is_coming = false;
        resume(thread);
    } else if (signal == (SIGTRAP | 0x80)) {
        struct user_regs_struct r = registers_of(thread->pid);
        struct system_call call = {r.orig_rax, {r.rdi, r.rsi, r.rdx, r.r10, r.r8, r.r9}};
        thread->fault_address = 0;
        r.rax = r.orig_rax;
        CHECK(ptrace(PTRACE_SETREGS, thread->pid, 0, &r) == 0);
        personality_system_call(thread->owner, &call);
    } else {
        report_fault(thread, signal);
    }
}

static bool reports_collect(void)
{
    bool any = false;
    for (unsigned i = 0; i < THREADS; i++) {
        int status;
        if (threads[i] && threads[i]->is_running && waitpid(threads[i]->pid, &status, WNOHANG | __WALL) > 0) {
            report(threads[i], status);
            any = true;
        }
    }
    return any;
}

static void event_loop(void)
{
    sigset_t child;
    sigemptyset(&child);
    sigaddset(&child, SIGCHLD);
    sigprocmask(SIG_BLOCK, &child, NULL);
    struct pollfd events[2] = {{signalfd(-1, &child, SFD_NONBLOCK | SFD_CLOEXEC), POLLIN, 0}, {0, POLLIN, 0}};
    for (;;) {
        while (reports_collect())
            network_work();
        if (network_work())
            continue;
        uint64_t now = machine_time_ns();
        if (now >= deadline) {
            deadline = UINT64_MAX;
            personality_time_passed();
            continue;
        }
        if (file_server_run())
            continue;
        struct timespec timeout = {(time_t)((deadline - now) / 1000000000), (long)((deadline - now) % 1000000000)};
        ppoll(events, 2, deadline == UINT64_MAX ? NULL : &timeout, NULL);
        struct signalfd_siginfo ignored[16];
        while (read(events[0].fd, ignored, sizeof ignored) > 0)
            continue;
        if (events[1].revents) {
            char bytes[512];
            ssize_t count = read(0, bytes, sizeof bytes);
            if (count > 0)
                personality_console_receive(bytes, (size_t)count);
            else
                events[1].fd = -1;
        }
        personality_console_drained();
    }
}

int main(int argc, char **argv)
{
    static const char *const environment[] = {"PATH=/bin:/sbin:/usr/bin:/usr/sbin", "HOME=/root", "TERM=vt100", NULL};
    CHECK(argc >= 4); /* stub, initrd, program and its arguments */
    stub_path = argv[1];
    if (isatty(0)) {
        tcgetattr(0, &saved_terminal);
        struct termios raw = saved_terminal;
        cfmakeraw(&raw);
        tcsetattr(0, TCSANOW, &raw);
    }
    frames_initialise();
    const char *disk = getenv("DISK");
    if (disk)
        file_server_start(frames, (size_t)FRAMES * PAGE_SIZE, strcmp(disk, "none") != 0);
    if (disk && strcmp(disk, "lies") == 0)
        file_server_lie();
    if (disk && strcmp(disk, "wrong") == 0)
        file_server_be_wrong();
    start_time = machine_time_ns();

    int file = open(argv[2], O_RDONLY);
    off_t size = lseek(file, 0, SEEK_END);
    CHECK(file >= 0 && size > 0);
    void *archive = mmap(NULL, (size_t)size, PROT_READ, MAP_PRIVATE, file, 0);
    CHECK(archive != MAP_FAILED);
    struct personality_start start = {archive, (size_t)size, argv[3], (const char *const *)argv + 3, environment};
    if (!personality_start(&start))
        end(115);
    event_loop();
}
