#include "core/sched.h"

#include "core/fault.h"
#include "core/release_queue.h"
#include "core/system.h"
#include "core/time.h"
#include "lib/assert.h"
#include "object/invocation.h"

#define TIMER_SLACK_US 2
/* Most contexts woken by one interrupt; the timer fires again at once for the rest, so other interrupts get in between. */
#define RELEASE_BATCH 16

struct kernel_times kernel_times;

/* --- ready queues ----------------------------------------------------------------------------------------------- */

static bool is_in_turn(const struct cpu *cpu, unsigned domain)
{
    return CONFIG_NUM_DOMAINS == 1 || domain == cpu->domain;
}

static struct ready_set *ready_set_of(struct cpu *cpu, const struct thread *thread)
{
    return &cpu->ready[CONFIG_NUM_DOMAINS == 1 ? 0 : thread->domain];
}

static uint8_t highest_in(const struct ready_set *set)
{
    if (set->summary == 0)
        return 0;
    unsigned word = 63 - (unsigned)__builtin_clzll(set->summary);
    return (uint8_t)(word * 64 + 63 - (unsigned)__builtin_clzll(set->bitmap[word]));
}

static void mark_ready(struct cpu *cpu, struct ready_set *set, const struct thread *thread)
{
    unsigned priority = thread->priority;
    set->bitmap[priority / 64] |= BIT(priority % 64);
    set->summary |= BIT(priority / 64);
    if (priority > cpu->highest_ready && is_in_turn(cpu, thread->domain))
        cpu->highest_ready = (uint8_t)priority;
}

static void mark_empty(struct cpu *cpu, struct ready_set *set, const struct thread *thread)
{
    unsigned priority = thread->priority;
    set->bitmap[priority / 64] &= ~BIT(priority % 64);
    if (set->bitmap[priority / 64] == 0)
        set->summary &= ~BIT(priority / 64);
    if (priority == cpu->highest_ready && is_in_turn(cpu, thread->domain))
        cpu->highest_ready = highest_in(set);
}

void sched_enqueue_head(struct thread *thread)
{
    struct cpu *cpu = this_cpu();
    struct ready_set *set = ready_set_of(cpu, thread);
    struct ready_queue *queue = &set->queue[thread->priority];
    assert(!thread->in_ready_queue && sched_is_schedulable(thread));
    thread->queue_prev = NULL;
    thread->queue_next = queue->head;
    if (queue->head)
        queue->head->queue_prev = thread;
    else
        queue->tail = thread;
    queue->head = thread;
    thread->in_ready_queue = true;
    mark_ready(cpu, set, thread);
}

void sched_enqueue_tail(struct thread *thread)
{
    struct cpu *cpu = this_cpu();
    struct ready_set *set = ready_set_of(cpu, thread);
    struct ready_queue *queue = &set->queue[thread->priority];
    assert(!thread->in_ready_queue && sched_is_schedulable(thread));
    thread->queue_next = NULL;
    thread->queue_prev = queue->tail;
    if (queue->tail)
        queue->tail->queue_next = thread;
    else
        queue->head = thread;
    queue->tail = thread;
    thread->in_ready_queue = true;
    mark_ready(cpu, set, thread);
}

void sched_take_out(struct thread *thread)
{
    struct cpu *cpu = this_cpu();
    if (cpu->candidate == thread) {
        cpu->candidate = NULL;
        cpu->must_choose = true;
        return;
    }
    struct ready_set *set = ready_set_of(cpu, thread);
    struct ready_queue *queue = &set->queue[thread->priority];
    if (thread->queue_prev)
        thread->queue_prev->queue_next = thread->queue_next;
    else
        queue->head = thread->queue_next;
    if (thread->queue_next)
        thread->queue_next->queue_prev = thread->queue_prev;
    else
        queue->tail = thread->queue_prev;
    thread->queue_next = thread->queue_prev = NULL;
    thread->in_ready_queue = false;
    if (!queue->head)
        mark_empty(cpu, set, thread);
}

/* --- waking ------------------------------------------------------------------------------------------------------ */

void sched_reconsider(void)
{
    struct cpu *cpu = this_cpu();
    if (cpu->candidate)
        sched_enqueue_head(cpu->candidate);
    cpu->candidate = NULL;
    cpu->must_choose = true;
}

void sched_wake(struct thread *thread)
{
    struct cpu *cpu = this_cpu();
    if (!sched_is_schedulable(thread) || thread == cpu->current || thread->in_ready_queue || cpu->candidate == thread)
        return;
    if (CONFIG_NUM_DOMAINS > 1 && thread->domain != cpu->domain) {
        sched_enqueue_head(thread);
    } else if (UNLIKELY(cpu->candidate || cpu->must_choose)) {
        sched_reconsider();
        sched_enqueue_head(thread);
    } else {
        cpu->candidate = thread;
    }
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
    sched_wake(thread);
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
    cpu->timer_stale = true;
    return used;
}

