/* Calls about clocks and sleeping. */

#include "personality/linux/abi/errno.h"
#include "personality/linux/calls/arguments.h"
#include "personality/linux/calls/table.h"
#include "personality/linux/support/clock.h"

static bool clock_read(const struct thread *thread, uint64_t clock, uint64_t *ns)
{
    switch ((uint32_t)clock) {
    case CLOCK_REALTIME:
    case CLOCK_REALTIME_COARSE:
        *ns = clock_date_ns();
        return true;
    case CLOCK_MONOTONIC:
    case CLOCK_MONOTONIC_RAW:
    case CLOCK_MONOTONIC_COARSE:
    case CLOCK_BOOTTIME:
        *ns = machine_time_ns();
        return true;
    case CLOCK_PROCESS_CPUTIME_ID:
        *ns = process_time_ns(thread->process);
        return true;
    case CLOCK_THREAD_CPUTIME_ID:
        *ns = machine_thread_time_ns(thread->machine);
        return true;
    default:
        return false;
    }
}

int64_t call_clock_gettime(struct thread *thread, const uint64_t *a)
{
    uint64_t ns;
    if (!clock_read(thread, a[0], &ns))
        return -EINVAL;
    struct linux_timespec time = timespec_from_ns(ns);
    return user_write_object(memory_of(thread), a[1], &time);
}

int64_t call_clock_getres(struct thread *thread, const uint64_t *a)
{
    uint64_t ns;
    struct linux_timespec resolution = {0, 1};
    if (!clock_read(thread, a[0], &ns))
        return -EINVAL;
    return a[1] ? user_write_object(memory_of(thread), a[1], &resolution) : 0;
}

int64_t call_clock_settime(struct thread *thread, const uint64_t *a)
{
    uint64_t ns;
    if (a[0] != CLOCK_REALTIME)
        return -EINVAL;
    int64_t error = argument_duration(thread, a[1], &ns);
    if (!error)
        clock_set_date_ns(ns);
    return error;
}

int64_t call_settimeofday(struct thread *thread, const uint64_t *a)
{
    struct linux_timeval value;
    uint64_t ns;
    if (!a[0])
        return 0;
    int64_t error = user_read_object(memory_of(thread), &value, a[0]);
    if (error)
        return error;
    if (value.microseconds < 0 || value.microseconds >= 1000000 ||
        !timespec_to_ns((struct linux_timespec){value.seconds, value.microseconds * 1000}, &ns))
        return -EINVAL;
    clock_set_date_ns(ns);
    return 0;
}

int64_t call_gettimeofday(struct thread *thread, const uint64_t *a)
{
    struct linux_timespec now = clock_date();
    struct linux_timeval value = {now.seconds, now.nanoseconds / 1000};
    int32_t zone[2] = {0, 0};
    int64_t error = a[0] ? user_write_object(memory_of(thread), a[0], &value) : 0;
    return !error && a[1] ? user_write_object(memory_of(thread), a[1], &zone) : error;
}

int64_t call_time(struct thread *thread, const uint64_t *a)
{
    int64_t seconds = clock_date().seconds;
    int64_t error = a[0] ? user_write_object(memory_of(thread), a[0], &seconds) : 0;
    return error ? error : seconds;
}

/* Sleeps until a moment; a signal with a handler ends it, and `remaining` (if not 0) is told what was left. */
static int64_t sleep_until(struct thread *thread, uint64_t deadline_ns, uint64_t remaining)
{
    uint64_t now = machine_time_ns();
    if (now >= deadline_ns)
        return 0;
    int64_t result = thread_wait(thread, &thread->wait_deadline_ns, deadline_ns);
    if (result != -ERESTART)
        return result;
    struct linux_timespec left = timespec_from_ns(deadline_ns - now);
    if (remaining)
        user_write_object(memory_of(thread), remaining, &left);
    return -EINTR;
}

int64_t call_nanosleep(struct thread *thread, const uint64_t *a)
{
    uint64_t duration;
    int64_t error = argument_duration(thread, a[0], &duration);
    return error ? error : sleep_until(thread, thread_deadline(thread, duration), a[1]);
}

int64_t call_clock_nanosleep(struct thread *thread, const uint64_t *a)
{
    uint64_t time, now;
    if (!clock_read(thread, a[0], &now))
        return -EINVAL;
    int64_t error = argument_duration(thread, a[2], &time);
    if (error)
        return error;
    if (a[1] & TIMER_ABSTIME)
        return sleep_until(thread, thread_deadline(thread, time > now ? time - now : 0), 0);
    return sleep_until(thread, thread_deadline(thread, time), a[3]);
}
