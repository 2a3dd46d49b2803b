#include "core/wait_queue.h"

#include "lib/assert.h"

static bool is_group_head(const struct thread *thread)
{
    return thread->group_next != NULL;
}

static void set_head(struct wait_queue *queue, struct thread *head, unsigned state)
{
    queue->head_word = (uintptr_t)head | state;
}

static void link_group_before(struct thread *thread, struct thread *successor)
{
    thread->group_next = successor;
    thread->group_prev = successor->group_prev;
    successor->group_prev->group_next = thread;
    successor->group_prev = thread;
}

void wait_queue_insert(struct wait_queue *queue, struct thread *thread, unsigned state)
{
    struct thread *head = wait_queue_first(queue);
    if (!head) {
        wait_queue_insert_only(queue, thread, state);
        return;
    }
    if (queue->head_word & WAIT_QUEUE_ALONE) {
        head->queue_next = head->queue_prev = head;
        head->group_next = head->group_prev = head;
    }
    thread->queue_next = thread->queue_prev = thread;
    struct thread *group = head;
    while (group->priority > thread->priority) {
        group = group->group_next;
        if (group == head)
            break;
    }
    if (group->priority == thread->priority) {
        thread->group_next = thread->group_prev = NULL;
        thread->queue_next = group;
        thread->queue_prev = group->queue_prev;
        group->queue_prev->queue_next = thread;
        group->queue_prev = thread;
    } else {
        /* A group of its own: before the first lower one; behind the last group is before the head of the ring. */
        bool is_highest = thread->priority > head->priority;
        link_group_before(thread, group);
        if (is_highest)
            head = thread;
    }
    set_head(queue, head, state);
}

static void remove_group_head(struct wait_queue *queue, struct thread *thread)
{
    struct thread *heir = thread->queue_next;
    struct thread *new_head = heir;
    if (heir != thread) {
        /* The next of the same priority takes the place in the ring of groups. */
        heir->group_next = thread->group_next == thread ? heir : thread->group_next;
        heir->group_prev = thread->group_prev == thread ? heir : thread->group_prev;
        heir->group_next->group_prev = heir;
        heir->group_prev->group_next = heir;
    } else {
        new_head = thread->group_next == thread ? NULL : thread->group_next;
        thread->group_next->group_prev = thread->group_prev;
        thread->group_prev->group_next = thread->group_next;
    }
    if (wait_queue_first(queue) == thread)
        set_head(queue, new_head, new_head ? wait_queue_state(queue) : 0);
}

void wait_queue_remove(struct wait_queue *queue, struct thread *thread)
{
    if (queue->head_word & WAIT_QUEUE_ALONE) {
        *queue = (struct wait_queue){0};
        return;
    }
    if (queue->cursor == thread) {
        queue->cursor = wait_queue_next(queue, thread);
        if (queue->cursor)
            queue->cursor->cancel_badge = thread->cancel_badge;
    }
    if (is_group_head(thread))
        remove_group_head(queue, thread);
    thread->queue_prev->queue_next = thread->queue_next;
    thread->queue_next->queue_prev = thread->queue_prev;
    thread->queue_next = thread->queue_prev = NULL;
    thread->group_next = thread->group_prev = NULL;

    struct thread *head = wait_queue_first(queue);
    if (head->queue_next == head && head->group_next == head)
        queue->head_word |= WAIT_QUEUE_ALONE;
}

struct thread *wait_queue_next(const struct wait_queue *queue, const struct thread *thread)
{
    if (queue->head_word & WAIT_QUEUE_ALONE)
        return NULL;
    struct thread *next = thread->queue_next;
    if (!is_group_head(next))
        return next;
    /* Round the ring of this priority: the next group, unless that is the first one again. */
    next = next->group_next;
    return next == wait_queue_first(queue) ? NULL : next;
}
