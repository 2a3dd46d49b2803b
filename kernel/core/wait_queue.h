/*
 * Threads that wait at an endpoint or a notification: highest priority first, first come first served within one.
 *
 * Threads of one priority form a ring; the first of each ring stands in a ring of group heads. Inserting steps over groups
 * (at most 256), never over threads; removing is constant.
 *
 *      head ─► A(200) ◄─group─► C(100) ◄─group─► F(7) ─► back to A
 *               │ B               │ D E
 *
 * A thread that waits alone is linked to nothing; a bit of the head word says so. Nearly every queue has one thread or none.
 *
 * `cursor` is where an interrupted walk over the queue goes on (endpoint.c, cancelling by badge); it follows the queue.
 */
#pragma once

#include "object/thread.h"

struct wait_queue {
    uint64_t head_word; /* first thread | WAIT_QUEUE_ALONE | two bits for the owner's use */
    struct thread *cursor;
};

#define WAIT_QUEUE_STATE_MASK 3u
#define WAIT_QUEUE_ALONE      4u
#define WAIT_QUEUE_MARKS      7u

static inline struct thread *wait_queue_first(const struct wait_queue *queue)
{
    return (struct thread *)(uintptr_t)(queue->head_word & ~(uint64_t)WAIT_QUEUE_MARKS);
}
static inline unsigned wait_queue_state(const struct wait_queue *queue)
{
    return queue->head_word & WAIT_QUEUE_STATE_MASK;
}

/* Puts the thread behind those of equal priority; `state` becomes the owner's bits. The thread is in no queue. */
void wait_queue_insert(struct wait_queue *queue, struct thread *thread, unsigned state);
/* The same for a queue that is empty. */
static inline void wait_queue_insert_only(struct wait_queue *queue, struct thread *thread, unsigned state)
{
    queue->head_word = (uintptr_t)thread | state | WAIT_QUEUE_ALONE;
}
/* Takes the thread out; a queue that becomes empty is all zero. */
void wait_queue_remove(struct wait_queue *queue, struct thread *thread);
/* Whether one thread waits, and no other; and taking that one out. */
static inline bool wait_queue_is_alone(const struct wait_queue *queue)
{
    return queue->head_word & WAIT_QUEUE_ALONE;
}
static inline void wait_queue_remove_only(struct wait_queue *queue)
{
    *queue = (struct wait_queue){0};
}
/* The thread behind `thread` in queue order, or null. */
struct thread *wait_queue_next(const struct wait_queue *queue, const struct thread *thread);
