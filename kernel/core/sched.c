#include "core/sched.h"

#include "core/fault.h"
#include "core/ready_queue.h"
#include "core/release_queue.h"
#include "core/system.h"
#include "core/time.h"
#include "hal/switch.h"
#include "lib/assert.h"
#include "object/invocation.h"

#define TIMER_SLACK_US 2
/* Most contexts woken by one interrupt; the timer fires again at once for the rest, so other interrupts get in between. */
#define RELEASE_BATCH 16

struct kernel_times kernel_times;

/* --- ready queues ----------------------------------------------------------------------------------------------- */

NOINLINE void sched_enqueue_head(struct thread *thread)
{
    assert(!thread->in_ready_queue && sched_is_schedulable(thread));
    ready_insert_head(this_cpu(), thread);
}

NOINLINE void sched_enqueue_tail(struct thread *thread)
{
    assert(!thread->in_ready_queue && sched_is_schedulable(thread));
    ready_insert_tail(this_cpu(), thread);
}

NOINLINE void sched_take_out(struct thread *thread)
{
    struct cpu *cpu = this_cpu();
    if (cpu->candidate == thread) {
        cpu->candidate = NULL;
        cpu->must_choose = true;
        return;
    }
    ready_remove(cpu, thread);
}

/* --- waking ------------------------------------------------------------------------------------------------------ */

NOINLINE void sched_reconsider(void)
{
    struct cpu *cpu = this_cpu();
    if (cpu->candidate)
        sched_enqueue_head(cpu->candidate);
    cpu->candidate = NULL;
    cpu->must_choose = true;
}

/* A thread that is schedulable runs at once if it beats the current one. */
static ALWAYS_INLINE void wake(struct cpu *cpu, struct thread *thread)
{
    if (thread == cpu->current || thread->in_ready_queue)
        return;
    if (!ready_is_in_turn(cpu, thread)) {
        sched_enqueue_head(thread);
    } else if (LIKELY(!cpu->candidate && !cpu->must_choose)) {
        cpu->candidate = thread;
    } else if (cpu->candidate != thread) {
        sched_reconsider();
        sched_enqueue_head(thread);
    }
}

void sched_wake(struct thread *thread)
{
    if (sched_is_schedulable(thread))
        wake(this_cpu(), thread);
}

void sched_resume_schedctx(struct schedctx *schedctx)
{
    struct thread *thread = schedctx->thread;
    struct cpu *cpu = this_cpu();
    if (!thread || !schedctx_is_configured(schedctx) || schedctx->in_release_queue || !thread_is_runnable(thread))
        return;
    if (schedctx == cpu->current_schedctx || schedctx_is_released(schedctx, cpu->now))
        sched_wake(thread);
    else
        sched_postpone(schedctx);
}

void sched_unblock(struct thread *thread)
{
    struct schedctx *schedctx = thread->schedctx;
    struct cpu *cpu = this_cpu();
    if (!schedctx || !schedctx_is_configured(schedctx) || schedctx->in_release_queue || !thread_is_runnable(thread))
        return;
    if (schedctx != cpu->current_schedctx) {
        if (schedctx->is_sporadic)
            schedctx_start(schedctx, cpu->now);
        if (!schedctx_is_released(schedctx, cpu->now)) {
            sched_postpone(schedctx);
            return;
        }
    }
    wake(cpu, thread);
}

/* --- waiting for refills ------------------------------------------------------------------------------------------ */

void sched_postpone(struct schedctx *schedctx)
{
    struct cpu *cpu = this_cpu();
    if (schedctx->thread)
        sched_dequeue(schedctx->thread);
    release_queue_insert(&cpu->release_root, schedctx);
    cpu->timer_stale = true;
}

void sched_take_out_schedctx(struct schedctx *schedctx)
{
    struct cpu *cpu = this_cpu();
    release_queue_remove(&cpu->release_root, schedctx);
    cpu->timer_stale = true;
}

