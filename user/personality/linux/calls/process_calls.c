/* Calls that make, change, await and end processes. */

#include "lib/string.h"
#include "personality/linux/abi/errno.h"
#include "personality/linux/calls/arguments.h"
#include "personality/linux/calls/table.h"
#include "personality/linux/process/exec.h"
#include "personality/linux/process/futex.h"
#include "personality/linux/support/clock.h"
#include "personality/linux/tty/tty.h"

/* Making */

/* With vfork the parent waits until the child has memory of its own, or is gone. */
static int64_t clone_and_wait(struct thread *thread, const struct linux_clone_arguments *arguments)
{
    if (!thread->wait_begun) {
        int64_t id = process_clone(thread, arguments);
        if (id < 0 || !(arguments->flags & CLONE_VFORK))
            return id;
        thread->progress = (uint64_t)id;
        thread->wait_uninterrupted = true;
    }
    const struct process *child = process_find((int)thread->progress);
    if (!child || child->vfork_parent != thread)
        return (int64_t)thread->progress;
    return thread_wait(thread, child, UINT64_MAX);
}

int64_t call_clone(struct thread *thread, const uint64_t *a)
{
    struct linux_clone_arguments arguments = {
        .flags = (uint32_t)a[0] & ~CLONE_SIGNAL_MASK,
        .exit_signal = a[0] & CLONE_SIGNAL_MASK,
        .stack = a[1],
        .parent_tid = a[2],
        .child_tid = a[3],
        .tls = a[4],
    };
    return clone_and_wait(thread, &arguments);
}

int64_t call_clone3(struct thread *thread, const uint64_t *a)
{
    struct linux_clone_arguments arguments;
    if (a[1] < sizeof arguments)
        return -EINVAL;
    int64_t error = user_read_object(memory_of(thread), &arguments, a[0]);
    return error ? error : clone_and_wait(thread, &arguments);
}

int64_t call_fork(struct thread *thread, const uint64_t *a)
{
    struct linux_clone_arguments arguments = {.exit_signal = SIGCHLD};
    (void)a;
    return clone_and_wait(thread, &arguments);
}

int64_t call_vfork(struct thread *thread, const uint64_t *a)
{
    struct linux_clone_arguments arguments = {.flags = CLONE_VM | CLONE_VFORK, .exit_signal = SIGCHLD};
    (void)a;
    return clone_and_wait(thread, &arguments);
}

int64_t call_execve(struct thread *thread, const uint64_t *a)
{
    static char path[PATH_MAX];
    int64_t length = user_read_string(memory_of(thread), path, a[0], sizeof path);
    if (length < 0)
        return length;
    struct exec_arguments arguments = {.space = memory_of(thread), .argument_array = a[1], .environment_array = a[2]};
    int64_t error = process_execute(thread, thread->process->working_directory, path, &arguments);
    return error ? error : CALL_NO_REPLY;
}

/* Ending and waiting */

int64_t call_exit(struct thread *thread, const uint64_t *a)
{
    thread_exit(thread, (int)(a[0] & 0xff) << 8);
    return CALL_NO_REPLY;
}

int64_t call_exit_group(struct thread *thread, const uint64_t *a)
{
    process_exit(thread->process, (int)(a[0] & 0xff) << 8);
    return CALL_NO_REPLY;
}

static bool is_awaited(const struct process *child, const struct process *parent, int64_t pid)
{
    return pid > 0 ? child->pid == pid : pid == 0 ? child->group == parent->group : pid == -1 || child->group == -pid;
}

static void rusage_fill(struct linux_rusage *usage, uint64_t ns)
{
    memset(usage, 0, sizeof *usage);
    usage->user.seconds = (int64_t)(ns / NS_PER_SECOND);
    usage->user.microseconds = (int64_t)(ns % NS_PER_SECOND / 1000);
}

/* The news of a child in wait4's form; false if there is none that was asked for. */
static bool child_news(struct process *child, uint64_t options, int32_t *status)
{
    if (child->state == PROCESS_ZOMBIE) {
        *status = child->exit_status;
    } else if (child->stop_is_news && (options & WUNTRACED)) {
        *status = child->stop_signal << 8 | 0x7f;
        child->stop_is_news = false;
    } else if (child->continue_is_news && (options & WCONTINUED)) {
        *status = 0xffff;
        child->continue_is_news = false;
    } else {
        return false;
    }
    return true;
}

int64_t call_wait4(struct thread *thread, const uint64_t *a)
{
    struct process *process = thread->process;
    int64_t pid = (int32_t)a[0];
    uint64_t options = (uint32_t)a[2];
    if (options & ~(uint64_t)(WNOHANG | WUNTRACED | WCONTINUED | 0xe0000000u))
        return -EINVAL;

    bool has_children = false;
    list_each (entry, &process->children) {
        struct process *child = list_item(entry, struct process, in_parent);
        int32_t status;
        if (!is_awaited(child, process, pid))
            continue;
        has_children = true;
        if (!child_news(child, options, &status))
            continue;

        struct linux_rusage usage;
        rusage_fill(&usage, process_time_ns(child));
        int64_t error = a[1] ? user_write_object(memory_of(thread), a[1], &status) : 0;
        if (!error && a[3])
            error = user_write_object(memory_of(thread), a[3], &usage);
        int64_t result = error ? error : child->pid;
        if (child->state == PROCESS_ZOMBIE)
            process_reap(child);
        return result;
    }
    if (!has_children)
        return -ECHILD;
    return options & WNOHANG ? 0 : thread_wait(thread, process, UINT64_MAX);
}

