#include "object/reply.h"

#include "core/fault.h"
#include "core/message.h"
#include "core/sched.h"
#include "lib/assert.h"
#include "object/schedctx.h"

void reply_claim(struct reply *reply, struct thread *receiver)
{
    struct thread *user = reply->thread;
    if (!user || user == receiver)
        return;
    /* Somebody else blocks with it: that is over, and the thread stops. */
    thread_cancel_ipc(user);
    user->state = THREAD_INACTIVE;
}

void reply_push(struct reply *reply, struct thread *caller, struct thread *callee, bool may_donate)
{
    struct schedctx *schedctx = caller->schedctx;
    assert(!reply->thread && !reply->older && !reply->newer && !reply->schedctx);
    reply->thread = caller;
    caller->reply = reply;
    caller->state = THREAD_BLOCKED_REPLY;
    if (!may_donate || !schedctx || callee->schedctx)
        return;
    reply->older = schedctx->reply;
    if (reply->older) {
        reply->older->newer = reply;
        reply->older->schedctx = NULL;
    }
    reply->schedctx = schedctx;
    schedctx->reply = reply;
    schedctx_donate(schedctx, callee);
}

/* Takes a reply that is not the head out: the chain is cut on both sides. */
static void cut(struct reply *reply)
{
    if (reply->newer)
        reply->newer->older = NULL;
    if (reply->older)
        reply->older->newer = NULL;
    reply->older = reply->newer = NULL;
}

void reply_pop(struct reply *reply)
{
    struct thread *caller = reply->thread;
    struct schedctx *schedctx = reply->schedctx;
    reply_release(reply);
    if (!schedctx) {
        cut(reply);
        return;
    }
    schedctx->reply = reply->older;
    if (reply->older) {
        reply->older->newer = NULL;
        reply->older->schedctx = schedctx;
    }
    reply->older = NULL;
    reply->schedctx = NULL;
    if (!caller->schedctx)
        schedctx_donate(schedctx, caller);
}

void reply_abandon(struct reply *reply)
{
    reply_release(reply);
    if (reply->schedctx)
        schedctx_unbind_reply(reply->schedctx);
    cut(reply);
}

void reply_send(struct reply *reply, struct thread *sender, bool can_grant, const struct extra_caps *extra)
{
    struct thread *caller = reply->thread;
    if (!caller || caller->state != THREAD_BLOCKED_REPLY)
        return;
    reply_pop(reply);
    uint32_t fault_type = caller->fault.type;
    if (fault_type == ABI_FAULT_NULL) {
        message_transfer(sender, caller, 0, can_grant, NULL, extra);
        caller->state = THREAD_RUNNING;
    } else {
        fault_take_reply(caller, sender);
        caller->state = fault_goes_on(fault_type, context_info(&sender->context)) ? THREAD_RESTART : THREAD_INACTIVE;
    }
    struct schedctx *schedctx = caller->schedctx;
    if (!schedctx || !thread_is_runnable(caller))
        return;
    struct cpu *cpu = this_cpu();
    if (fault_type != ABI_FAULT_TIMEOUT && schedctx_is_configured(schedctx) && !schedctx_is_round_robin(schedctx) &&
        schedctx != cpu->current_schedctx && !schedctx_is_released(schedctx, cpu->now) &&
        fault_has_timeout_handler(caller)) {
        sched_unpostpone(schedctx);
        fault_raise_timeout(caller, schedctx);
        return;
    }
    sched_unblock(caller);
}

void reply_destroy(struct reply *reply)
{
    struct thread *thread = reply->thread;
    if (!thread)
        return;
    if (thread->state == THREAD_BLOCKED_REPLY) {
        reply_pop(reply);
        thread->fault.type = ABI_FAULT_NULL;
    } else {
        thread_cancel_ipc(thread);
    }
    thread->state = THREAD_INACTIVE;
}
