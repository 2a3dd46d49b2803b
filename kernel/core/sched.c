#include "core/sched.h"

#include "core/fault.h"
#include "core/release_queue.h"
#include "core/system.h"
#include "lib/assert.h"
#include "object/invocation.h"

/* The timer may be this much early, so that a budget ends inside the interrupt and not behind it. */
#define TIMER_SLACK_US 2
/* Most contexts woken by one interrupt; the timer fires again at once for the rest, so other interrupts get in between. */
#define RELEASE_BATCH 16

/* --- ready queues ----------------------------------------------------------------------------------------------- */

static struct ready_set *ready_set_of(struct cpu *cpu, const struct thread *thread)
{
    return &cpu->ready[thread->domain];
}

static void mark_ready(struct ready_set *set, unsigned priority)
{
    set->bitmap[priority / 64] |= BIT(priority % 64);
    set->summary |= BIT(priority / 64);
}

static void mark_empty(struct ready_set *set, unsigned priority)
{
    set->bitmap[priority / 64] &= ~BIT(priority % 64);
    if (set->bitmap[priority / 64] == 0)
        set->summary &= ~BIT(priority / 64);
}

/* Highest priority with a ready thread, or -1. */
static int highest_ready(const struct ready_set *set)
{
    if (set->summary == 0)
        return -1;
    unsigned word = 63 - (unsigned)__builtin_clzll(set->summary);
    return (int)(word * 64 + 63 - (unsigned)__builtin_clzll(set->bitmap[word]));
}

void sched_enqueue_head(struct thread *thread)
{
    struct ready_set *set = ready_set_of(this_cpu(), thread);
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
    mark_ready(set, thread->priority);
}

void sched_enqueue_tail(struct thread *thread)
{
    struct ready_set *set = ready_set_of(this_cpu(), thread);
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
    mark_ready(set, thread->priority);
}

void sched_dequeue(struct thread *thread)
{
    struct cpu *cpu = this_cpu();
    if (cpu->action == SCHED_SWITCH_TO && cpu->candidate == thread) {
        cpu->candidate = NULL;
        cpu->action = SCHED_CHOOSE;
        return;
    }
    if (!thread->in_ready_queue)
        return;
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
        mark_empty(set, thread->priority);
}

/* --- waking ------------------------------------------------------------------------------------------------------ */

bool sched_is_schedulable(const struct thread *thread)
{
    return thread_is_runnable(thread) && thread->schedctx && schedctx_is_configured(thread->schedctx) &&
           !thread->schedctx->in_release_queue;
}

void sched_reconsider(void)
{
    struct cpu *cpu = this_cpu();
    if (cpu->action == SCHED_SWITCH_TO && sched_is_schedulable(cpu->candidate))
        sched_enqueue_head(cpu->candidate);
    cpu->candidate = NULL;
    cpu->action = SCHED_CHOOSE;
}

void sched_wake(struct thread *thread)
{
    struct cpu *cpu = this_cpu();
    if (!sched_is_schedulable(thread) || thread == cpu->current || thread->in_ready_queue ||
        (cpu->action == SCHED_SWITCH_TO && cpu->candidate == thread))
        return;
    if (thread->domain != cpu->domain) {
        sched_enqueue_head(thread);
    } else if (cpu->action != SCHED_RESUME_CURRENT) {
        sched_reconsider();
        sched_enqueue_head(thread);
    } else {
        cpu->candidate = thread;
        cpu->action = SCHED_SWITCH_TO;
    }
}

void sched_resume_schedctx(struct schedctx *schedctx)
{
    struct thread *thread = schedctx->thread;
    struct cpu *cpu = this_cpu();
    if (!thread || !schedctx_is_configured(schedctx) || schedctx->in_release_queue || !thread_is_runnable(thread))
        return;
    if (schedctx == cpu->current_schedctx ||
        (schedctx_is_released(schedctx, cpu->now) && schedctx_is_sufficient(schedctx, 0)))
        sched_wake(thread);
    else
        sched_postpone(schedctx);
}