static void wake_released(struct cpu *cpu)
{
    for (unsigned i = 0; i < RELEASE_BATCH; i++) {
        struct schedctx *first = cpu->release_root;
        if (!first || !schedctx_is_released(first, cpu->now))
            return;
        sched_unpostpone(first);
        if (first->thread)
            sched_wake(first->thread);
    }
}

/* --- charging ------------------------------------------------------------------------------------------------------ */

static uint64_t take_used(struct cpu *cpu)
{
    uint64_t used = cpu->now - cpu->charged_until;
    cpu->charged_until = cpu->now;
    return used;
}

/* The current context's head ends. */
static NOINLINE void exhaust(struct cpu *cpu, uint64_t used)
{
    cpu->timer_stale = true;
    schedctx_exhaust(cpu->current_schedctx, used);
}

/* What was used is charged to the current, configured context; normally the end of its head stays where it is. */
static ALWAYS_INLINE void charge(struct cpu *cpu, struct schedctx *schedctx)
{
    uint64_t used = take_used(cpu);
    if (LIKELY(schedctx_is_sufficient(schedctx, used)))
        schedctx_charge(schedctx, used);
    else
        exhaust(cpu, used);
}

void sched_commit(struct cpu *cpu)
{
    struct schedctx *schedctx = cpu->current_schedctx;
    if (schedctx && schedctx_is_configured(schedctx))
        charge(cpu, schedctx);
}

/* The head is used up: what its thread does now. */
static void end_of_budget(struct cpu *cpu, struct schedctx *schedctx, bool may_fault)
{
    struct thread *thread = cpu->current;
    if (!sched_is_schedulable(thread) || thread->schedctx != schedctx)
        return;
    if (!schedctx_is_round_robin(schedctx) && may_fault && fault_has_timeout_handler(thread)) {
        fault_raise_timeout(thread, schedctx);
        sched_reconsider();
        return;
    }
    if (schedctx_is_round_robin(schedctx) || schedctx_is_released(schedctx, cpu->now)) {
        /* Behind its equals: while it still counts as current it stands in no queue, so it is put there now. */
        sched_enqueue_tail(thread);
    } else {
        sched_postpone(schedctx);
    }
    sched_reconsider();
}

static bool domain_has_ended(const struct cpu *cpu)
{
    return CONFIG_NUM_DOMAINS > 1 && cpu->now >= cpu->domain_end;
}

bool sched_attend(struct cpu *cpu, uint32_t reason, uint32_t id)
{
    struct schedctx *schedctx = cpu->current_schedctx;
    bool restart = reason <= ABI_TRACE_FAULT; /* what the thread itself has done, and does again */
    if (UNLIKELY(cpu->trace.capacity != 0))
        trace_enter(cpu, reason, id);
    cpu->timer_stale = true;
    wake_released(cpu);
    if (!schedctx)
        return true;
    bool is_sufficient = schedctx_is_sufficient(schedctx, cpu->now - cpu->charged_until);
    if (is_sufficient && !domain_has_ended(cpu))
        return true;
    if (restart && thread_is_runnable(cpu->current))
        cpu->current->state = THREAD_RESTART;
    if (is_sufficient) {
        /* Only the turn is over: the call is issued again in the next one. */
        sched_commit(cpu);
        sched_reconsider();
        return false;
    }
    exhaust(cpu, take_used(cpu));
    end_of_budget(cpu, schedctx, true);
    return false;
}

void sched_yield(struct cpu *cpu)
{
    struct schedctx *schedctx = cpu->current_schedctx;
    uint64_t used = take_used(cpu);
    /* The whole head goes, but only what was really used counts as consumed. */
    uint64_t amount = schedctx_head(schedctx)->amount;
    exhaust(cpu, amount);
    schedctx->consumed -= amount - used;
    end_of_budget(cpu, schedctx, false);
}

/* --- domains ------------------------------------------------------------------------------------------------------ */

static void set_turn(struct cpu *cpu, unsigned index)
{
    system_state.schedule_index = index;
    cpu->domain_end = cpu->now + system_state.schedule[index].duration;
}

