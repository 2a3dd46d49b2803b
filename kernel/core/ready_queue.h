/*
 * The queues of ready threads, one for each domain and priority, and the highest priority that has one (struct cpu). Nothing
 * here asks whether a thread may run; that is core/sched.c's concern, and core/fastpath_signal.c's.
 */
#pragma once

#include "core/cpu.h"

/* Whether the thread's domain has its turn. */
static inline bool ready_is_in_turn(const struct cpu *cpu, const struct thread *thread)
{
    return CONFIG_NUM_DOMAINS == 1 || thread->domain == cpu->domain;
}

static inline struct ready_set *ready_set_of(struct cpu *cpu, const struct thread *thread)
{
    return &cpu->ready[CONFIG_NUM_DOMAINS == 1 ? 0 : thread->domain];
}

/* The highest priority with a ready thread, looked for from word `word` of the bitmap on down; 0: there is none. */
static inline uint8_t ready_highest(const struct ready_set *set, unsigned word)
{
    while (set->bitmap[word] == 0)
        if (word-- == 0)
            return 0;
    return (uint8_t)(word * 64 + 63 - (unsigned)__builtin_clzll(set->bitmap[word]));
}

/* The queue of the thread's priority, which was empty, has got this thread. */
static inline void ready_mark(struct cpu *cpu, struct ready_set *set, const struct thread *thread)
{
    unsigned priority = thread->priority;
    set->bitmap[priority / 64] |= BIT(priority % 64);
    if (priority > cpu->highest_ready && ready_is_in_turn(cpu, thread))
        cpu->highest_ready = (uint8_t)priority;
}

/* The queue of the thread's priority has become empty. */
static inline void ready_unmark(struct cpu *cpu, struct ready_set *set, const struct thread *thread)
{
    unsigned priority = thread->priority;
    set->bitmap[priority / 64] &= ~BIT(priority % 64);
    if (priority == cpu->highest_ready && ready_is_in_turn(cpu, thread))
        cpu->highest_ready = ready_highest(set, priority / 64);
}

/* Puts a thread that is in no queue before or behind those of its priority. */
static inline void ready_insert_head(struct cpu *cpu, struct thread *thread)
{
    struct ready_set *set = ready_set_of(cpu, thread);
    struct ready_queue *queue = &set->queue[thread->priority];
    struct thread *next = queue->head;
    thread->queue_prev = NULL;
    thread->queue_next = next;
    thread->in_ready_queue = true;
    queue->head = thread;
    if (next) {
        next->queue_prev = thread;
    } else {
        queue->tail = thread;
        ready_mark(cpu, set, thread);
    }
}

/* The same for the running thread, which no ready thread outranks. */
static inline void ready_insert_running(struct cpu *cpu, struct thread *thread)
{
    struct ready_set *set = ready_set_of(cpu, thread);
    uint8_t priority = thread->priority;
    struct ready_queue *queue = &set->queue[priority];
    struct thread *next = queue->head;
    thread->queue_prev = NULL;
    thread->queue_next = next;
    thread->in_ready_queue = true;
    queue->head = thread;
    cpu->highest_ready = priority;
    if (UNLIKELY(next != NULL)) {
        next->queue_prev = thread;
    } else {
        queue->tail = thread;
        set->bitmap[priority / 64] |= BIT(priority % 64);
    }
}

static inline void ready_insert_tail(struct cpu *cpu, struct thread *thread)
{
    struct ready_set *set = ready_set_of(cpu, thread);
    struct ready_queue *queue = &set->queue[thread->priority];
    struct thread *previous = queue->tail;
    thread->queue_next = NULL;
    thread->queue_prev = previous;
    thread->in_ready_queue = true;
    queue->tail = thread;
    if (previous) {
        previous->queue_next = thread;
    } else {
        queue->head = thread;
        ready_mark(cpu, set, thread);
    }
}

static inline void ready_remove(struct cpu *cpu, struct thread *thread)
{
    struct ready_set *set = ready_set_of(cpu, thread);
    struct ready_queue *queue = &set->queue[thread->priority];
    if (thread->queue_prev)
        thread->queue_prev->queue_next = thread->queue_next;
    else
        queue->head = thread->queue_next;
    if (thread->queue_next)
        thread->queue_next->queue_prev = thread->queue_prev;
    else
        queue->tail = thread->queue_prev;
    thread->in_ready_queue = false;
    if (!queue->head)
        ready_unmark(cpu, set, thread);
}

/* The first ready thread of the domain whose turn it is; null: there is none. */
static inline struct thread *ready_first(const struct cpu *cpu)
{
    return cpu->ready[CONFIG_NUM_DOMAINS == 1 ? 0 : cpu->domain].queue[cpu->highest_ready].head;
}

/* Takes that one out. */
static inline void ready_remove_first(struct cpu *cpu, struct thread *first)
{
    struct ready_set *set = ready_set_of(cpu, first);
    struct ready_queue *queue = &set->queue[first->priority];
    struct thread *next = first->queue_next;
    queue->head = next;
    if (next) {
        next->queue_prev = NULL;
    } else {
        queue->tail = NULL;
        ready_unmark(cpu, set, first);
    }
    first->in_ready_queue = false;
}

/* Puts the running thread, which `first` of equal priority takes the place of, behind the others. */
static inline void ready_rotate(struct cpu *cpu, struct thread *first, struct thread *thread)
{
    struct ready_queue *queue = &ready_set_of(cpu, thread)->queue[thread->priority];
    struct thread *previous = queue->tail;
    thread->queue_next = NULL;
    thread->queue_prev = previous;
    thread->in_ready_queue = true;
    queue->tail = thread;
    previous->queue_next = thread;
    first->queue_next->queue_prev = NULL;
    queue->head = first->queue_next;
    first->in_ready_queue = false;
}
