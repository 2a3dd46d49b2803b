#include "personality/linux/net/unix_queue.h"

#include "personality/linux/abi/errno.h"
#include "personality/linux/support/heap.h"

void unix_queue_initialise(struct unix_queue *queue)
{
    *queue = (struct unix_queue){.part_count = 0};
    list_initialise(&queue->parts);
}

static void part_delete(struct unix_queue *queue, struct unix_part *part)
{
    list_remove(&part->in_queue);
    queue->part_count--;
    rights_drop(part->rights);
    heap_free(part);
}

void unix_queue_clear(struct unix_queue *queue)
{
    list_each (entry, &queue->parts)
        part_delete(queue, list_item(entry, struct unix_part, in_queue));
    pipe_ring_clear(&queue->ring);
}

size_t unix_queue_room(const struct unix_queue *queue)
{
    return queue->part_count < UNIX_QUEUE_PARTS ? UNIX_QUEUE_BYTES - pipe_ring_used(&queue->ring) : 0;
}

/* Undoes what was produced since the ring held `written` bytes in all. */
static void ring_take_back(struct pipe_ring *ring, uint64_t written)
{
    ring->written_total = written;
    if (pipe_ring_used(ring) == 0)
        pipe_ring_clear(ring);
}

static int64_t ring_add(struct pipe_ring *ring, struct socket_message *message, size_t bytes)
{
    uint64_t written = ring->written_total;
    while (bytes) {
        size_t piece = bytes;
        void *room = pipe_ring_writable(ring, &piece);
        int64_t error = room ? message_take(message, room, piece) : -ENOMEM;
        if (error) {
            ring_take_back(ring, written);
            return error;
        }
        pipe_ring_produce(ring, piece);
        bytes -= piece;
    }
    return 0;
}

int64_t unix_queue_add(struct unix_queue *queue, struct socket_message *message, size_t bytes, bool joins,
                       int sender_pid, const struct socket_address *sender, struct rights *rights)
{
    struct unix_part *part = NULL;
    if (joins && !rights && !unix_queue_is_empty(queue)) {
        part = list_item(queue->parts.previous, struct unix_part, in_queue);
        if (part->sender_pid != sender_pid)
            part = NULL;
    }
    struct unix_part *added = part ? NULL : heap_allocate(sizeof *added);
    if (!part && !added)
        return -ENOMEM;
    int64_t error = ring_add(&queue->ring, message, bytes);
    if (error) {
        heap_free(added);
        return error;
    }
    if (added) {
        added->sender_pid = sender_pid;
        added->rights = rights;
        if (sender)
            added->sender = *sender;
        list_append(&queue->parts, &added->in_queue);
        queue->part_count++;
        part = added;
    }
    part->length += bytes;
    return 0;
}

int64_t unix_queue_copy(const struct unix_queue *queue, size_t offset, struct socket_message *message, size_t bytes)
{
    struct pipe_ring view = queue->ring; /* reads on while the queue stays as it is */
    view.read_total += offset;
    while (bytes) {
        size_t piece = bytes;
        const void *from = pipe_ring_readable(&view, &piece);
        if (!from)
            return 0;
        int64_t error = message_put(message, from, piece);
        if (error)
            return error;
        view.read_total += piece;
        bytes -= piece;
    }
    return 0;
}

void unix_queue_consume(struct unix_queue *queue, size_t bytes)
{
    struct unix_part *part = unix_queue_first(queue);
    part->length -= bytes;
    if (bytes)
        pipe_ring_consume(&queue->ring, bytes);
    if (!part->length)
        part_delete(queue, part);
}