void sched_start_domain_turn(struct cpu *cpu, unsigned index)
{
    set_turn(cpu, index);
    cpu->timer_stale = true;
    if (cpu->domain != system_state.schedule[index].domain) {
        sched_reconsider();
        if (sched_is_schedulable(cpu->current) && !cpu->current->in_ready_queue)
            sched_enqueue_head(cpu->current);
        cpu->domain = (uint8_t)system_state.schedule[index].domain;
        cpu->highest_ready = ready_highest(&cpu->ready[cpu->domain], PRIORITY_COUNT / 64 - 1);
    }
}

static void next_domain_turn(struct cpu *cpu)
{
    unsigned next = system_state.schedule_index + 1;
    if (next >= DOMAIN_SCHEDULE_LENGTH || system_state.schedule[next].duration == 0)
        next = system_state.schedule_start;
    sched_start_domain_turn(cpu, next);
}

/* --- entry and exit ------------------------------------------------------------------------------------------------ */

/*
 * The moment from which an entry must look at what is due, and the timer for it: never later than the deadline, and left alone
 * while it is set to an earlier moment. The interrupt then comes early and sets it anew. It is never set to later than `due`.
 */
static ALWAYS_INLINE void watch(struct cpu *cpu, uint64_t quiet_until, uint64_t deadline)
{
    cpu->quiet_until = quiet_until < cpu->due ? quiet_until : cpu->due;
    if (UNLIKELY(deadline < cpu->armed_deadline)) {
        cpu->armed_deadline = deadline;
        hal_timer_set(deadline);
    }
}

/* While a context runs whose head ends at `end`. */
static ALWAYS_INLINE void watch_budget(struct cpu *cpu, uint64_t end)
{
    watch(cpu, end - kernel_times.minimum_budget + 1, end - kernel_times.timer_slack);
}

/* What was left open while the entry was handled. */
static NOINLINE void tie_up(struct cpu *cpu)
{
    if (cpu->timer_stale) {
        uint64_t end = UINT64_MAX; /* never, while nothing runs */
        cpu->due = CONFIG_NUM_DOMAINS > 1 ? cpu->domain_end : UINT64_MAX;
        if (cpu->release_root && schedctx_head(cpu->release_root)->time < cpu->due)
            cpu->due = schedctx_head(cpu->release_root)->time;
        if (cpu->current_schedctx)
            end = cpu->charged_until + schedctx_head(cpu->current_schedctx)->amount;
        watch(cpu, end - kernel_times.minimum_budget + 1,
              end - kernel_times.timer_slack < cpu->due ? end - kernel_times.timer_slack : cpu->due);
        if (UNLIKELY(cpu->trace.capacity != 0))
            trace_leave(cpu);
    }
    if (cpu->space_stale)
        hal_activate_space(cpu->current);
    cpu->loose_ends = 0;
}

/* The first ready thread of the domain whose turn it is, out of its queue; the idle thread if there is none. */
static NOINLINE struct thread *take_first(struct cpu *cpu)
{
    struct thread *first = ready_first(cpu);
    if (UNLIKELY(!first))
        return &cpu->idle;
    ready_remove_first(cpu, first);
    return first;
}

/* More has changed than a candidate tells: through the queues. */
static NOINLINE struct thread *choose(struct cpu *cpu, bool can_go_on)
{
    struct thread *current = cpu->current, *candidate = cpu->candidate;
    cpu->candidate = NULL;
    cpu->must_choose = false;
    if (can_go_on) {
        if (candidate && current->domain == cpu->domain && candidate->priority == current->priority) {
            sched_enqueue_tail(candidate);
            candidate = NULL;
        }
        sched_enqueue_head(current);
    }
    if (candidate)
        sched_enqueue_head(candidate);
    return take_first(cpu);
}

