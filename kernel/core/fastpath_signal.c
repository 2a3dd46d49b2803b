/*
 * Straight ways through sending, signals, waiting and yielding, between threads that each have a context of their own.
 * endpoint.c, notification.c and sched.c are the definition.
 */
#include "core/fastpath.h"
#include "core/handover.h"
#include "core/lookup.h"
#include "core/message.h"
#include "core/ready_queue.h"
#include "core/sched.h"
#include "core/system.h"

/* A capability of this type with this right. */
static inline bool is_allowed(struct cap cap, unsigned type, unsigned right)
{
    uint64_t allows = CAP_RIGHT(right);
    return (cap.word[0] & (31 | allows)) == (type | allows);
}

/* A blocked thread that has a context of its own, with time that has come. */
static ALWAYS_INLINE bool can_wake(const struct cpu *cpu, const struct thread *thread)
{
    struct schedctx *schedctx = thread->schedctx;
    if (!schedctx || !ready_is_in_turn(cpu, thread))
        return false;
    return LIKELY(schedctx_is_round_robin(schedctx)) ||
           (schedctx_is_configured(schedctx) && !schedctx->is_sporadic && !schedctx->in_release_queue &&
            schedctx_is_released(schedctx, cpu->now));
}

/* A ready thread that runs next without further ado. */
static ALWAYS_INLINE bool can_go_on(const struct thread *thread)
{
    return thread->state == THREAD_RUNNING && !thread->yield_to;
}

/* It has what it waited for: it runs, or the current thread goes on. */
static ALWAYS_INLINE void wake(struct cpu *cpu, struct thread *thread)
{
    struct thread *current = cpu->current;
    thread->state = THREAD_RUNNING;
    if (thread->priority > current->priority) {
        ready_insert_running(cpu, current);
        sched_switch(thread);
    } else if (thread->priority == current->priority) {
        ready_insert_tail(cpu, thread);
    } else {
        ready_insert_head(cpu, thread);
    }
}

/* A thread that waits alone in the queue, and can run. */
static ALWAYS_INLINE bool can_take_out(const struct cpu *cpu, const struct wait_queue *queue,
                                       const struct thread *thread)
{
    return wait_queue_is_alone(queue) && can_wake(cpu, thread);
}

/* It does not lend its reply object any more. */
static ALWAYS_INLINE void end_receive(struct thread *receiver)
{
    if (receiver->reply) {
        receiver->reply->thread = NULL;
        receiver->reply = NULL;
    }
}

/* A signal to nobody, or to a thread that waits alone, or is bound and waits alone at an endpoint, and can run. */
static ALWAYS_INLINE bool signal(struct cpu *cpu, struct notification *notification, uint64_t badge)
{
    struct thread *waiter = wait_queue_first(&notification->waiting);
    if (!handover_begin(cpu))
        return false;
    if (waiter) {
        if (!can_take_out(cpu, &notification->waiting, waiter))
            return false;
        wait_queue_remove_only(&notification->waiting);
    } else {
        waiter = notification->bound_thread;
        if (!waiter || waiter->state != THREAD_BLOCKED_RECEIVE || notification->is_active) {
            notification->word = notification->is_active ? notification->word | badge : badge;
            notification->is_active = true;
            return true;
        }
        struct wait_queue *queue = waiter->blocking_object;
        if (!can_take_out(cpu, queue, waiter))
            return false;
        wait_queue_remove_only(queue);
        end_receive(waiter);
    }
    context_set_badge(&waiter->context, badge);
    wake(cpu, waiter);
    return true;
}

/* A short message to a thread that waits alone, and can run. */
static ALWAYS_INLINE bool send_message(struct cpu *cpu, struct thread *caller, struct endpoint *endpoint,
                                       uint64_t badge)
{
    struct wait_queue *queue = &endpoint->queue;
    struct thread *receiver = wait_queue_first(queue);
    uint64_t info = context_info(&caller->context);
    if (wait_queue_state(queue) != ENDPOINT_RECEIVERS || !message_is_short(info) || !handover_begin(cpu) ||
        !can_take_out(cpu, queue, receiver))
        return false;
    wait_queue_remove_only(queue);
    end_receive(receiver);
    message_transfer_short(caller, receiver, info);
    context_set_badge(&receiver->context, badge);
    wake(cpu, receiver);
    return true;
}

