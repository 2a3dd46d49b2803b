#include "core/fastpath.h"

#include "abi/config.h"
#include "abi/fault.h"
#include "core/lookup.h"
#include "core/message.h"
#include "core/sched.h"
#include "object/endpoint.h"
#include "object/notification.h"
#include "object/reply.h"
#include "object/schedctx.h"

/* Length and number of capabilities of an info word, together at most this: up to four words and no capability. */
#define INFO_SHORT_MASK 0x1ffu

static bool is_short(uint64_t info)
{
    return (info & INFO_SHORT_MASK) <= ABI_MESSAGE_REGISTERS;
}

/* The endpoint of a capability that `allows` (CAP_MAY_CALL, CAP_MAY_RECEIVE) something; null: of another. */
static struct endpoint *endpoint_with(struct cap cap, uint64_t allows)
{
    return cap.word[0] & allows ? cap_pointer(cap) : NULL;
}

/* `thread`, woken while the current thread blocks, would run next: no ready thread outranks it. */
static bool runs_next(const struct cpu *cpu, const struct thread *thread)
{
    if (CONFIG_NUM_DOMAINS > 1 && thread->domain != cpu->domain)
        return false;
    return thread->priority >= cpu->highest_ready;
}

/* A message of at most four words: registers, info, badge. */
static void copy_message(const struct thread *from, struct thread *to, uint64_t info, uint64_t badge)
{
    unsigned length = info & INFO_SHORT_MASK;
    if (length) {
        for (unsigned i = 0; i < length; i++)
            context_set_mr(&to->context, i, context_mr(&from->context, i));
    }
    context_set_info(&to->context,
                     info & ~(uint64_t)(ABI_MESSAGE_CAPS_UNWRAPPED_MASK << ABI_MESSAGE_CAPS_UNWRAPPED_SHIFT));
    context_set_badge(&to->context, badge);
}

/* Leaves `from`, which has blocked, for `to`, which runs on the same context: neither queue nor timer is concerned. */
static void switch_directly(struct cpu *cpu, struct thread *from, struct thread *to)
{
    cpu->current = to;
    hal_switch_thread(from, to);
    hal_activate_space(to);
}

bool fastpath_call(struct cpu *cpu, struct thread *caller)
{
    uint64_t info = context_info(&caller->context);
    struct cap_slot *slot = lookup_in_root(caller, context_cap(&caller->context));
    if (!CONFIG_FASTPATH || !is_short(info) || !slot)
        return false;
    struct endpoint *endpoint = endpoint_with(slot->cap, CAP_MAY_CALL);
    if (!endpoint || wait_queue_state(&endpoint->queue) != ENDPOINT_RECEIVERS)
        return false;
    struct thread *receiver = wait_queue_first(&endpoint->queue);
    struct reply *reply = receiver->reply;
    if (receiver->schedctx || !reply || !runs_next(cpu, receiver))
        return false;
    uint64_t now = hal_time();
    if (now >= cpu->quiet_until)
        return false;

    cpu->now = now;
    wait_queue_remove(&endpoint->queue, receiver);
    copy_message(caller, receiver, info, cap_badge(slot->cap));

    /* The caller waits at the reply object, its context goes along. */
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
    switch_directly(cpu, caller, receiver);
    return true;
}

/* The bound notification concerns a receive only when it has a signal or a context of its own. */
static bool notification_concerns(const struct notification *notification)
{
    return notification && (notification->is_active || notification->schedctx);
}

bool fastpath_reply_recv(struct cpu *cpu, struct thread *server)
{
    uint64_t info = context_info(&server->context);
    struct cap_slot *slot = lookup_in_root(server, context_cap(&server->context));
    struct cap_slot *reply_slot = lookup_in_root(server, context_reply_cap(&server->context));
    if (!CONFIG_FASTPATH || !is_short(info) || !slot || !reply_slot)
        return false;
    struct endpoint *endpoint = endpoint_with(slot->cap, CAP_MAY_RECEIVE);
    if (!endpoint || wait_queue_state(&endpoint->queue) == ENDPOINT_SENDERS ||
        !(reply_slot->cap.word[0] & CAP_IS_REPLY))
        return false;
    struct reply *reply = cap_pointer(reply_slot->cap);
    struct schedctx *schedctx = server->schedctx;
    struct thread *caller = reply->thread;
    /* The head of the chain of the context that runs: its thread waits for this answer. */
    if (reply->schedctx != schedctx || caller->schedctx || caller->fault.type != ABI_FAULT_NULL ||
        notification_concerns(server->bound_notification) || !runs_next(cpu, caller))
        return false;
    uint64_t now = hal_time();
    if (now >= cpu->quiet_until)
        return false;

    cpu->now = now;
    copy_message(server, caller, info, 0);

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
    wait_queue_insert(&endpoint->queue, server, ENDPOINT_RECEIVERS);
    switch_directly(cpu, server, caller);
    return true;
}
