#include "object/schedctx.h"

#include "core/captree.h"
#include "core/sched.h"
#include "core/time.h"
#include "object/invocation.h"
#include "object/notification.h"
#include "object/reply.h"
#include "object/thread.h"

/* --- ties ----------------------------------------------------------------------------------------------------------- */

void schedctx_bind_thread(struct schedctx *schedctx, struct thread *thread)
{
    schedctx->thread = thread;
    thread->schedctx = schedctx;
    if (!schedctx_is_configured(schedctx))
        return;
    if (schedctx->is_sporadic && schedctx != this_cpu()->current_schedctx)
        schedctx_start(schedctx, this_cpu()->now);
    sched_resume_schedctx(schedctx);
}

/* The thread that holds the context stops holding it; the caller decides who is next. */
static void take_from_thread(struct schedctx *schedctx)
{
    struct thread *thread = schedctx->thread;
    sched_dequeue(thread);
    sched_unpostpone(schedctx);
    thread->schedctx = NULL;
    schedctx->thread = NULL;
}

void schedctx_unbind_thread(struct schedctx *schedctx)
{
    if (schedctx->thread)
        take_from_thread(schedctx);
}

void schedctx_donate(struct schedctx *schedctx, struct thread *to)
{
    if (schedctx->thread)
        take_from_thread(schedctx);
    schedctx->thread = to;
    to->schedctx = schedctx;
    /* A server that answered and takes the next call at once goes on with another context: that one pays from here. */
    if (to == this_cpu()->current)
        this_cpu()->must_choose = true;
}

void schedctx_bind_notification(struct schedctx *schedctx, struct notification *notification)
{
    schedctx->notification = notification;
    notification->schedctx = schedctx;
}

void schedctx_unbind_notification(struct schedctx *schedctx)
{
    if (!schedctx->notification)
        return;
    schedctx->notification->schedctx = NULL;
    schedctx->notification = NULL;
}

void schedctx_unbind_reply(struct schedctx *schedctx)
{
    struct reply *head = schedctx->reply;
    if (!head)
        return;
    head->schedctx = NULL;
    schedctx->reply = NULL;
}

void schedctx_complete_yield(struct schedctx *schedctx)
{
    struct thread *caller = schedctx->yield_from;
    if (!caller)
        return;
    if (schedctx == this_cpu()->current_schedctx)
        sched_commit(this_cpu());
    uint64_t us = schedctx_report_consumed(schedctx);
    schedctx->yield_from = NULL;
    caller->yield_to = NULL;
    if (!caller->yield_reports)
        return;
    context_set_mr(&caller->context, 0, us);
    context_set_info(&caller->context, 1);
}

void schedctx_destroy(struct schedctx *schedctx)
{
    struct cpu *cpu = this_cpu();
    schedctx_complete_yield(schedctx);
    schedctx_unbind_thread(schedctx);
    schedctx_unbind_notification(schedctx);
    schedctx_unbind_reply(schedctx);
    sched_unpostpone(schedctx);
    if (cpu->current_schedctx == schedctx) {
        cpu->current_schedctx = NULL;
        cpu->timer_stale = true;
    }
    schedctx->refill_max = 0;
    schedctx->is_round_robin = false;
}

/* --- invocations of a scheduling context ----------------------------------------------------------------------------- */

static bool has_ready_budget(struct schedctx *schedctx)
{
    return schedctx_is_configured(schedctx) && schedctx_is_released(schedctx, this_cpu()->now) &&
           schedctx_is_sufficient(schedctx, 0);
}

struct refusal schedctx_check_bind(struct schedctx *schedctx, struct thread *thread)
{
    if (schedctx->thread || thread->schedctx)
        return refuse(ABI_ERROR_ILLEGAL_OPERATION);
    if (thread_is_blocked(thread) && !has_ready_budget(schedctx))
        return refuse(ABI_ERROR_ILLEGAL_OPERATION);
    return NO_REFUSAL;
}

