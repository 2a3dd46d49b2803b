#include "personality/linux/file/timer_file.h"

#include "personality/linux/abi/errno.h"
#include "personality/linux/process/process.h"
#include "personality/linux/process/timer.h"
#include "personality/linux/support/clock.h"
#include "personality/linux/support/heap.h"

struct timer_data {
    struct timer timer;
    uint32_t clock;
    bool is_set;
    uint64_t interval_ns; /* 0: once */
    uint64_t passed;      /* times that were not read yet, up to the timer's moment */
};

static const struct file_operations timer_operations;

bool timer_file_clock_exists(uint32_t clock)
{
    return clock == CLOCK_REALTIME || clock == CLOCK_MONOTONIC || clock == CLOCK_BOOTTIME;
}

bool open_file_is_timer(const struct open_file *file)
{
    return file->operations == &timer_operations;
}

static struct timer_data *data_of(struct timer *timer)
{
    return list_item(timer, struct timer_data, timer);
}

static void timer_passed(struct timer *timer)
{
    struct timer_data *data = data_of(timer);
    uint64_t now = machine_time_ns();
    data->passed++;
    data->is_set = data->interval_ns;
    if (data->is_set) {
        uint64_t missed = (now - timer->moment_ns) / data->interval_ns;
        data->passed += missed;
        timer_set(timer, timer->moment_ns + (missed + 1) * data->interval_ns);
    }
    wake_for(data, POLL_READABLE);
}

static int64_t timer_read(struct thread *thread, struct open_file *file, struct user_buffer *buffer)
{
    struct timer_data *data = file->data;
    uint64_t passed = data->passed;
    if (buffer->length < sizeof passed)
        return -EINVAL;
    if (!passed)
        return file->flags & O_NONBLOCK ? -EAGAIN : thread_wait(thread, data, UINT64_MAX);
    int64_t error = user_buffer_put(buffer, &passed, sizeof passed);
    if (!error)
        data->passed = 0;
    return error ? error : (int64_t)sizeof passed;
}

static unsigned timer_poll(struct open_file *file)
{
    const struct timer_data *data = file->data;
    return data->passed ? POLL_READABLE : 0;
}

static const void *timer_channel(const struct open_file *file)
{
    return file->data;
}

static void timer_close(struct open_file *file)
{
    struct timer_data *data = file->data;
    timer_cancel(&data->timer);
    heap_free(data);
}

static const struct file_operations timer_operations = {
    .read = timer_read, .poll = timer_poll, .channel = timer_channel, .close = timer_close};

struct open_file *timer_file_create(uint32_t clock, uint32_t flags)
{
    struct timer_data *data = heap_allocate(sizeof *data);
    if (!data)
        return NULL;
    data->clock = clock;
    timer_initialise(&data->timer, timer_passed);
    struct open_file *file = open_file_create_alone(0600, O_RDWR | flags, &timer_operations, data);
    if (!file)
        heap_free(data);
    return file;
}

int64_t timer_file_set(struct open_file *file, bool is_moment, const struct linux_itimerspec *wanted)
{
    struct timer_data *data = file->data;
    uint64_t value, interval, now = machine_time_ns();
    if (!timespec_to_ns(wanted->value, &value) || !timespec_to_ns(wanted->interval, &interval))
        return -EINVAL;
    data->passed = 0;
    data->interval_ns = interval;
    data->is_set = value;
    timer_cancel(&data->timer);
    if (!value)
        return 0;
    uint64_t start = !is_moment ? now : 0;
    if (is_moment && data->clock == CLOCK_REALTIME) {
        uint64_t date = clock_date_ns();
        value = value > date ? value - date : 0;
        start = now;
    }
    timer_set(&data->timer, start + value);
    return 0;
}

void timer_file_get(const struct open_file *file, struct linux_itimerspec *now)
{
    const struct timer_data *data = file->data;
    uint64_t moment = data->timer.moment_ns, time = machine_time_ns();
    *now = (struct linux_itimerspec){
        .interval = timespec_from_ns(data->interval_ns),
        .value = timespec_from_ns(!data->is_set   ? 0
                                  : moment > time ? moment - time
                                                  : 1),
    };
}
