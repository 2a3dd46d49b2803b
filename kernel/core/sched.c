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

/* The highest priority with a ready thread, looked for from word `word` of the bitmap on down; 0: there is none. */
static uint8_t highest_from(const struct ready_set *set, unsigned word)
{
    while (set->bitmap[word] == 0)
        if (word-- == 0)
            return 0;
    return (uint8_t)(word * 64 + 63 - (unsigned)__builtin_clzll(set->bitmap[word]));
}

/* The queue of the thread's priority, which was empty, has got this thread. */
static void mark_ready(struct cpu *cpu, struct ready_set *set, const struct thread *thread)
{
    unsigned priority = thread->priority;
    set->bitmap[priority / 64] |= BIT(priority % 64);
    if (priority > cpu->highest_ready && is_in_turn(cpu, thread->domain))
        cpu->highest_ready = (uint8_t)priority;
}

/* The queue of the thread's priority has become empty. */
static void mark_empty(struct cpu *cpu, struct ready_set *set, const struct thread *thread)
{
    unsigned priority = thread->priority;
    set->bitmap[priority / 64] &= ~BIT(priority % 64);
    if (priority == cpu->highest_ready && is_in_turn(cpu, thread->domain))
        cpu->highest_ready = highest_from(set, priority / 64);
}

void sched_enqueue_head(struct thread *thread)
{
    struct cpu *cpu = this_cpu();
    struct ready_set *set = ready_set_of(cpu, thread);
    struct ready_queue *queue = &set->queue[thread->priority];
    assert(!thread->in_ready_queue && sched_is_schedulable(thread));
    thread->queue_prev = NULL;
    thread->queue_next = queue->head;
    thread->in_ready_queue = true;
    if (queue->head) {
        queue->head->queue_prev = thread;
    } else {
        queue->tail = thread;
        mark_ready(cpu, set, thread);
    }
    queue->head = thread;
}

void sched_enqueue_tail(struct thread *thread)
{
    struct cpu *cpu = this_cpu();
    struct ready_set *set = ready_set_of(cpu, thread);
    struct ready_queue *queue = &set->queue[thread->priority];
    assert(!thread->in_ready_queue && sched_is_schedulable(thread));
    thread->queue_next = NULL;
    thread->queue_prev = queue->tail;
    thread->in_ready_queue = true;
    if (queue->tail) {
        queue->tail->queue_next = thread;
    } else {
        queue->head = thread;
        mark_ready(cpu, set, thread);
    }
    queue->tail = thread;
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

/* The first ready thread of the domain whose turn it is, out of its queue; the idle thread if there is none. */
static struct thread *take_first(struct cpu *cpu)
{
    struct ready_set *set = &cpu->ready[cpu->domain];
    struct ready_queue *queue = &set->queue[cpu->highest_ready];
    struct thread *first = queue->head, *next;
    if (UNLIKELY(!first))
        return &cpu->idle;
    next = first->queue_next;
    queue->head = next;
    if (next) {
        next->queue_prev = NULL;
    } else {
        queue->tail = NULL;
        mark_empty(cpu, set, first);
    }
    first->queue_next = NULL;
    first->in_ready_queue = false;
    return first;
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

/* A thread that is schedulable runs at once if it beats the current one. */
static ALWAYS_INLINE void wake(struct cpu *cpu, struct thread *thread)
{
    if (thread == cpu->current || thread->in_ready_queue)
        return;
    if (!is_in_turn(cpu, thread->domain)) {
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
        cpu->highest_ready = highest_from(&cpu->ready[cpu->domain], PRIORITY_COUNT / 64 - 1);
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
 * while it is set to an earlier moment. The interrupt then comes early and sets it anew.
 */
static ALWAYS_INLINE void watch_budget(struct cpu *cpu)
{
    struct schedctx *running = cpu->current_schedctx;
    uint64_t deadline = cpu->due, quiet_until = deadline;
    if (LIKELY(running != NULL)) {
        uint64_t end = cpu->charged_until + schedctx_head(running)->amount;
        if (end - kernel_times.minimum_budget < quiet_until)
            quiet_until = end - kernel_times.minimum_budget + 1;
        if (end - kernel_times.timer_slack < deadline)
            deadline = end - kernel_times.timer_slack;
    }
    cpu->quiet_until = quiet_until;
    if (UNLIKELY(deadline < cpu->armed_deadline)) {
        cpu->armed_deadline = deadline;
        hal_timer_set(deadline);
    }
}

/* What was left open while the entry was handled. */
static NOINLINE void tie_up(struct cpu *cpu)
{
    if (cpu->timer_stale) {
        cpu->due = CONFIG_NUM_DOMAINS > 1 ? cpu->domain_end : UINT64_MAX;
        if (cpu->release_root && schedctx_head(cpu->release_root)->time < cpu->due)
            cpu->due = schedctx_head(cpu->release_root)->time;
        watch_budget(cpu);
    }
    if (cpu->space_stale)
        hal_activate_space(cpu->current);
    cpu->loose_ends = 0;
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

static ALWAYS_INLINE void switch_schedctx(struct cpu *cpu, struct schedctx *next)
{
    struct schedctx *last = cpu->current_schedctx;
    if (next == last)
        return;
    if (LIKELY(last != NULL))
        charge(cpu, last);
    cpu->charged_until = cpu->now;
    cpu->current_schedctx = next;
    if (LIKELY(next != NULL) && !next->is_sporadic)
        schedctx_start(next, cpu->now);
    if (LIKELY(!cpu->timer_stale))
        watch_budget(cpu);
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
        if (UNLIKELY(next->yield_to != NULL))
            schedctx_complete_yield(next->yield_to); /* it runs again: what the other context consumed is its result */
        if (next != thread) {
            cpu->current = next;
            hal_switch_thread(thread, next);
            hal_activate_space(next);
            thread = next;
        }
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
    cpu->current = &cpu->idle;
    cpu->must_choose = true;
    set_turn(cpu, system_state.schedule_start);
    cpu->domain = (uint8_t)system_state.schedule[system_state.schedule_start].domain;
    cpu->timer_stale = true;
    cpu->space_stale = true;
}
