/*
 * Handing the processor from a thread that blocks straight to the one it has woken: what the fast ways through the kernel have
 * in common. They may be taken only when that thread would run next anyhow, on the same scheduling context: then neither
 * queues of ready threads nor the timer are concerned, and sched_leave has nothing to do.
 */
#pragma once

#include "core/cpu.h"
#include "core/wait_queue.h"
#include "hal/switch.h"
#include "object/endpoint.h"
#include "object/notification.h"
#include "object/reply.h"
#include "object/schedctx.h"

/* `thread`, woken while the current thread blocks, would run next: no ready thread outranks it. */
static inline bool handover_is_due(const struct cpu *cpu, const struct thread *thread)
{
    if (CONFIG_NUM_DOMAINS > 1 && thread->domain != cpu->domain)
        return false;
    return thread->priority >= cpu->highest_ready;
}

/* A thread without context that waits with a reply object, and that may be handed a Call through the endpoint; or null. */
static inline struct thread *handover_receiver(const struct cpu *cpu, const struct endpoint *endpoint)
{
    if (wait_queue_state(&endpoint->queue) != ENDPOINT_RECEIVERS)
        return NULL;
    struct thread *receiver = wait_queue_first(&endpoint->queue);
    return receiver->schedctx || !receiver->reply || !handover_is_due(cpu, receiver) ? NULL : receiver;
}

/* The last condition: nothing is due at this moment, which becomes the entry's time. */
static inline bool handover_begin(struct cpu *cpu)
{
    uint64_t now = hal_time();
    if (UNLIKELY(now >= cpu->quiet_until))
        return false;
    cpu->now = now;
    return true;
}

static inline void handover_take_receiver(struct endpoint *endpoint, struct thread *receiver)
{
    if (LIKELY(wait_queue_is_alone(&endpoint->queue)))
        wait_queue_remove_only(&endpoint->queue);
    else
        wait_queue_remove(&endpoint->queue, receiver);
}

/* Leaves `from`, which has blocked, for `to`. */
static inline void handover_switch(struct cpu *cpu, struct thread *from, struct thread *to)
{
    cpu->current = to;
    hal_switch_partner(from, to);
    hal_activate_space(to);
}

/* The caller waits at the receiver's reply object, its context goes along with the processor. */
static inline void handover_lend(struct cpu *cpu, struct thread *caller, struct thread *receiver)
{
    struct reply *reply = receiver->reply;
    struct schedctx *schedctx = caller->schedctx;
    struct reply *older = schedctx->reply;
    reply->thread = caller;
    reply->older = older;
    reply->schedctx = schedctx;
    if (older) {
        older->newer = reply;
        older->schedctx = NULL;
    }
    schedctx->reply = reply;
    schedctx->thread = receiver;
    caller->reply = reply;
    caller->schedctx = NULL;
    caller->state = THREAD_BLOCKED_REPLY;
    receiver->reply = NULL;
    receiver->schedctx = schedctx;
    receiver->state = THREAD_RUNNING;
    handover_switch(cpu, caller, receiver);
}

/* The bound notification concerns a receive only when it has a signal or a context of its own. */
static inline bool handover_leaves_notification(const struct notification *notification)
{
    return !notification || (!notification->is_active && !notification->schedctx);
}

/*
 * The caller whose context the server runs on, and which waits at the head of the chain of that context for an answer through
 * `reply`; null when the server cannot give the context back and wait at `endpoint`, where nobody sends, in one go.
 */
static inline struct thread *handover_caller(const struct cpu *cpu, const struct thread *server,
                                             const struct endpoint *endpoint, const struct reply *reply)
{
    struct thread *caller = reply->thread;
    if (wait_queue_state(&endpoint->queue) == ENDPOINT_SENDERS || reply->schedctx != server->schedctx ||
        caller->schedctx || !handover_leaves_notification(server->bound_notification) || !handover_is_due(cpu, caller))
        return NULL;
    return caller;
}

/* The answer is given: the context goes back with the processor, and the server waits at the endpoint with the same reply object. */
static inline void handover_give_back(struct cpu *cpu, struct thread *server, struct thread *caller,
                                      struct endpoint *endpoint)
{
    struct reply *reply = caller->reply;
    struct schedctx *schedctx = server->schedctx;
    struct reply *older = reply->older;
    schedctx->reply = older;
    if (older) {
        older->newer = NULL;
        older->schedctx = schedctx;
    }
    schedctx->thread = caller;
    caller->reply = NULL;
    caller->schedctx = schedctx;
    caller->state = THREAD_RUNNING;
    reply->older = NULL;
    reply->schedctx = NULL;
    reply->thread = server;
    server->reply = reply;
    server->schedctx = NULL;
    server->state = THREAD_BLOCKED_RECEIVE;
    server->blocking_object = endpoint;
    if (LIKELY(!wait_queue_first(&endpoint->queue)))
        wait_queue_insert_only(&endpoint->queue, server, ENDPOINT_RECEIVERS);
    else
        wait_queue_insert(&endpoint->queue, server, ENDPOINT_RECEIVERS);
    handover_switch(cpu, server, caller);
}