/* Identity */

int64_t call_getpid(struct thread *thread, const uint64_t *a)
{
    (void)a;
    return thread->process->pid;
}

int64_t call_gettid(struct thread *thread, const uint64_t *a)
{
    (void)a;
    return thread->id;
}

int64_t call_getppid(struct thread *thread, const uint64_t *a)
{
    (void)a;
    return thread->process->parent->pid;
}

int64_t call_set_tid_address(struct thread *thread, const uint64_t *a)
{
    thread->clear_tid_address = a[0];
    return thread->id;
}

static struct process *process_argument(struct thread *thread, uint64_t pid)
{
    return (int32_t)pid ? process_find((int32_t)pid) : thread->process;
}

int64_t call_getpgid(struct thread *thread, const uint64_t *a)
{
    const struct process *process = process_argument(thread, a[0]);
    return process ? process->group : -ESRCH;
}

int64_t call_getpgrp(struct thread *thread, const uint64_t *a)
{
    (void)a;
    return thread->process->group;
}

int64_t call_getsid(struct thread *thread, const uint64_t *a)
{
    const struct process *process = process_argument(thread, a[0]);
    return process ? process->session : -ESRCH;
}

int64_t call_setpgid(struct thread *thread, const uint64_t *a)
{
    struct process *self = thread->process;
    struct process *process = process_argument(thread, a[0]);
    if (!process || (process != self && process->parent != self) || process->state == PROCESS_ZOMBIE)
        return -ESRCH;
    int group = (int32_t)a[1] ? (int32_t)a[1] : process->pid;
    if (group < 0)
        return -EINVAL;
    if (process != self && process->has_executed)
        return -EACCES;
    if (process->session != self->session || process->session == process->pid)
        return -EPERM;
    bool is_known = group == process->pid;
    list_each (entry, &all_processes)
        is_known |= process_of(entry)->group == group && process_of(entry)->session == self->session;
    if (!is_known)
        return -EPERM;
    process->group = group;
    return 0;
}

int64_t call_setsid(struct thread *thread, const uint64_t *a)
{
    struct process *process = thread->process;
    (void)a;
    list_each (entry, &all_processes) {
        if (process_of(entry)->group == process->pid)
            return -EPERM;
    }
    process->session = process->group = process->pid;
    return process->pid;
}

/* Everybody is root. */
static int64_t only_root(uint64_t id)
{
    return (uint32_t)id == 0 || (int32_t)id == -1 ? 0 : -EPERM;
}

#define CALL_GIVES_0(name)                                                                                             \
    int64_t call_##name(struct thread *thread, const uint64_t *a)                                                      \
    {                                                                                                                  \
        (void)thread, (void)a;                                                                                         \
        return 0;                                                                                                      \
    }
CALL_GIVES_0(getuid)
CALL_GIVES_0(getgid)
CALL_GIVES_0(geteuid)
CALL_GIVES_0(getegid)
CALL_GIVES_0(getgroups)
CALL_GIVES_0(setgroups)
CALL_GIVES_0(sched_yield)
CALL_GIVES_0(sched_setaffinity)
CALL_GIVES_0(setpriority)
CALL_GIVES_0(set_robust_list)

int64_t call_setuid(struct thread *thread, const uint64_t *a)
{
    (void)thread;
    return only_root(a[0]);
}

int64_t call_setgid(struct thread *thread, const uint64_t *a)
{
    (void)thread;
    return only_root(a[0]);
}

int64_t call_setreuid(struct thread *thread, const uint64_t *a)
{
    (void)thread;
    return only_root(a[0]) ? -EPERM : only_root(a[1]);
}

int64_t call_setregid(struct thread *thread, const uint64_t *a)
{
    return call_setreuid(thread, a);
}

int64_t call_setresuid(struct thread *thread, const uint64_t *a)
{
    return call_setreuid(thread, a) ? -EPERM : only_root(a[2]);
}

int64_t call_setresgid(struct thread *thread, const uint64_t *a)
{
    return call_setresuid(thread, a);
}

int64_t call_getpriority(struct thread *thread, const uint64_t *a)
{
    (void)thread, (void)a;
    return 20; /* nice 0 */
}

int64_t call_sched_getaffinity(struct thread *thread, const uint64_t *a)
{
    uint64_t processors = 1;
    if (a[1] < sizeof processors)
        return -EINVAL;
    int64_t error = user_write_object(memory_of(thread), a[2], &processors);
    return error ? error : (int64_t)sizeof processors;
}

/* glibc goes on without; saying so quietly keeps the log for what matters. */
int64_t call_rseq(struct thread *thread, const uint64_t *a)
{
    (void)thread, (void)a;
    return -ENOSYS;
}

