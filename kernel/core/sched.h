/*
 * Which thread runs, and for how long.
 *
 * Every kernel entry begins with sched_enter and ends with sched_leave. In between, operations make threads runnable or stop
 * them; sched_leave decides once. The running thread stands in no queue; a woken one is remembered as the candidate, so that
 * a switch to it touches no queue either.
 */
#pragma once

#include "core/cpu.h"
#include "core/preempt.h"
#include "object/schedctx.h"

/* The part of sched_enter for moments when something is due. */
bool sched_attend(struct cpu *cpu, uint32_t reason, uint32_t id);
/*
 * Reads the clock. True when the current context has the budget for a kernel operation; if not, it is charged, its thread
 * stopped (timeout fault, wait, or end of slice), and the operation is not to be done. `reason` and `id`: why the kernel was
 * entered, as the trace tells (abi/trace.h); a system call or a fault the thread issues again then. Refills that are
 * due wake their threads.
 */
static inline bool sched_enter(struct cpu *cpu, uint32_t reason, uint32_t id)
{
    cpu->now = hal_time();
    return LIKELY(cpu->now < cpu->quiet_until) || sched_attend(cpu, reason, id);
}
/* Switches to whoever is to run, sets the timer, loads the address space. */
void sched_leave(struct cpu *cpu);
/*
 * The part of sched_leave that switches, for entries at which nothing was due and nothing else has happened: `to`, which is in
 * no queue, goes on with a context of its own; the current thread is where it is to wait.
 */
void sched_switch(struct thread *to);
/* Nothing was done in this entry that sched_leave would have to look at: the current thread goes on. */
static inline bool sched_is_settled(const struct cpu *cpu)
{
    const struct thread *thread = cpu->current;
    return CONFIG_NUM_DOMAINS == 1 && !cpu->candidate && cpu->loose_ends == 0 && thread->state == THREAD_RUNNING &&
           thread->schedctx == cpu->current_schedctx;
}

/* Runnable, with a configured context that does not wait for a refill. */
static inline bool sched_is_schedulable(const struct thread *thread)
{
    return thread_is_runnable(thread) && thread->schedctx && schedctx_is_configured(thread->schedctx) &&
           !thread->schedctx->in_release_queue;
}

/* A thread may have become schedulable: it runs at once if it beats the current one (scheduling rules: docs/kernel.md). */
void sched_wake(struct thread *thread);
/* A thread that was blocked becomes RUNNING: starts its context if that is sporadic, then wakes, or waits for its refill. */
void sched_unblock(struct thread *thread);
/* The same within a long operation: joining its context's refills may be much work, and counts. */
static inline void sched_unblock_in(struct preemption *preemption, struct thread *thread)
{
    if (thread->schedctx)
        preempt_weigh(preemption, thread->schedctx->refill_count / REFILLS_IN_PREEMPT_UNIT);
    sched_unblock(thread);
}
/* Takes it out of the ready queue, if it is there; it is no candidate any more. */
void sched_take_out(struct thread *thread);
static inline void sched_dequeue(struct thread *thread)
{
    if (thread->in_ready_queue || this_cpu()->candidate == thread)
        sched_take_out(thread);
}
void sched_enqueue_head(struct thread *thread);
void sched_enqueue_tail(struct thread *thread);
/* Something changed that the candidate does not tell: look through the queues when leaving. */
void sched_reconsider(void);
/* Lets the context wait for its next refill (its thread is taken out of the ready queue). */
void sched_postpone(struct schedctx *schedctx);
/* The context's thread may go on once its head's time has come: wakes it, or lets it wait. */
void sched_resume_schedctx(struct schedctx *schedctx);
/* Its list is about to change (reconfigured) or it loses its thread: no longer in the release queue. */
void sched_take_out_schedctx(struct schedctx *schedctx);
static inline void sched_unpostpone(struct schedctx *schedctx)
{
    if (schedctx->in_release_queue)
        sched_take_out_schedctx(schedctx);
}

/* Charges the current context for what it has used up to now, without ending its slice. */
void sched_commit(struct cpu *cpu);
/* The current thread gives up the rest of its head refill. */
void sched_yield(struct cpu *cpu);

/* The domain's turn is changed by hand: starts schedule entry `index` now. */
void sched_start_domain_turn(struct cpu *cpu, unsigned index);
/* Boot: makes the processor idle, empty, in the first domain's turn. */
void sched_init(struct cpu *cpu);
