#include "object/notification.h"

#include "core/sched.h"
#include "lib/assert.h"
#include "object/endpoint.h"
#include "object/schedctx.h"

/* Gives a passive thread the notification's context if that is free. */
static void lend_schedctx(struct notification *notification, struct thread *thread)
{
    struct schedctx *schedctx = notification->schedctx;
    if (thread->schedctx || !schedctx || schedctx->thread)
        return;
    schedctx_donate(schedctx, thread);
    if (schedctx->is_sporadic && schedctx_is_configured(schedctx) && schedctx != this_cpu()->current_schedctx)
        schedctx_start(schedctx, this_cpu()->now);
}

void notification_take_back_schedctx(struct notification *notification, struct thread *thread)
{
    struct schedctx *schedctx = notification->schedctx;
    if (!schedctx || schedctx->thread != thread)
        return;
    sched_dequeue(thread);
    sched_unpostpone(schedctx);
    schedctx->thread = NULL;
    thread->schedctx = NULL;
}

static void wake_with(struct notification *notification, struct thread *thread, uint64_t word)
{
    context_set_badge(&thread->context, word);
    thread->state = THREAD_RUNNING;
    lend_schedctx(notification, thread);
    sched_unblock(thread);
}

void notification_signal(struct notification *notification, uint64_t badge)
{
    struct thread *waiter = wait_queue_first(&notification->waiting), *bound = notification->bound_thread;
    if (waiter) {
        wait_queue_remove(&notification->waiting, waiter);
        wake_with(notification, waiter, badge);
    } else if (!notification->is_active && bound && bound->state == THREAD_BLOCKED_RECEIVE) {
        endpoint_withdraw(bound->blocking_object, bound);
        wake_with(notification, bound, badge);
    } else {
        notification->word = notification->is_active ? notification->word | badge : badge;
        notification->is_active = true;
    }
}

bool notification_take(struct notification *notification, struct thread *thread)
{
    if (!notification->is_active)
        return false;
    notification->is_active = false;
    context_set_badge(&thread->context, notification->word);
    lend_schedctx(notification, thread);
    if (thread->schedctx && thread->schedctx == notification->schedctx)
        sched_resume_schedctx(thread->schedctx);
    return true;
}

void notification_wait(struct notification *notification, struct thread *thread, bool blocks)
{
    if (notification_take(notification, thread))
        return;
    if (!blocks) {
        context_set_badge(&thread->context, 0);
        return;
    }
    thread->state = THREAD_BLOCKED_NOTIFICATION;
    thread->blocking_object = notification;
    sched_dequeue(thread);
    notification_take_back_schedctx(notification, thread);
    wait_queue_insert(&notification->waiting, thread, NOTIFICATION_WAITING);
}

void notification_withdraw(struct notification *notification, struct thread *thread)
{
    wait_queue_remove(&notification->waiting, thread);
}

bool notification_cancel_one(struct notification *notification, struct preemption *preemption)
{
    struct thread *first = wait_queue_first(&notification->waiting);
    if (!first)
        return false;
    notification_withdraw(notification, first);
    first->state = THREAD_RESTART;
    sched_unblock_in(preemption, first);
    return true;
}

void notification_bind(struct notification *notification, struct thread *thread)
{
    notification->bound_thread = thread;
    thread->bound_notification = notification;
}

void notification_unbind(struct thread *thread)
{
    if (!thread->bound_notification)
        return;
    thread->bound_notification->bound_thread = NULL;
    thread->bound_notification = NULL;
}

void notification_destroy(struct notification *notification)
{
    assert(!wait_queue_first(&notification->waiting));
    if (notification->bound_thread)
        notification_unbind(notification->bound_thread);
    if (notification->schedctx)
        schedctx_unbind_notification(notification->schedctx);
}