void sched_unblock(struct thread *thread)
{
    struct schedctx *schedctx = thread->schedctx;
    struct cpu *cpu = this_cpu();
    if (!schedctx)
        return;
    if (schedctx->is_sporadic && schedctx_is_configured(schedctx) && schedctx != cpu->current_schedctx &&
        !schedctx->in_release_queue)
        schedctx_start(schedctx, cpu->now);
    sched_resume_schedctx(schedctx);
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

void sched_unpostpone(struct schedctx *schedctx)
{
    struct cpu *cpu = this_cpu();
    if (!schedctx->in_release_queue)
        return;
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

void sched_commit(struct cpu *cpu)
{
    struct schedctx *schedctx = cpu->current_schedctx;
    uint64_t used = cpu->consumed;
    cpu->consumed = 0;
    if (!schedctx || used == 0 || !schedctx_is_configured(schedctx))
        return;
    if (schedctx_is_sufficient(schedctx, used))
        schedctx_charge(schedctx, used);
    else
        schedctx_exhaust(schedctx, used);
    cpu->timer_stale = true;
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

bool sched_check_budget(struct cpu *cpu, bool restart)
{
    struct schedctx *schedctx = cpu->current_schedctx;
    if (!schedctx)
        return true;
    bool is_sufficient = schedctx_is_sufficient(schedctx, cpu->consumed);
    bool turn_is_over = CONFIG_NUM_DOMAINS > 1 && cpu->domain_left == 0;
    if (is_sufficient && !turn_is_over)
        return true;
    if (restart && thread_is_runnable(cpu->current))
        cpu->current->state = THREAD_RESTART;
    if (is_sufficient) {
        /* Only the domain's turn is over: nobody is charged beyond what was used. */
        sched_commit(cpu);
        sched_reconsider();
        return false;
    }
    uint64_t used = cpu->consumed;
    cpu->consumed = 0;
    schedctx_exhaust(schedctx, used);
    cpu->timer_stale = true;
    end_of_budget(cpu, schedctx, true);
    return false;
}

void sched_yield(struct cpu *cpu)
{
    struct schedctx *schedctx = cpu->current_schedctx;
    uint64_t used = cpu->consumed;
    /* The whole head goes, but only what was really used counts as consumed. */
    uint64_t amount = schedctx_head(schedctx)->amount;
    schedctx_exhaust(schedctx, amount);
    schedctx->consumed -= amount - used;
    cpu->consumed = 0;
    cpu->timer_stale = true;
    end_of_budget(cpu, schedctx, false);
}

/* --- domains ------------------------------------------------------------------------------------------------------ */

void sched_start_domain_turn(struct cpu *cpu, unsigned index)
{
    system_state.schedule_index = index;
    cpu->domain_left = system_state.schedule[index].duration;
    cpu->timer_stale = true;
    if (cpu->domain != system_state.schedule[index].domain) {
        sched_reconsider();
        if (sched_is_schedulable(cpu->current) && !cpu->current->in_ready_queue)
            sched_enqueue_head(cpu->current);
        cpu->domain = (uint8_t)system_state.schedule[index].domain;
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

void sched_enter(struct cpu *cpu)
{
    uint64_t now = hal_time();
    uint64_t elapsed = now - cpu->now;
    cpu->now = now;
    if (cpu->current_schedctx)
        cpu->consumed += elapsed;
    if (CONFIG_NUM_DOMAINS > 1)
        cpu->domain_left -= elapsed < cpu->domain_left ? elapsed : cpu->domain_left;
    if (cpu->release_root && schedctx_is_released(cpu->release_root, now))
        wake_released(cpu);
}

/* The thread that is to run, taken out of its queue; the current one if it stays. */
static struct thread *choose(struct cpu *cpu)
{
    struct ready_set *set = &cpu->ready[cpu->domain];
    int highest = highest_ready(set);
    if (highest < 0)
        return &cpu->idle;
    struct thread *thread = set->queue[highest].head;
    sched_dequeue(thread);
    return thread;
}

static struct thread *decide(struct cpu *cpu)
{
    struct thread *current = cpu->current;
    bool stays_runnable = sched_is_schedulable(current) && current->domain == cpu->domain;
    if (cpu->action == SCHED_RESUME_CURRENT && stays_runnable && !current->in_ready_queue)
        return current;

    struct thread *candidate = cpu->action == SCHED_SWITCH_TO ? cpu->candidate : NULL;
    cpu->action = SCHED_RESUME_CURRENT;
    cpu->candidate = NULL;
    if (candidate && !sched_is_schedulable(candidate))
        candidate = NULL;
    if (sched_is_schedulable(current) && !current->in_ready_queue) {
        if (candidate && stays_runnable && candidate->priority == current->priority) {
            sched_enqueue_tail(candidate);
            candidate = NULL;
        }
        sched_enqueue_head(current);
    }
    if (candidate) {
        if (highest_ready(&cpu->ready[cpu->domain]) <= (int)candidate->priority)
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
    cpu->consumed = 0;
    cpu->current_schedctx = next;
    cpu->timer_stale = true;
    if (next && !next->is_sporadic)
        schedctx_start(next, cpu->now);
}

static void set_timer(struct cpu *cpu)
{
    uint64_t deadline = UINT64_MAX;
    struct schedctx *running = cpu->current_schedctx;
    cpu->timer_stale = false;
    if (running) {
        uint64_t amount = schedctx_head(running)->amount;
        uint64_t spent = cpu->consumed + TIMER_SLACK_US * hal_ticks_per_us();
        deadline = cpu->now + (amount > spent ? amount - spent : 0);
    }
    if (cpu->release_root && schedctx_head(cpu->release_root)->time < deadline)
        deadline = schedctx_head(cpu->release_root)->time;
    if (CONFIG_NUM_DOMAINS > 1 && cpu->domain_left < deadline - cpu->now)
        deadline = cpu->now + cpu->domain_left;
    if (deadline != cpu->armed_deadline || deadline <= cpu->now) {
        cpu->armed_deadline = deadline;
        hal_timer_set(deadline);
    }
}

/* A thread that waited in YieldTo runs again: what the other context consumed is its result. */
static void finish_yield_to(struct thread *thread)
{
    if (thread->yield_to)
        schedctx_complete_yield(thread->yield_to);
}

void sched_leave(struct cpu *cpu)
{
    if (CONFIG_NUM_DOMAINS > 1 && cpu->domain_left == 0)
        next_domain_turn(cpu);
    struct thread *from = cpu->current, *to = decide(cpu);
    switch_schedctx(cpu, to == &cpu->idle ? NULL : to->schedctx);
    if (cpu->timer_stale)
        set_timer(cpu);
    if (to->yield_to)
        finish_yield_to(to);
    if (to->state == THREAD_RESTART) {
        context_restart(&to->context);
        to->state = THREAD_RUNNING;
    }
    cpu->current = to;
    if (from != to)
        hal_switch_thread(from, to);
    hal_activate_space(to);
}

void sched_init(struct cpu *cpu)
{
    cpu->now = hal_time();
    cpu->idle.state = THREAD_IDLE;
    cpu->current = &cpu->idle;
    cpu->action = SCHED_CHOOSE;
    cpu->domain = (uint8_t)system_state.schedule[system_state.schedule_start].domain;
    cpu->domain_left = system_state.schedule[system_state.schedule_start].duration;
    cpu->armed_deadline = 0;
    cpu->timer_stale = true;
}
