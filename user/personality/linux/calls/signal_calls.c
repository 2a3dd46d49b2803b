/* Calls about signals. */

#include "personality/linux/abi/errno.h"
#include "personality/linux/calls/arguments.h"
#include "personality/linux/calls/table.h"
#include "personality/linux/process/signal_frame.h"
#include "personality/linux/support/clock.h"

enum { MASK_SIZE = sizeof(uint64_t) };

int64_t call_rt_sigaction(struct thread *thread, const uint64_t *a)
{
    struct linux_sigaction user;
    uint64_t number = (uint32_t)a[0];
    if (a[3] != MASK_SIZE || number < 1 || number > SIGNAL_MAX)
        return -EINVAL;
    struct signal_action *action = &thread->process->actions[number - 1];
    struct linux_sigaction old = {action->handler, action->flags, action->restorer, action->mask};
    int64_t error = 0;
    if (a[1]) {
        if (SIGNAL_BIT(number) & SIGNALS_UNBLOCKABLE)
            return -EINVAL;
        error = user_read_object(memory_of(thread), &user, a[1]);
    }
    if (!error && a[2])
        error = user_write_object(memory_of(thread), a[2], &old);
    if (error || !a[1])
        return error;

    *action = (struct signal_action){
        .handler = user.handler,
        .flags = (uint32_t)user.flags,
        .restorer = user.restorer,
        .mask = user.mask & ~SIGNALS_UNBLOCKABLE,
    };
    if (signal_is_ignored(thread->process, (int)number)) {
        pending_signals_drop(&thread->process->pending, SIGNAL_BIT(number));
        list_each (entry, &thread->process->threads)
            pending_signals_drop(&thread_of(entry)->pending, SIGNAL_BIT(number));
    }
    return 0;
}

int64_t call_rt_sigprocmask(struct thread *thread, const uint64_t *a)
{
    uint64_t old = thread->blocked_signals, set = 0;
    if (a[3] != MASK_SIZE)
        return -EINVAL;
    int64_t error = a[1] ? user_read_object(memory_of(thread), &set, a[1]) : 0;
    if (!error && a[1] && (uint32_t)a[0] > SIG_SETMASK)
        error = -EINVAL;
    if (!error && a[2])
        error = user_write_object(memory_of(thread), a[2], &old);
    if (error || !a[1])
        return error;
    uint64_t changed = (uint32_t)a[0] == SIG_BLOCK ? old | set : (uint32_t)a[0] == SIG_UNBLOCK ? old & ~set : set;
    thread->blocked_signals = changed & ~SIGNALS_UNBLOCKABLE;
    return 0;
}

int64_t call_rt_sigpending(struct thread *thread, const uint64_t *a)
{
    uint64_t pending = (thread->pending.set | thread->process->pending.set) & thread->blocked_signals;
    return a[1] == MASK_SIZE ? user_write_object(memory_of(thread), a[0], &pending) : -EINVAL;
}

int64_t call_rt_sigsuspend(struct thread *thread, const uint64_t *a)
{
    uint64_t mask;
    if (a[1] != MASK_SIZE)
        return -EINVAL;
    if (!thread->wait_begun) {
        int64_t error = user_read_object(memory_of(thread), &mask, a[0]);
        if (error)
            return error;
        thread->suspended_mask = thread->blocked_signals;
        thread->has_suspended_mask = true;
        thread->blocked_signals = mask & ~SIGNALS_UNBLOCKABLE;
    }
    return thread_wait(thread, &thread->suspended_mask, UINT64_MAX);
}

int64_t call_pause(struct thread *thread, const uint64_t *a)
{
    (void)a;
    return thread_wait(thread, &thread->suspended_mask, UINT64_MAX);
}

int64_t call_rt_sigreturn(struct thread *thread, const uint64_t *a)
{
    (void)a;
    return signal_frame_return(thread);
}

int64_t call_sigaltstack(struct thread *thread, const uint64_t *a)
{
    struct linux_stack stack, old = thread->signal_stack;
    struct user_registers registers;
    machine_thread_read(thread->machine, &registers);
    bool in_use = !(old.flags & SS_DISABLE) && registers.rsp > old.base && registers.rsp - old.base <= old.size;
    if (in_use)
        old.flags |= SS_ONSTACK;
    int64_t error = a[0] ? user_read_object(memory_of(thread), &stack, a[0]) : 0;
    if (!error && a[1])
        error = user_write_object(memory_of(thread), a[1], &old);
    if (error || !a[0])
        return error;
    if (in_use)
        return -EPERM;
    if (stack.flags & ~SS_DISABLE)
        return -EINVAL;
    if (!(stack.flags & SS_DISABLE) && stack.size < MINSIGSTKSZ)
        return -ENOMEM;
    thread->signal_stack = stack;
    return 0;
}

