/*
 * What waits to be received at a Unix socket: bytes in a ring of pages, cut into parts. A datagram is a part; in a stream a
 * part ends where the sender or the files that come along change.
 */
#pragma once

#include "personality/linux/file/pipe.h"
#include "personality/linux/net/message.h"
#include "personality/linux/net/rights.h"
#include "personality/linux/support/list.h"

enum { UNIX_QUEUE_BYTES = PIPE_BYTES, UNIX_QUEUE_PARTS = 256 };

struct unix_part {
    struct list in_queue;
    size_t length;         /* bytes of it that are left */
    struct rights *rights; /* come with its first byte; or null */
    int sender_pid;
    struct socket_address sender; /* of datagrams */
};

struct unix_queue {
    struct pipe_ring ring;
    struct list parts;
    unsigned part_count;
};

void unix_queue_initialise(struct unix_queue *queue);
void unix_queue_clear(struct unix_queue *queue);

static inline bool unix_queue_is_empty(const struct unix_queue *queue)
{
    return list_is_empty(&queue->parts);
}
static inline struct unix_part *unix_queue_first(const struct unix_queue *queue)
{
    return list_item(queue->parts.next, struct unix_part, in_queue);
}

/* Bytes that can be added now. */
size_t unix_queue_room(const struct unix_queue *queue);

/*
 * Adds the next `bytes` of a message as a part of its own, or (`joins`) behind the last one if that has the same sender and
 * there are no rights. Takes over the rights. 0; or -ENOMEM or -EFAULT, with nothing added and the rights still the caller's.
 */
int64_t unix_queue_add(struct unix_queue *queue, struct socket_message *message, size_t bytes, bool joins,
                       int sender_pid, const struct socket_address *sender, struct rights *rights);

/* Copies up to `bytes` of the queue, from `offset` on, into the message; 0 or -EFAULT. They stay in the queue. */
int64_t unix_queue_copy(const struct unix_queue *queue, size_t offset, struct socket_message *message, size_t bytes);

/* Takes bytes from the first part; with its last the part goes too, and with it its rights if they are still there. */
void unix_queue_consume(struct unix_queue *queue, size_t bytes);
