#include "personality/linux/file/event_file.h"

#include "personality/linux/abi/errno.h"
#include "personality/linux/process/process.h"
#include "personality/linux/support/heap.h"

struct event {
    uint64_t value; /* below UINT64_MAX */
    bool is_semaphore;
};

static int64_t event_read(struct thread *thread, struct open_file *file, struct user_buffer *buffer)
{
    struct event *event = file->data;
    if (buffer->length < sizeof event->value)
        return -EINVAL;
    if (!event->value)
        return file->flags & O_NONBLOCK ? -EAGAIN : thread_wait(thread, event, UINT64_MAX);
    uint64_t given = event->is_semaphore ? 1 : event->value;
    int64_t error = user_buffer_put(buffer, &given, sizeof given);
    if (error)
        return error;
    event->value -= given;
    wake_for(event, POLL_WRITABLE);
    return sizeof given;
}

static int64_t event_write(struct thread *thread, struct open_file *file, struct user_buffer *buffer)
{
    struct event *event = file->data;
    uint64_t added;
    if (buffer->length < sizeof added)
        return -EINVAL;
    int64_t error = user_buffer_take(buffer, &added, sizeof added);
    if (error)
        return error;
    if (added == UINT64_MAX)
        return -EINVAL;
    if (added > UINT64_MAX - 1 - event->value)
        return file->flags & O_NONBLOCK ? -EAGAIN : thread_wait(thread, event, UINT64_MAX);
    event->value += added;
    wake_for(event, POLL_READABLE);
    return sizeof added;
}

static unsigned event_poll(struct open_file *file)
{
    const struct event *event = file->data;
    return (event->value ? POLL_READABLE : 0u) | (event->value < UINT64_MAX - 1 ? POLL_WRITABLE : 0u);
}

static const void *event_channel(const struct open_file *file)
{
    return file->data;
}

static void event_close(struct open_file *file)
{
    heap_free(file->data);
}

static const struct file_operations event_operations = {
    .read = event_read, .write = event_write, .poll = event_poll, .channel = event_channel, .close = event_close};

struct open_file *event_file_create(uint64_t value, bool is_semaphore, uint32_t flags)
{
    struct event *event = heap_allocate(sizeof *event);
    if (!event)
        return NULL;
    event->value = value;
    event->is_semaphore = is_semaphore;
    struct open_file *file = open_file_create_alone(0600, O_RDWR | flags, &event_operations, event);
    if (!file)
        heap_free(event);
    return file;
}