static struct refusal bind(struct invocation *invocation, struct schedctx *schedctx)
{
    if (invocation->extra_count < 1)
        return refuse(ABI_ERROR_TRUNCATED_MESSAGE);
    struct cap cap = invocation_extra_cap(invocation, 0);
    if (cap_type(cap) == ABI_CAP_TYPE_TCB) {
        struct refusal refusal = schedctx_check_bind(schedctx, cap_pointer(cap));
        if (refused(refusal))
            return refusal;
        schedctx_bind_thread(schedctx, cap_pointer(cap));
        return NO_REFUSAL;
    }
    if (cap_type(cap) == ABI_CAP_TYPE_NOTIFICATION) {
        struct notification *notification = cap_pointer(cap);
        if (schedctx->notification || notification->schedctx)
            return refuse(ABI_ERROR_ILLEGAL_OPERATION);
        schedctx_bind_notification(schedctx, notification);
        return NO_REFUSAL;
    }
    return refuse_number(ABI_ERROR_INVALID_CAPABILITY, 1);
}

static struct refusal unbind(struct invocation *invocation, struct schedctx *schedctx)
{
    if (schedctx->thread == invocation->caller)
        return refuse(ABI_ERROR_ILLEGAL_OPERATION);
    schedctx_complete_yield(schedctx);
    schedctx_unbind_thread(schedctx);
    schedctx_unbind_notification(schedctx);
    schedctx_unbind_reply(schedctx);
    return NO_REFUSAL;
}

static struct refusal unbind_object(struct invocation *invocation, struct schedctx *schedctx)
{
    if (invocation->extra_count < 1)
        return refuse(ABI_ERROR_TRUNCATED_MESSAGE);
    struct cap cap = invocation_extra_cap(invocation, 0);
    if (cap_type(cap) == ABI_CAP_TYPE_TCB) {
        if (schedctx->thread != cap_pointer(cap) || schedctx->thread == invocation->caller)
            return refuse(ABI_ERROR_ILLEGAL_OPERATION);
        schedctx_complete_yield(schedctx);
        schedctx_unbind_thread(schedctx);
        return NO_REFUSAL;
    }
    if (cap_type(cap) == ABI_CAP_TYPE_NOTIFICATION) {
        if (schedctx->notification != cap_pointer(cap))
            return refuse(ABI_ERROR_ILLEGAL_OPERATION);
        schedctx_unbind_notification(schedctx);
        return NO_REFUSAL;
    }
    return refuse_number(ABI_ERROR_INVALID_CAPABILITY, 1);
}

static uint64_t report(struct schedctx *schedctx)
{
    if (schedctx == this_cpu()->current_schedctx)
        sched_commit(this_cpu());
    return schedctx_report_consumed(schedctx);
}

static struct refusal yield_to(struct invocation *invocation, struct schedctx *schedctx)
{
    struct thread *caller = invocation->caller, *target = schedctx->thread;
    if (!target || target == caller || target->priority > caller->max_priority)
        return refuse(ABI_ERROR_ILLEGAL_OPERATION);
    schedctx_complete_yield(schedctx);
    if (!sched_is_schedulable(target)) {
        invocation_result(invocation, 0, report(schedctx));
        return NO_REFUSAL;
    }
    sched_dequeue(target);
    if (target->priority < caller->priority || target->domain != caller->domain) {
        sched_enqueue_head(target);
        invocation_result(invocation, 0, report(schedctx));
        return NO_REFUSAL;
    }
    caller->yield_to = schedctx;
    caller->yield_reports = invocation->is_call;
    schedctx->yield_from = caller;
    sched_enqueue_head(caller);
    sched_enqueue_head(target);
    sched_reconsider();
    invocation->has_replied = true;
    if (invocation->is_call)
        context_set_badge(&caller->context, 0);
    return NO_REFUSAL;
}

