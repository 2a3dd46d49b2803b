/*
 * A scheduling context: the right to processor time, as a list of refills (time, amount).
 *
 * Only the head refill is used. In time order, not overlapping, their sum is the budget, and the head holds at least the
 * minimum budget. Time used from the head comes back one period later, at the end of the list.
 *
 *      now ──┬──────────────┬───────────────► time          head (t0, 2 ms) | (t0 + 10 ms, 1 ms) ...
 *            │ head: usable │ the rest comes back a period after it was used
 *
 * With budget = period ("round robin", period stored as 0) there are always two: what is left of the slice, and what is used.
 */
#pragma once

#include "abi/object.h"
#include "core/time.h"
#include "lib/compiler.h"
#include "object/refusal.h"

struct invocation;
struct notification;
struct reply;
struct thread;

struct refill {
    uint64_t time;   /* ticks */
    uint64_t amount; /* ticks */
};

struct schedctx {
    uint64_t period;   /* ticks; round robin: 0 */
    uint64_t consumed; /* ticks since the last report */
    struct thread *thread;
    struct notification *notification;
    struct reply *reply; /* newest of the chain of lendings */
    uint64_t badge;
    struct thread *yield_from;                      /* waits in YieldTo for this context */
    uint16_t refill_max, refill_head, refill_count; /* max 0: not configured */
    bool is_round_robin; /* and configured: two refills, the first is the head, and its time has come */
    uint8_t core;
    bool is_sporadic;
    bool in_release_queue;
    uint8_t heap_rank;
    struct schedctx *heap_left, *heap_right, *heap_parent;
    struct refill refill[2]; /* the core's two; the object's size gives room for more */
};
static_assert(sizeof(struct schedctx) == 1u << ABI_MIN_SCHED_CONTEXT_BITS, "the interface fixes the core at 128 bytes");

#define MINIMUM_BUDGET_US 20
#define MINIMUM_REFILLS   2
/* No list grows longer, whatever the object's size allows: refills that come back together are joined in one go. */
#define MAXIMUM_REFILLS 256
/* Joining so many is a unit of work of a long operation (core/preempt.h). */
#define REFILLS_IN_PREEMPT_UNIT 12

static inline bool schedctx_is_configured(const struct schedctx *schedctx)
{
    return schedctx->refill_max > 0;
}
static inline bool schedctx_is_round_robin(const struct schedctx *schedctx)
{
    return schedctx->is_round_robin;
}
static inline struct refill *schedctx_head(struct schedctx *schedctx)
{
    return &schedctx->refill[schedctx->refill_head];
}

/* Most refills that fit into an object of 2^size_bits bytes. */
unsigned schedctx_refills_in(unsigned size_bits);

/* The head covers `used` ticks and the minimum budget besides. */
static inline bool schedctx_is_sufficient(struct schedctx *schedctx, uint64_t used)
{
    return schedctx_head(schedctx)->amount >= used + kernel_times.minimum_budget;
}
/* The head's time has come at `now`. */
static inline bool schedctx_is_released(struct schedctx *schedctx, uint64_t now)
{
    return schedctx_head(schedctx)->time <= now;
}

/* Not for round robin. Takes `used` ticks from the head; they come back a period later. */
void schedctx_use_head(struct schedctx *schedctx, uint64_t used);
/* Charges `used` ticks that the head covers with the minimum to spare (a switch in mid-budget): its end stays where it is. */
static inline void schedctx_charge(struct schedctx *schedctx, uint64_t used)
{
    schedctx->consumed += used;
    if (schedctx_is_round_robin(schedctx)) {
        schedctx->refill[0].amount -= used;
        schedctx->refill[1].amount += used;
    } else {
        schedctx_use_head(schedctx, used);
    }
}
/* Charges `used` ticks at the end of the head's budget; afterwards the head is the next usable refill. */
void schedctx_exhaust(struct schedctx *schedctx, uint64_t used);

/* Not for round robin. Joins the refills that overlap at `now`, when the head has come. */
void schedctx_join_refills(struct schedctx *schedctx, uint64_t now);
/* It starts to run at `now`: unused time does not accumulate, refills that overlap now are merged. */
static inline void schedctx_start(struct schedctx *schedctx, uint64_t now)
{
    if (!schedctx_is_round_robin(schedctx) && schedctx_is_released(schedctx, now))
        schedctx_join_refills(schedctx, now);
}
/* Sets budget and period (ticks, equal: round robin) at `now`; `keeps_bandwidth` when it is in use. */
void schedctx_configure(struct schedctx *schedctx, uint64_t budget, uint64_t period, unsigned refill_max, uint64_t now,
                        bool keeps_bandwidth);

/* Microseconds consumed since the last report, rounded down; resets the count. */
uint64_t schedctx_report_consumed(struct schedctx *schedctx);

/* Whether a thread may be tied to it: neither has another, and a blocked thread only takes one with ready budget. */
struct refusal schedctx_check_bind(struct schedctx *schedctx, struct thread *thread);
/* Ties a thread without context to it; the thread runs if it can. And the reverse. */
void schedctx_bind_thread(struct schedctx *schedctx, struct thread *thread);
void schedctx_unbind_thread(struct schedctx *schedctx);
/* Gives the context to a thread that has none, taking it from the one that holds it. */
void schedctx_donate(struct schedctx *schedctx, struct thread *to);
void schedctx_bind_notification(struct schedctx *schedctx, struct notification *notification);
void schedctx_unbind_notification(struct schedctx *schedctx);
/* Forgets the chain of replies: none of them returns it any more. */
void schedctx_unbind_reply(struct schedctx *schedctx);
/* The YieldTo that waits for it is over. */
void schedctx_complete_yield(struct schedctx *schedctx);
void schedctx_destroy(struct schedctx *schedctx);

struct refusal schedctx_invoke(struct invocation *invocation);
struct refusal sched_control_invoke(struct invocation *invocation);