static ALWAYS_INLINE bool send(struct cpu *cpu, struct thread *caller)
{
    struct cap_slot *slot = lookup_in_root(caller, context_cap(&caller->context));
    if (!slot)
        return false;
    if (is_allowed(slot->cap, ABI_CAP_TYPE_NOTIFICATION, RIGHT_WRITE))
        return !message_extra_caps(context_info(&caller->context)) &&
               signal(cpu, cap_pointer(slot->cap), cap_badge(slot->cap));
    return is_allowed(slot->cap, ABI_CAP_TYPE_ENDPOINT, RIGHT_WRITE) &&
           send_message(cpu, caller, cap_pointer(slot->cap), cap_badge(slot->cap));
}

void fastpath_send(void)
{
    if (!send(this_cpu(), this_cpu()->current))
        kernel_syscall_slowly();
}

void fastpath_interrupt(unsigned irq)
{
    struct cpu *cpu = this_cpu();
    struct cap cap = system_state.irq[irq].notification.cap;
    if (cap_type(cap) != ABI_CAP_TYPE_NOTIFICATION || !cpu->current_schedctx ||
        !signal(cpu, cap_pointer(cap), cap_badge(cap)))
        kernel_interrupt_slowly(irq);
}

/* The current thread waits alone in the queue, and the first ready thread runs. */
static ALWAYS_INLINE void block(struct cpu *cpu, struct wait_queue *queue, unsigned state, struct thread *next)
{
    struct thread *current = cpu->current;
    current->blocking_object = queue;
    wait_queue_insert_only(queue, current, state);
    ready_remove_first(cpu, next);
    sched_switch(next);
}

static ALWAYS_INLINE bool wait(struct cpu *cpu, struct thread *caller)
{
    struct cap_slot *slot = lookup_in_root(caller, context_cap(&caller->context));
    if (!slot || !is_allowed(slot->cap, ABI_CAP_TYPE_NOTIFICATION, RIGHT_READ))
        return false;
    struct notification *notification = cap_pointer(slot->cap);
    if (notification->bound_thread || notification->schedctx || wait_queue_first(&notification->waiting))
        return false;
    if (notification->is_active) {
        if (!handover_begin(cpu))
            return false;
        notification->is_active = false;
        context_set_badge(&caller->context, notification->word);
        return true;
    }
    struct thread *next = ready_first(cpu);
    if (!next || !can_go_on(next) || !handover_begin(cpu))
        return false;
    caller->state = THREAD_BLOCKED_NOTIFICATION;
    block(cpu, &notification->waiting, NOTIFICATION_WAITING, next);
    return true;
}

void fastpath_wait(void)
{
    if (!wait(this_cpu(), this_cpu()->current))
        kernel_syscall_slowly();
}

/* At an endpoint where nobody is, with a reply object that nobody uses, without a signal or context to take or give back. */
static ALWAYS_INLINE bool receive(struct cpu *cpu, struct thread *caller)
{
    struct cap_slot *slot = lookup_in_root(caller, context_cap(&caller->context));
    struct cap_slot *reply_slot = lookup_in_root(caller, context_reply_cap(&caller->context));
    if (!slot || !reply_slot || !(slot->cap.word[0] & CAP_MAY_RECEIVE) || !(reply_slot->cap.word[0] & CAP_IS_REPLY))
        return false;
    struct endpoint *endpoint = cap_pointer(slot->cap);
    struct reply *reply = cap_pointer(reply_slot->cap);
    struct thread *next = ready_first(cpu);
    if (!next || !can_go_on(next) || endpoint->queue.head_word || reply->thread ||
        !handover_leaves_notification(caller->bound_notification) || !handover_begin(cpu))
        return false;
    caller->state = THREAD_BLOCKED_RECEIVE;
    caller->reply = reply;
    reply->thread = caller;
    block(cpu, &endpoint->queue, ENDPOINT_RECEIVERS, next);
    return true;
}

void fastpath_receive(void)
{
    if (!receive(this_cpu(), this_cpu()->current))
        kernel_syscall_slowly();
}

/* A new slice, and behind its equals. */
static ALWAYS_INLINE bool yield(struct cpu *cpu, struct thread *caller)
{
    struct schedctx *schedctx = caller->schedctx;
    struct thread *next = ready_first(cpu);
    if (!schedctx_is_round_robin(schedctx) || !next || next->priority != caller->priority || !can_go_on(next) ||
        !handover_begin(cpu))
        return false;

    schedctx->consumed += cpu->now - cpu->charged_until;
    cpu->charged_until = cpu->now;
    schedctx->refill[0].amount += schedctx->refill[1].amount;
    schedctx->refill[1].amount = 0;
    ready_rotate(cpu, next, caller);
    sched_switch(next);
    return true;
}

void fastpath_yield(void)
{
    if (!yield(this_cpu(), this_cpu()->current))
        kernel_syscall_slowly();
}