struct refusal schedctx_invoke(struct invocation *invocation)
{
    struct schedctx *schedctx = cap_pointer(invocation->cap);
    switch (invocation->label) {
    case ABI_LABEL_SCHED_CONTEXT_BIND:
        return bind(invocation, schedctx);
    case ABI_LABEL_SCHED_CONTEXT_UNBIND:
        return unbind(invocation, schedctx);
    case ABI_LABEL_SCHED_CONTEXT_UNBIND_OBJECT:
        return unbind_object(invocation, schedctx);
    case ABI_LABEL_SCHED_CONTEXT_CONSUMED:
        invocation_result(invocation, 0, report(schedctx));
        return NO_REFUSAL;
    case ABI_LABEL_SCHED_CONTEXT_YIELD_TO:
        return yield_to(invocation, schedctx);
    default:
        return refuse(ABI_ERROR_ILLEGAL_OPERATION);
    }
}

/* --- scheduling control ------------------------------------------------------------------------------------------------ */

#define FLAG_SPORADIC 1u

static uint64_t maximum_period_us(void)
{
    return UINT64_MAX / kernel_times.ticks_per_us / 8;
}

struct configuration {
    uint64_t budget, period, badge; /* ticks, ticks, word */
    unsigned refill_max;
    bool is_sporadic;
};

static void configure(struct schedctx *schedctx, const struct configuration *wanted)
{
    struct cpu *cpu = this_cpu();
    struct thread *thread = schedctx->thread;
    if (schedctx == cpu->current_schedctx)
        sched_commit(cpu);
    bool keeps_bandwidth = schedctx_is_configured(schedctx) && thread && thread_is_runnable(thread);
    sched_unpostpone(schedctx);
    if (thread)
        sched_dequeue(thread);
    schedctx->badge = wanted->badge;
    schedctx->is_sporadic = wanted->is_sporadic;
    schedctx_configure(schedctx, wanted->budget, wanted->period, wanted->refill_max, cpu->now, keeps_bandwidth);
    cpu->timer_stale = true;
    if (!thread || !thread_is_runnable(thread))
        return;
    if (!schedctx_is_released(schedctx, cpu->now)) {
        sched_postpone(schedctx);
        sched_reconsider();
    } else {
        sched_wake(thread);
    }
}

static struct refusal configure_flags(struct invocation *invocation)
{
    if (invocation->extra_count < 1 || invocation->length < 5)
        return refuse(ABI_ERROR_TRUNCATED_MESSAGE);
    uint64_t budget_us = invocation_word(invocation, 0), period_us = invocation_word(invocation, 1);
    uint64_t extra_refills = invocation_word(invocation, 2), badge = invocation_word(invocation, 3);
    uint64_t flags = invocation_word(invocation, 4), maximum = maximum_period_us();
    if (budget_us > maximum || period_us > maximum || budget_us < MINIMUM_BUDGET_US || period_us < MINIMUM_BUDGET_US)
        return refuse_range(MINIMUM_BUDGET_US, maximum);
    if (budget_us > period_us)
        return refuse_range(MINIMUM_BUDGET_US, period_us);
    struct cap cap = invocation_extra_cap(invocation, 0);
    if (cap_type(cap) != ABI_CAP_TYPE_SCHED_CONTEXT)
        return refuse_number(ABI_ERROR_INVALID_CAPABILITY, 1);
    unsigned most = schedctx_refills_in(cap_schedctx_size_bits(cap));
    if (extra_refills > most - MINIMUM_REFILLS)
        return refuse_range(0, most - MINIMUM_REFILLS);
    unsigned refills = (unsigned)extra_refills + MINIMUM_REFILLS;
    struct schedctx *schedctx = cap_pointer(cap);
    configure(schedctx, &(struct configuration){.budget = budget_us * kernel_times.ticks_per_us,
                                                .period = period_us * kernel_times.ticks_per_us,
                                                .badge = badge,
                                                .refill_max = refills < MAXIMUM_REFILLS ? refills : MAXIMUM_REFILLS,
                                                .is_sporadic = flags & FLAG_SPORADIC});
    schedctx->core = (uint8_t)invocation->cap.word[1];
    return NO_REFUSAL;
}

struct refusal sched_control_invoke(struct invocation *invocation)
{
    if (invocation->label != ABI_LABEL_SCHED_CONTROL_CONFIGURE_FLAGS)
        return refuse(ABI_ERROR_ILLEGAL_OPERATION);
    return configure_flags(invocation);
}