/* The processor's segment bases and the thread's name */

int64_t call_arch_prctl(struct thread *thread, const uint64_t *a)
{
    struct user_registers registers;
    machine_thread_read(thread->machine, &registers);
    uint64_t *base = a[0] == ARCH_SET_FS || a[0] == ARCH_GET_FS ? &registers.fs_base : &registers.gs_base;
    switch (a[0]) {
    case ARCH_GET_FS:
    case ARCH_GET_GS:
        return user_write_object(memory_of(thread), a[1], base);
    case ARCH_SET_FS:
    case ARCH_SET_GS:
        if (a[1] >= USER_ADDRESS_END)
            return -EPERM;
        *base = a[1];
        registers.rax = 0;
        thread->registers = registers;
        thread->entry = ENTRY_STOPPED;
        thread_leave(thread);
        return CALL_NO_REPLY;
    default:
        return -EINVAL;
    }
}

int64_t call_prctl(struct thread *thread, const uint64_t *a)
{
    enum { SET_PDEATHSIG = 1, GET_DUMPABLE = 3, SET_NAME = 15, GET_NAME = 16 };
    struct process *process = thread->process;
    char name[TASK_NAME_SIZE] = {0};
    int64_t length;
    switch ((uint32_t)a[0]) {
    case SET_NAME:
        length = user_read_string(memory_of(thread), name, a[1], sizeof name);
        if (length == -ENAMETOOLONG)
            length = user_read(memory_of(thread), name, a[1], sizeof name - 1);
        if (length < 0)
            return length;
        memcpy(process->name, name, sizeof name);
        return 0;
    case GET_NAME:
        return user_write_object(memory_of(thread), a[1], &process->name);
    case SET_PDEATHSIG:
    case GET_DUMPABLE:
        return 0;
    default:
        return -EINVAL;
    }
}

/* Limits and use of resources */

int64_t call_prlimit64(struct thread *thread, const uint64_t *a)
{
    struct process *process = process_argument(thread, a[0]);
    struct linux_rlimit limit;
    if (!process)
        return -ESRCH;
    if ((uint32_t)a[1] >= RLIMIT_COUNT)
        return -EINVAL;
    struct linux_rlimit *place = &process->limits[(uint32_t)a[1]];
    int64_t error = 0;
    if (a[2]) {
        error = user_read_object(memory_of(thread), &limit, a[2]);
        if (!error && limit.current > limit.maximum)
            error = -EINVAL;
    }
    if (!error && a[3])
        error = user_write_object(memory_of(thread), a[3], place);
    if (!error && a[2])
        *place = limit;
    return error;
}

int64_t call_getrlimit(struct thread *thread, const uint64_t *a)
{
    return call_prlimit64(thread, (uint64_t[]){0, a[0], 0, a[1]});
}

int64_t call_setrlimit(struct thread *thread, const uint64_t *a)
{
    return call_prlimit64(thread, (uint64_t[]){0, a[0], a[1], 0});
}

int64_t call_getrusage(struct thread *thread, const uint64_t *a)
{
    struct linux_rusage usage;
    const struct process *process = thread->process;
    rusage_fill(&usage, (int32_t)a[0] == -1 ? process->children_time_ns : process_time_ns(process));
    return user_write_object(memory_of(thread), a[1], &usage);
}

int64_t call_times(struct thread *thread, const uint64_t *a)
{
    enum { NS_PER_TICK = 10000000 };
    const struct process *process = thread->process;
    struct linux_tms times = {
        .user = (int64_t)(process_time_ns(process) / NS_PER_TICK),
        .children_user = (int64_t)(process->children_time_ns / NS_PER_TICK),
    };
    int64_t error = a[0] ? user_write_object(memory_of(thread), a[0], &times) : 0;
    return error ? error : (int64_t)(machine_time_ns() / NS_PER_TICK);
}

int64_t call_futex(struct thread *thread, const uint64_t *a)
{
    uint32_t operation = (uint32_t)a[1] & ~(uint32_t)(FUTEX_PRIVATE | FUTEX_CLOCK_REALTIME);
    if (a[0] % sizeof(uint32_t))
        return -EINVAL;
    if (operation == FUTEX_WAKE || operation == FUTEX_WAKE_BITSET)
        return futex_wake(memory_of(thread), a[0], (uint32_t)a[2]);
    if (operation != FUTEX_WAIT && operation != FUTEX_WAIT_BITSET)
        return -ENOSYS;

    uint64_t deadline = UINT64_MAX, time;
    if (a[3]) {
        int64_t error = argument_duration(thread, a[3], &time);
        if (error)
            return error;
        if (operation == FUTEX_WAIT) {
            deadline = thread_deadline(thread, time);
        } else if (a[1] & FUTEX_CLOCK_REALTIME) {
            uint64_t now = clock_date_ns();
            deadline = thread_deadline(thread, time > now ? time - now : 0);
        } else {
            deadline = time;
        }
    }
    return futex_wait(thread, a[0], (uint32_t)a[2], deadline);
}
