#include "object/endpoint.h"

#include "core/fault.h"
#include "core/message.h"
#include "core/preempt.h"
#include "core/sched.h"
#include "lib/assert.h"
#include "object/notification.h"
#include "object/reply.h"
#include "object/schedctx.h"

static void block_sender(struct endpoint *endpoint, struct cap cap, struct thread *sender, unsigned how)
{
    sender->state = THREAD_BLOCKED_SEND;
    sender->blocking_object = endpoint;
    sender->send_badge = cap_badge(cap);
    sender->send_can_grant = cap_allows(cap, RIGHT_GRANT);
    sender->send_can_grant_reply = cap_allows(cap, RIGHT_GRANT_REPLY);
    sender->send_is_call = how & SEND_CALLS;
    sched_dequeue(sender);
    wait_queue_insert(&endpoint->queue, sender, ENDPOINT_SENDERS);
}

/* After a delivered Call or fault: the sender waits at the receiver's reply object, or for ever. */
static void await_answer(struct thread *sender, struct thread *receiver, struct reply *reply, bool can_be_answered,
                         bool may_donate)
{
    sched_dequeue(sender);
    if (LIKELY(reply && can_be_answered)) {
        reply_push(reply, sender, receiver, may_donate);
    } else {
        sender->state = THREAD_INACTIVE;
        sender->fault.type = ABI_FAULT_NULL;
    }
}

void endpoint_send(struct cap cap, struct thread *sender, unsigned how, const struct extra_caps *extra)
{
    struct endpoint *endpoint = cap_pointer(cap);
    if (wait_queue_state(&endpoint->queue) != ENDPOINT_RECEIVERS) {
        if (how & SEND_BLOCKS)
            block_sender(endpoint, cap, sender, how);
        return;
    }
    struct thread *receiver = wait_queue_first(&endpoint->queue);
    wait_queue_remove(&endpoint->queue, receiver);
    message_transfer(sender, receiver, cap_badge(cap), cap_allows(cap, RIGHT_GRANT), endpoint, extra);
    struct reply *reply = receiver->reply;
    if (reply)
        reply_release(reply);
    receiver->state = THREAD_RUNNING;
    if (how & SEND_CALLS)
        await_answer(sender, receiver, reply, cap_allows(cap, RIGHT_GRANT | RIGHT_GRANT_REPLY), how & SEND_DONATES);
    else if (how & SEND_DONATES && !receiver->schedctx && sender->schedctx)
        schedctx_donate(sender->schedctx, receiver);
    sched_unblock(receiver);
}

static void receive_from(struct endpoint *endpoint, struct thread *sender, struct thread *receiver, struct reply *reply)
{
    wait_queue_remove(&endpoint->queue, sender);
    bool is_fault = sender->fault.type != ABI_FAULT_NULL;
    message_transfer(sender, receiver, sender->send_badge, sender->send_can_grant, endpoint, NULL);
    if (sender->send_is_call || is_fault) {
        bool was_passive = !receiver->schedctx;
        await_answer(sender, receiver, reply, sender->send_can_grant || sender->send_can_grant_reply,
                     sender->fault.type != ABI_FAULT_TIMEOUT);
        /* A context that was just lent may have to wait for its next refill. */
        if (was_passive)
            sched_unblock(receiver);
    } else {
        sender->state = THREAD_RUNNING;
        sched_unblock(sender);
    }
}

void endpoint_receive(struct endpoint *endpoint, struct thread *receiver, struct reply *reply, bool blocks)
{
    if (reply)
        reply_claim(reply, receiver);
    if (receiver->bound_notification && notification_take(receiver->bound_notification, receiver))
        return;
    if (wait_queue_state(&endpoint->queue) == ENDPOINT_SENDERS) {
        receive_from(endpoint, wait_queue_first(&endpoint->queue), receiver, reply);
        return;
    }
    if (!blocks) {
        context_set_badge(&receiver->context, 0);
        return;
    }
    receiver->state = THREAD_BLOCKED_RECEIVE;
    receiver->blocking_object = endpoint;
    receiver->reply = reply;
    if (reply)
        reply->thread = receiver;
    sched_dequeue(receiver);
    if (receiver->bound_notification)
        notification_take_back_schedctx(receiver->bound_notification, receiver);
    wait_queue_insert(&endpoint->queue, receiver, ENDPOINT_RECEIVERS);
}

void endpoint_withdraw(struct endpoint *endpoint, struct thread *thread)
{
    wait_queue_remove(&endpoint->queue, thread);
    if (thread->state == THREAD_BLOCKED_RECEIVE && thread->reply)
        reply_release(thread->reply);
}

/* The thread's call is issued again; a thread blocked with a fault message stops. */
static void let_go(struct endpoint *endpoint, struct thread *thread, struct preemption *preemption)
{
    endpoint_withdraw(endpoint, thread);
    if (thread->fault.type != ABI_FAULT_NULL) {
        thread->fault.type = ABI_FAULT_NULL;
        thread->state = THREAD_INACTIVE;
        return;
    }
    thread->state = THREAD_RESTART;
    sched_unblock_in(preemption, thread);
}

bool endpoint_cancel_one(struct endpoint *endpoint, struct preemption *preemption)
{
    struct thread *first = wait_queue_first(&endpoint->queue);
    if (!first)
        return false;
    let_go(endpoint, first, preemption);
    return true;
}

/* Walks on from the cursor to the end for the badge the walk was begun with. */
static struct refusal finish_walk(struct endpoint *endpoint, struct preemption *preemption)
{
    struct wait_queue *queue = &endpoint->queue;
    while (queue->cursor) {
        struct thread *thread = queue->cursor;
        uint64_t badge = thread->cancel_badge;
        if (thread->send_badge == badge) {
            let_go(endpoint, thread, preemption); /* moves the cursor on */
        } else {
            queue->cursor = wait_queue_next(queue, thread);
            if (queue->cursor)
                queue->cursor->cancel_badge = badge;
        }
        if (queue->cursor && preempt_due(preemption))
            return PREEMPTED;
    }
    return NO_REFUSAL;
}

struct refusal endpoint_cancel_badged(struct endpoint *endpoint, uint64_t badge, uint32_t *progress)
{
    struct wait_queue *queue = &endpoint->queue;
    struct preemption preemption = {0};
    if (wait_queue_state(queue) != ENDPOINT_SENDERS)
        return NO_REFUSAL;
    bool is_ours = queue->cursor && queue->cursor->cancel_badge == badge;
    /* Begun before, and not there any more: another caller has finished our walk before its own. */
    if (*progress && !is_ours)
        return NO_REFUSAL;
    /* A walk that another caller began, for another badge, is finished for it first: both make progress. */
    struct refusal refusal = finish_walk(endpoint, &preemption);
    if (refused(refusal) || is_ours || wait_queue_state(queue) != ENDPOINT_SENDERS)
        return refusal;
    *progress = 1;
    queue->cursor = wait_queue_first(queue);
    queue->cursor->cancel_badge = badge;
    return finish_walk(endpoint, &preemption);
}