/* Sending */

static struct signal_info info_from(const struct thread *thread, uint64_t number, int code)
{
    return (struct signal_info){.number = (int)number, .code = code, .pid = thread->process->pid};
}

static bool number_is_valid(uint64_t number)
{
    return (uint32_t)number <= SIGNAL_MAX;
}

int64_t call_kill(struct thread *thread, const uint64_t *a)
{
    int pid = (int32_t)a[0];
    if (!number_is_valid(a[1]))
        return -EINVAL;
    struct signal_info info = info_from(thread, (uint32_t)a[1], SI_USER);
    int group = pid == 0 ? thread->process->group : -pid;
    bool found = false;
    list_each (entry, &all_processes) {
        struct process *process = process_of(entry);
        bool is_meant = pid > 0     ? process->pid == pid
                        : pid == -1 ? process->pid != INIT_PID && process != thread->process
                                    : process->group == group;
        if (!is_meant)
            continue;
        found = true;
        if (info.number)
            signal_send(process, &info);
    }
    return found ? 0 : -ESRCH;
}

static int64_t thread_kill(struct thread *sender, uint64_t group, uint64_t id, uint64_t number)
{
    struct thread *target = thread_find((int32_t)id);
    if (!number_is_valid(number))
        return -EINVAL;
    if (!target || (group && target->process->pid != (int32_t)group))
        return -ESRCH;
    struct signal_info info = info_from(sender, (uint32_t)number, SI_TKILL);
    if (info.number)
        signal_send_thread(target, &info);
    return 0;
}

int64_t call_tkill(struct thread *thread, const uint64_t *a)
{
    return thread_kill(thread, 0, a[0], a[1]);
}

int64_t call_tgkill(struct thread *thread, const uint64_t *a)
{
    return (int32_t)a[0] > 0 ? thread_kill(thread, a[0], a[1], a[2]) : -EINVAL;
}

/* Alarms */

struct interval_timer {
    struct linux_timeval interval, value;
};

static struct linux_timeval timeval_from_ns(uint64_t ns)
{
    return (struct linux_timeval){(int64_t)(ns / NS_PER_SECOND), (int64_t)(ns % NS_PER_SECOND / 1000)};
}

static bool timeval_to_ns(struct linux_timeval value, uint64_t *ns)
{
    return value.microseconds >= 0 && value.microseconds < 1000000 &&
           timespec_to_ns((struct linux_timespec){value.seconds, value.microseconds * 1000}, ns);
}

static uint64_t alarm_left(const struct process *process)
{
    uint64_t now = machine_time_ns();
    return process->alarm_ns > now ? process->alarm_ns - now : process->alarm_ns ? 1 : 0;
}

int64_t call_getitimer(struct thread *thread, const uint64_t *a)
{
    const struct process *process = thread->process;
    if (a[0] != ITIMER_REAL)
        return -EINVAL;
    struct interval_timer timer = {timeval_from_ns(process->alarm_interval_ns), timeval_from_ns(alarm_left(process))};
    return user_write_object(memory_of(thread), a[1], &timer);
}

int64_t call_setitimer(struct thread *thread, const uint64_t *a)
{
    struct process *process = thread->process;
    struct interval_timer timer = {0};
    uint64_t value, interval;
    if (a[0] != ITIMER_REAL)
        return -EINVAL;
    int64_t error = a[1] ? user_read_object(memory_of(thread), &timer, a[1]) : 0;
    if (error)
        return error;
    if (!timeval_to_ns(timer.value, &value) || !timeval_to_ns(timer.interval, &interval))
        return -EINVAL;
    if (a[2])
        error = call_getitimer(thread, (uint64_t[]){a[0], a[2]});
    if (error)
        return error;
    process->alarm_ns = value ? machine_time_ns() + value : 0;
    process->alarm_interval_ns = interval;
    return 0;
}

int64_t call_alarm(struct thread *thread, const uint64_t *a)
{
    struct process *process = thread->process;
    uint64_t left = (alarm_left(process) + NS_PER_SECOND - 1) / NS_PER_SECOND;
    uint64_t seconds = (uint32_t)a[0];
    process->alarm_ns = seconds ? machine_time_ns() + seconds * NS_PER_SECOND : 0;
    process->alarm_interval_ns = 0;
    return (int64_t)left;
}
