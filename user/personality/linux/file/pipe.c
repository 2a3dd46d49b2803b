#include "personality/linux/file/pipe.h"

#include "lib/string.h"
#include "personality/linux/abi/errno.h"
#include "personality/linux/abi/tty.h"
#include "personality/linux/memory/user_memory.h"
#include "personality/linux/process/process.h"
#include "personality/linux/support/frame.h"
#include "personality/linux/support/heap.h"

struct pipe {
    struct pipe_ring ring;
    unsigned readers, writers;           /* open files that can read, that can write */
    bool has_no_name;                    /* made by pipe(): opening it again, by way of /proc, does not wait */
    uint64_t reader_count, writer_count; /* that ever were: who waits for a partner sees one that came and went */
};

/* The ring */

size_t pipe_ring_used(const struct pipe_ring *ring)
{
    return (size_t)(ring->written_total - ring->read_total);
}

static char *ring_place(const struct pipe_ring *ring, uint64_t total)
{
    return (char *)frame_data(ring->frames[total / PAGE_SIZE % PIPE_PAGES]) + total % PAGE_SIZE;
}

static void limit_to_page(uint64_t total, size_t *bytes)
{
    if (*bytes > PAGE_SIZE - total % PAGE_SIZE)
        *bytes = PAGE_SIZE - total % PAGE_SIZE;
}

void *pipe_ring_readable(struct pipe_ring *ring, size_t *bytes)
{
    size_t used = pipe_ring_used(ring);
    if (!used)
        return NULL;
    if (*bytes > used)
        *bytes = used;
    limit_to_page(ring->read_total, bytes);
    return ring_place(ring, ring->read_total);
}

void *pipe_ring_writable(struct pipe_ring *ring, size_t *bytes)
{
    size_t room = PIPE_BYTES - pipe_ring_used(ring);
    if (!room)
        return NULL;
    uint32_t *frame = &ring->frames[ring->written_total / PAGE_SIZE % PIPE_PAGES];
    if (!*frame && !(*frame = frame_allocate_zeroed()))
        return NULL;
    if (*bytes > room)
        *bytes = room;
    limit_to_page(ring->written_total, bytes);
    return ring_place(ring, ring->written_total);
}

void pipe_ring_consume(struct pipe_ring *ring, size_t bytes)
{
    ring->read_total += bytes;
    if (pipe_ring_used(ring) == 0)
        pipe_ring_clear(ring);
}

void pipe_ring_produce(struct pipe_ring *ring, size_t bytes)
{
    ring->written_total += bytes;
}

void pipe_ring_clear(struct pipe_ring *ring)
{
    for (unsigned i = 0; i < PIPE_PAGES; i++) {
        if (ring->frames[i])
            frame_release(ring->frames[i]);
        ring->frames[i] = 0;
    }
    ring->read_total = ring->written_total = 0;
}

/* The two ends */

static int64_t pipe_read(struct thread *thread, struct open_file *file, struct user_buffer *buffer)
{
    struct pipe *pipe = file->data;
    int64_t done = 0;
    while (buffer->length) {
        size_t piece = buffer->length;
        void *bytes = pipe_ring_readable(&pipe->ring, &piece);
        if (!bytes)
            break;
        int64_t error = user_buffer_put(buffer, bytes, piece);
        if (error)
            return done ? done : error;
        pipe_ring_consume(&pipe->ring, piece);
        done += (int64_t)piece;
    }
    if (done) {
        wake_for(pipe, POLL_WRITABLE);
        return done;
    }
    if (!pipe->writers || !buffer->length)
        return 0;
    return file->flags & O_NONBLOCK ? -EAGAIN : thread_wait(thread, pipe, UINT64_MAX);
}

/* Writes what there is room for; a small write goes in one piece or not at all. */
static int64_t pipe_write_some(struct pipe *pipe, struct user_buffer *buffer)
{
    int64_t done = 0;
    if (buffer->length <= PIPE_ATOMIC_BYTES && PIPE_BYTES - pipe_ring_used(&pipe->ring) < buffer->length)
        return 0;
    while (buffer->length) {
        size_t piece = buffer->length;
        void *room = pipe_ring_writable(&pipe->ring, &piece);
        if (!room)
            break;
        int64_t error = user_buffer_take(buffer, room, piece);
        if (error)
            return done ? done : error;
        pipe_ring_produce(&pipe->ring, piece);
        done += (int64_t)piece;
    }
    return done;
}

static int64_t pipe_write(struct thread *thread, struct open_file *file, struct user_buffer *buffer)
{
    struct pipe *pipe = file->data;
    if (!pipe->readers) {
        struct signal_info info = signal_from_kernel(SIGPIPE);
        signal_send_thread(thread, &info);
        return thread->progress ? (int64_t)thread->progress : -EPIPE;
    }
    if (!buffer->length)
        return 0;

    /* What was written before the call had to wait is not written again. */
    buffer->address += thread->progress;
    buffer->length -= thread->progress;
    int64_t done = pipe_write_some(pipe, buffer);
    if (done < 0)
        return thread->progress ? (int64_t)thread->progress : done;
    thread->progress += (uint64_t)done;
    if (done)
        wake_for(pipe, POLL_READABLE);
    if (!buffer->length || ((file->flags & O_NONBLOCK) && thread->progress))
        return (int64_t)thread->progress;
    if (file->flags & O_NONBLOCK)
        return -EAGAIN;
    int64_t result = thread_wait(thread, pipe, UINT64_MAX);
    return result == -ERESTART && thread->progress ? (int64_t)thread->progress : result;
}