/* Who runs next; out of all queues. */
static ALWAYS_INLINE struct thread *decide(struct cpu *cpu, bool is_schedulable)
{
    struct thread *current = cpu->current, *candidate = cpu->candidate;
    if (UNLIKELY(cpu->must_choose))
        return choose(cpu, is_schedulable && !current->in_ready_queue);
    cpu->candidate = NULL;
    if (!is_schedulable) {
        if (!candidate)
            return take_first(cpu);
        if (candidate->priority >= cpu->highest_ready)
            return candidate;
        sched_enqueue_head(candidate);
        return take_first(cpu);
    }
    /* No ready thread outranks the current one: it is between the two. */
    if (!candidate)
        return current;
    if (candidate->priority > current->priority) {
        sched_enqueue_head(current);
        return candidate;
    }
    if (candidate->priority == current->priority)
        sched_enqueue_tail(candidate);
    else
        sched_enqueue_head(candidate);
    return current;
}

/* `next` pays from now on, which has its time. */
static ALWAYS_INLINE uint64_t start_schedctx(struct cpu *cpu, struct schedctx *next)
{
    cpu->charged_until = cpu->now;
    cpu->current_schedctx = next;
    if (LIKELY(schedctx_is_round_robin(next)))
        return cpu->now + next->refill[0].amount;
    if (!next->is_sporadic)
        schedctx_start(next, cpu->now);
    return cpu->now + schedctx_head(next)->amount;
}

static ALWAYS_INLINE void switch_thread(struct cpu *cpu, struct thread *to)
{
    struct thread *from = cpu->current;
    cpu->current = to;
    hal_switch_thread(from, to);
    hal_activate_space(to);
}

void sched_switch(struct thread *to)
{
    struct cpu *cpu = this_cpu();
    schedctx_charge(cpu->current_schedctx, cpu->now - cpu->charged_until);
    watch_budget(cpu, start_schedctx(cpu, to->schedctx));
    switch_thread(cpu, to);
}

static void switch_schedctx(struct cpu *cpu, struct schedctx *next)
{
    if (next == cpu->current_schedctx)
        return;
    if (cpu->current_schedctx)
        charge(cpu, cpu->current_schedctx);
    uint64_t end = 0;
    if (next)
        end = start_schedctx(cpu, next);
    else
        cpu->current_schedctx = NULL;
    if (cpu->timer_stale)
        return;
    if (next)
        watch_budget(cpu, end);
    else
        watch(cpu, UINT64_MAX, UINT64_MAX);
}

void sched_leave(struct cpu *cpu)
{
    struct thread *thread = cpu->current;
    bool is_schedulable = sched_is_schedulable(thread);
    if (cpu->candidate || !is_schedulable || cpu->must_choose || domain_has_ended(cpu)) {
        if (domain_has_ended(cpu))
            next_domain_turn(cpu);
        struct thread *next = decide(cpu, is_schedulable);
        switch_schedctx(cpu, next->schedctx);
        if (next != thread)
            switch_thread(cpu, next);
        thread = next;
        if (UNLIKELY(thread->yield_to != NULL))
            schedctx_complete_yield(
                thread->yield_to); /* it runs again: what the other context consumed is its result */
    }
    assert(thread->schedctx == cpu->current_schedctx);
    if (UNLIKELY(cpu->loose_ends != 0))
        tie_up(cpu);
    if (UNLIKELY(thread->state == THREAD_RESTART)) {
        context_restart(&thread->context);
        thread->state = THREAD_RUNNING;
    }
}

void sched_init(struct cpu *cpu)
{
    kernel_times = (struct kernel_times){.ticks_per_us = hal_ticks_per_us(),
                                         .minimum_budget = MINIMUM_BUDGET_US * hal_ticks_per_us(),
                                         .timer_slack = TIMER_SLACK_US * hal_ticks_per_us()};
    cpu->now = hal_time();
    cpu->armed_deadline = UINT64_MAX;
    cpu->idle.state = THREAD_IDLE;
    cpu->idle.flags = (uint64_t)ABI_TRACE_ID_IDLE << ABI_TRACE_ID_SHIFT;
    cpu->current = &cpu->idle;
    cpu->must_choose = true;
    set_turn(cpu, system_state.schedule_start);
    cpu->domain = (uint8_t)system_state.schedule[system_state.schedule_start].domain;
    cpu->timer_stale = true;
    cpu->space_stale = true;
}
