/* epoll, eventfd and timerfd. */

#include "personality/linux/abi/errno.h"
#include "personality/linux/calls/arguments.h"
#include "personality/linux/calls/table.h"
#include "personality/linux/calls/waiting.h"
#include "personality/linux/file/epoll.h"
#include "personality/linux/file/event_file.h"
#include "personality/linux/file/timer_file.h"

static int64_t descriptor_for(struct thread *thread, struct open_file *file, bool close_on_execute)
{
    if (!file)
        return -ENOMEM;
    int64_t descriptor = file_table_add(thread->process->files, file, 0, close_on_execute);
    if (descriptor < 0)
        open_file_release(file);
    return descriptor;
}

int64_t call_epoll_create1(struct thread *thread, const uint64_t *a)
{
    if (a[0] & ~(uint64_t)EPOLL_CLOEXEC)
        return -EINVAL;
    return descriptor_for(thread, epoll_create(), a[0] & EPOLL_CLOEXEC);
}

int64_t call_epoll_create(struct thread *thread, const uint64_t *a)
{
    return (int32_t)a[0] > 0 ? call_epoll_create1(thread, (uint64_t[]){0}) : -EINVAL;
}

int64_t call_epoll_ctl(struct thread *thread, const uint64_t *a)
{
    struct linux_epoll_event event = {0};
    struct open_file *epoll = descriptor_file(thread, a[0]), *file = descriptor_file(thread, a[2]);
    uint32_t operation = (uint32_t)a[1];
    int64_t error = operation == EPOLL_CTL_DEL ? 0 : user_read_object(memory_of(thread), &event, a[3]);
    if (error)
        return error;
    if (!epoll || !file)
        return -EBADF;
    return open_file_is_epoll(epoll) ? epoll_change(epoll, operation, file, (int32_t)a[2], event) : -EINVAL;
}

static int64_t epoll_wait_until(struct thread *thread, const uint64_t *a, uint64_t deadline_ns)
{
    struct open_file *epoll = descriptor_file(thread, a[0]);
    int32_t limit = (int32_t)a[2];
    if (!epoll)
        return -EBADF;
    if (!open_file_is_epoll(epoll) || limit <= 0)
        return -EINVAL;
    struct user_buffer buffer = {memory_of(thread), a[1], SIZE_MAX};
    int64_t count = epoll_take(epoll, &buffer, (uint32_t)limit);
    if (count || machine_time_ns() >= deadline_ns)
        return count;
    return thread_wait(thread, epoll->data, deadline_ns);
}

static uint64_t deadline_from_ms(struct thread *thread, uint64_t argument)
{
    int32_t milliseconds = (int32_t)argument;
    return milliseconds < 0 ? UINT64_MAX : thread_deadline(thread, (uint64_t)milliseconds * 1000000);
}

int64_t call_epoll_wait(struct thread *thread, const uint64_t *a)
{
    return wait_end(thread, epoll_wait_until(thread, a, deadline_from_ms(thread, a[3])));
}

int64_t call_epoll_pwait(struct thread *thread, const uint64_t *a)
{
    int64_t error = wait_mask_set(thread, a[4], a[5]);
    return wait_end(thread, error ? error : epoll_wait_until(thread, a, deadline_from_ms(thread, a[3])));
}

int64_t call_epoll_pwait2(struct thread *thread, const uint64_t *a)
{
    uint64_t deadline = UINT64_MAX, duration;
    int64_t error = wait_mask_set(thread, a[4], a[5]);
    if (!error && a[3]) {
        error = argument_duration(thread, a[3], &duration);
        deadline = thread_deadline(thread, duration);
    }
    return wait_end(thread, error ? error : epoll_wait_until(thread, a, deadline));
}

int64_t call_eventfd2(struct thread *thread, const uint64_t *a)
{
    if (a[1] & ~(uint64_t)(EFD_SEMAPHORE | EFD_NONBLOCK | EFD_CLOEXEC))
        return -EINVAL;
    struct open_file *file = event_file_create((uint32_t)a[0], a[1] & EFD_SEMAPHORE, (uint32_t)a[1] & O_NONBLOCK);
    return descriptor_for(thread, file, a[1] & EFD_CLOEXEC);
}

int64_t call_eventfd(struct thread *thread, const uint64_t *a)
{
    return call_eventfd2(thread, (uint64_t[]){a[0], 0});
}

int64_t call_timerfd_create(struct thread *thread, const uint64_t *a)
{
    if (a[1] & ~(uint64_t)(TFD_NONBLOCK | TFD_CLOEXEC) || !timer_file_clock_exists((uint32_t)a[0]))
        return -EINVAL;
    return descriptor_for(thread, timer_file_create((uint32_t)a[0], (uint32_t)a[1] & O_NONBLOCK), a[1] & TFD_CLOEXEC);
}

static struct open_file *timer_argument(struct thread *thread, uint64_t descriptor, int64_t *error)
{
    struct open_file *file = descriptor_file(thread, descriptor);
    *error = !file ? -EBADF : open_file_is_timer(file) ? 0 : -EINVAL;
    return file;
}

int64_t call_timerfd_settime(struct thread *thread, const uint64_t *a)
{
    int64_t error;
    struct linux_itimerspec wanted, before;
    struct open_file *file = timer_argument(thread, a[0], &error);
    if (!error && (a[1] & ~(uint64_t)(TFD_TIMER_ABSTIME | TFD_TIMER_CANCEL_ON_SET)))
        error = -EINVAL;
    if (!error)
        error = user_read_object(memory_of(thread), &wanted, a[2]);
    if (error)
        return error;
    timer_file_get(file, &before);
    error = timer_file_set(file, a[1] & TFD_TIMER_ABSTIME, &wanted);
    return error || !a[3] ? error : user_write_object(memory_of(thread), a[3], &before);
}

int64_t call_timerfd_gettime(struct thread *thread, const uint64_t *a)
{
    int64_t error;
    struct linux_itimerspec now;
    struct open_file *file = timer_argument(thread, a[0], &error);
    if (error)
        return error;
    timer_file_get(file, &now);
    return user_write_object(memory_of(thread), a[1], &now);
}