static const void *pipe_channel(const struct open_file *file)
{
    return file->data;
}

static unsigned pipe_poll(struct open_file *file)
{
    const struct pipe *pipe = file->data;
    size_t used = pipe_ring_used(&pipe->ring);
    unsigned events = 0;
    if (open_file_is_readable(file))
        events |= (used ? POLL_READABLE : 0u) | (pipe->writers ? 0u : POLLHUP);
    if (open_file_is_writable(file))
        events |= (PIPE_BYTES - used >= PIPE_ATOMIC_BYTES ? POLL_WRITABLE : 0u) | (pipe->readers ? 0u : POLLERR);
    return events;
}

static int64_t pipe_control(struct thread *thread, struct open_file *file, uint64_t request, uint64_t argument)
{
    const struct pipe *pipe = file->data;
    int32_t used = (int32_t)pipe_ring_used(&pipe->ring);
    if (request == FIONREAD)
        return user_write_object(thread->process->space, argument, &used);
    return -ENOTTY;
}

static void pipe_free_unused(struct inode *inode, struct pipe *pipe)
{
    if (pipe->readers || pipe->writers)
        return;
    pipe_ring_clear(&pipe->ring);
    heap_free(pipe);
    inode->pipe = NULL;
}

static void pipe_close(struct open_file *file)
{
    struct pipe *pipe = file->data;
    pipe->readers -= open_file_is_readable(file);
    pipe->writers -= open_file_is_writable(file);
    wake(pipe);
    pipe_free_unused(file->inode, pipe);
}

static const struct file_operations pipe_operations = {.read = pipe_read,
                                                       .write = pipe_write,
                                                       .poll = pipe_poll,
                                                       .channel = pipe_channel,
                                                       .control = pipe_control,
                                                       .close = pipe_close};

static struct open_file *end_create(struct inode *inode, struct pipe *pipe, uint32_t flags)
{
    struct open_file *file = open_file_create(inode, flags, &pipe_operations);
    if (!file)
        return NULL;
    file->data = pipe;
    pipe->readers += open_file_is_readable(file);
    pipe->writers += open_file_is_writable(file);
    pipe->reader_count += open_file_is_readable(file);
    pipe->writer_count += open_file_is_writable(file);
    return file;
}

int64_t pipe_create(uint32_t flags, struct open_file **reader, struct open_file **writer)
{
    struct inode *inode = inode_create(S_IFIFO | 0600);
    struct pipe *pipe = inode ? heap_allocate(sizeof *pipe) : NULL;
    if (!pipe) {
        if (inode)
            inode_release(inode);
        return -ENOMEM;
    }
    inode->pipe = pipe;
    pipe->has_no_name = true;
    *reader = end_create(inode, pipe, (flags & O_NONBLOCK) | O_RDONLY);
    *writer = *reader ? end_create(inode, pipe, (flags & O_NONBLOCK) | O_WRONLY) : NULL;
    if (!*reader)
        heap_free(pipe);
    else if (!*writer)
        open_file_release(*reader);
    inode_release(inode);
    return *writer ? 0 : -ENOMEM;
}

/* Whether the other end has been opened: is open now, or was since the wait began. */
static bool has_partner(const struct open_file *end, uint64_t partners_before)
{
    const struct pipe *pipe = end->data;
    bool reads = open_file_is_readable(end), writes = open_file_is_writable(end);
    if (pipe->has_no_name || (reads && writes))
        return true;
    return reads ? pipe->writers || pipe->writer_count != partners_before
                 : pipe->readers || pipe->reader_count != partners_before;
}

struct open_file *named_pipe_open(struct thread *thread, struct inode *inode, uint32_t flags, int64_t *error)
{
    *error = -ENOMEM;
    if (!inode->pipe && !(inode->pipe = heap_allocate(sizeof *inode->pipe)))
        return NULL;
    struct pipe *pipe = inode->pipe;
    struct open_file *end = end_create(inode, pipe, flags);
    if (!end) {
        pipe_free_unused(inode, pipe);
        return NULL;
    }
    wake(pipe);
    *error = 0;
    uint64_t partners = open_file_is_readable(end) ? pipe->writer_count : pipe->reader_count;
    if (has_partner(end, partners) || ((flags & O_NONBLOCK) && open_file_is_readable(end)))
        return end;
    if (flags & O_NONBLOCK) {
        open_file_release(end);
        *error = -ENXIO;
        return NULL;
    }
    /* The end is open while this call waits, or two that wait would never meet. */
    thread->opening = end;
    thread->progress = partners;
    return named_pipe_open_more(thread, error);
}

struct open_file *named_pipe_open_more(struct thread *thread, int64_t *error)
{
    struct open_file *end = thread->opening;
    *error = has_partner(end, thread->progress) ? 0 : thread_wait(thread, end->data, UINT64_MAX);
    if (*error == CALL_WAITS)
        return NULL;
    thread->opening = NULL;
    if (!*error)
        return end;
    open_file_release(end);
    return NULL;
}