void sched_commit(struct cpu *cpu)
{
    struct schedctx *schedctx = cpu->current_schedctx;
    if (!schedctx || !schedctx_is_configured(schedctx))
        return;
    uint64_t used = take_used(cpu);
    if (LIKELY(schedctx_is_sufficient(schedctx, used)))
        schedctx_charge(schedctx, used);
    else
        schedctx_exhaust(schedctx, used);
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

bool sched_attend(struct cpu *cpu, bool restart)
{
    struct schedctx *schedctx = cpu->current_schedctx;
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
    schedctx_exhaust(schedctx, take_used(cpu));
    end_of_budget(cpu, schedctx, true);
    return false;
}

void sched_yield(struct cpu *cpu)
{
    struct schedctx *schedctx = cpu->current_schedctx;
    uint64_t used = take_used(cpu);
    /* The whole head goes, but only what was really used counts as consumed. */
    uint64_t amount = schedctx_head(schedctx)->amount;
    schedctx_exhaust(schedctx, amount);
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
        cpu->highest_ready = highest_in(&cpu->ready[cpu->domain]);
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

/* The thread that is to run, taken out of its queue; the current one if it stays. */
static struct thread *choose(struct cpu *cpu)
{
    struct thread *thread = cpu->ready[cpu->domain].queue[cpu->highest_ready].head;
    if (!thread)
        return &cpu->idle;
    sched_dequeue(thread);
    return thread;
}

static struct thread *decide(struct cpu *cpu)
{
    struct thread *current = cpu->current;
    struct thread *candidate = cpu->candidate;
    cpu->candidate = NULL;
    cpu->must_choose = false;
    if (sched_is_schedulable(current) && !current->in_ready_queue) {
        if (candidate && current->domain == cpu->domain && candidate->priority == current->priority) {
            sched_enqueue_tail(candidate);
            candidate = NULL;
        }
        sched_enqueue_head(current);
    }
    if (candidate) {
        if (candidate->priority >= cpu->highest_ready)
            return candidate;
        sched_enqueue_head(candidate);
    }
    return choose(cpu);
}

static void switch_schedctx(struct cpu *cpu, struct schedctx *next)
{
    if (next == cpu->current_schedctx)
        return;
    sched_commit(cpu);
    cpu->charged_until = cpu->now;
    cpu->current_schedctx = next;
    cpu->timer_stale = true;
    if (next && !next->is_sporadic)
        schedctx_start(next, cpu->now);
}

/* The earliest moment at which something is due, and until when an entry need not ask. */
static void set_timer(struct cpu *cpu)
{
    uint64_t deadline = UINT64_MAX, quiet_until;
    struct schedctx *running = cpu->current_schedctx;
    cpu->timer_stale = false;
    if (CONFIG_NUM_DOMAINS > 1)
        deadline = cpu->domain_end;
    if (cpu->release_root && schedctx_head(cpu->release_root)->time < deadline)
        deadline = schedctx_head(cpu->release_root)->time;
    quiet_until = deadline;
    if (running) {
        uint64_t end = cpu->charged_until + schedctx_head(running)->amount;
        if (end - kernel_times.timer_slack < deadline)
            deadline = end - kernel_times.timer_slack;
        if (end - kernel_times.minimum_budget < quiet_until)
            quiet_until = end - kernel_times.minimum_budget + 1;
    }
    cpu->quiet_until = quiet_until;
    if (deadline != cpu->armed_deadline || deadline <= cpu->now) {
        cpu->armed_deadline = deadline;
        hal_timer_set(deadline);
    }
}

static NOINLINE struct thread *switch_thread(struct cpu *cpu)
{
    if (domain_has_ended(cpu))
        next_domain_turn(cpu);
    struct thread *from = cpu->current, *to = decide(cpu);
    switch_schedctx(cpu, to->schedctx);
    if (UNLIKELY(to->yield_to != NULL))
        schedctx_complete_yield(to->yield_to); /* it runs again: what the other context consumed is its result */
    if (from != to) {
        cpu->current = to;
        cpu->space_stale = true;
        hal_switch_thread(from, to);
    }
    return to;
}

void sched_leave(struct cpu *cpu)
{
    struct thread *thread = cpu->current;
    if (cpu->candidate || cpu->must_choose || !sched_is_schedulable(thread) || domain_has_ended(cpu))
        thread = switch_thread(cpu);
    assert(thread->schedctx == cpu->current_schedctx);
    if (cpu->timer_stale)
        set_timer(cpu);
    if (thread->state == THREAD_RESTART) {
        context_restart(&thread->context);
        thread->state = THREAD_RUNNING;
    }
    if (cpu->space_stale) {
        cpu->space_stale = false;
        hal_activate_space(thread);
    }
}

void sched_init(struct cpu *cpu)
{
    kernel_times = (struct kernel_times){.ticks_per_us = hal_ticks_per_us(),
                                         .minimum_budget = MINIMUM_BUDGET_US * hal_ticks_per_us(),
                                         .timer_slack = TIMER_SLACK_US * hal_ticks_per_us()};
    cpu->now = hal_time();
    cpu->idle.state = THREAD_IDLE;
    cpu->current = &cpu->idle;
    cpu->must_choose = true;
    set_turn(cpu, system_state.schedule_start);
    cpu->domain = (uint8_t)system_state.schedule[system_state.schedule_start].domain;
    cpu->timer_stale = true;
    cpu->space_stale = true;
}
