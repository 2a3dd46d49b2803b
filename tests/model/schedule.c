/* Who runs: ready threads, contexts that wait for their refill, what belongs to whom, domains. */
#include "internal.h"

/* --- queues --------------------------------------------------------------------------------------------------------- */

void queue_add_last(struct model *m, struct model_queue *queue, struct model_thread *thread)
{
    if (queue->count == MODEL_MAX_THREADS)
        m->is_ambiguous = true;
    else
        queue->thread[queue->count++] = thread;
}

void queue_add_first(struct model *m, struct model_queue *queue, struct model_thread *thread)
{
    queue_add_last(m, queue, thread);
    for (unsigned i = queue->count - 1; i > 0; i--)
        queue->thread[i] = queue->thread[i - 1];
    queue->thread[0] = thread;
}

bool queue_has(const struct model_queue *queue, const struct model_thread *thread)
{
    for (unsigned i = 0; i < queue->count; i++)
        if (queue->thread[i] == thread)
            return true;
    return false;
}

bool queue_take(struct model_queue *queue, const struct model_thread *thread)
{
    unsigned kept = 0, before = queue->count;
    for (unsigned i = 0; i < before; i++)
        if (queue->thread[i] != thread)
            queue->thread[kept++] = queue->thread[i];
    queue->count = kept;
    return kept != before;
}

struct model_thread *queue_best(const struct model_queue *queue)
{
    struct model_thread *best = NULL;
    for (unsigned i = 0; i < queue->count; i++)
        if (!best || queue->thread[i]->priority > best->priority)
            best = queue->thread[i];
    return best;
}

static struct model_thread *best_of_domain(const struct model *m)
{
    struct model_thread *best = NULL;
    for (unsigned i = 0; i < m->ready.count; i++) {
        struct model_thread *t = m->ready.thread[i];
        if (t->domain == m->domain && (!best || t->priority > best->priority))
            best = t;
    }
    return best;
}

/* --- becoming ready ------------------------------------------------------------------------------------------------- */

bool is_schedulable(const struct model_thread *t)
{
    return is_runnable(t) && t->schedctx && t->schedctx->is_configured && !t->schedctx->is_waiting;
}

void put_first(struct model *m, struct model_thread *t)
{
    queue_add_first(m, &m->ready, t);
}

void unready(struct model *m, struct model_thread *t)
{
    if (m->woken == t) {
        m->woken = NULL;
        m->must_choose = true;
    }
    queue_take(&m->ready, t);
}

void reconsider(struct model *m)
{
    if (m->woken && is_schedulable(m->woken))
        put_first(m, m->woken);
    m->woken = NULL;
    m->must_choose = true;
}

void wake(struct model *m, struct model_thread *t)
{
    if (!is_schedulable(t) || t == m->current || t == m->woken || queue_has(&m->ready, t))
        return;
    m->wake_count++;
    if (t->domain != m->domain) {
        put_first(m, t);
    } else if (m->woken || m->must_choose) {
        /* Several in one entry: each at the head. */
        reconsider(m);
        put_first(m, t);
    } else {
        m->woken = t;
    }
}

void wait_for_refill(struct model *m, struct model_schedctx *sc)
{
    if (sc->thread)
        unready(m, sc->thread);
    sc->is_waiting = true;
}

void resume_schedctx(struct model *m, struct model_schedctx *sc)
{
    struct model_thread *t = sc->thread;
    if (!t || !is_runnable(t) || !sc->is_configured || sc->is_waiting)
        return;
    if (sc == m->current_schedctx || (is_released(sc, m->now) && has_budget(sc, 0)))
        wake(m, t);
    else
        wait_for_refill(m, sc);
}

void unblock(struct model *m, struct model_thread *t)
{
    struct model_schedctx *sc = t->schedctx;
    m->wake_count++;
    if (!sc)
        return;
    if (sc->is_configured && sc->is_sporadic && sc != m->current_schedctx && !sc->is_waiting)
        start_running(sc, m->now);
    resume_schedctx(m, sc);
}

void set_priority(struct model *m, struct model_thread *t, unsigned priority)
{
    struct model_queue *queue = t->endpoint       ? &t->endpoint->waiting
                                : t->notification ? &t->notification->waiting
                                                  : NULL;
    if (queue) {
        queue_take(queue, t);
        queue_add_last(m, queue, t);
    }
    unready(m, t);
    t->priority = priority;
    if (is_schedulable(t)) {
        reconsider(m);
        put_first(m, t);
    }
}

/* --- time ----------------------------------------------------------------------------------------------------------- */

void settle(struct model *m)
{
    struct model_schedctx *sc = m->current_schedctx;
    uint64_t used = m->consumed;
    m->consumed = 0;
    if (sc && used > 0 && sc->is_configured)
        charge(sc, used, !has_budget(sc, used));
}

static struct model_schedctx *first_due(struct model *m)
{
    struct model_schedctx *first = NULL;
    for (unsigned i = 0; i < m->object_count; i++) {
        struct model_schedctx *sc = m->object[i].is_alive ? m->object[i].schedctx : NULL;
        if (!sc || !sc->is_waiting || !is_released(sc, m->now))
            continue;
        if (first && first->refill[0].time == sc->refill[0].time)
            m->is_ambiguous = true;
        if (!first || sc->refill[0].time < first->refill[0].time)
            first = sc;
    }
    return first;
}

void enter(struct model *m)
{
    struct model_schedctx *due;
    uint64_t elapsed = m->clock - m->now;
    m->now = m->clock;
    if (m->current_schedctx)
        m->consumed += elapsed;
    m->domain_left -= elapsed < m->domain_left ? elapsed : m->domain_left;
    while ((due = first_due(m))) {
        due->is_waiting = false;
        if (due->thread)
            wake(m, due->thread);
    }
}

/* The head of the current context is used up. */
static void end_of_budget(struct model *m, struct model_schedctx *sc, bool may_fault)
{
    struct model_thread *t = m->current;
    if (!is_schedulable(t) || t->schedctx != sc)
        return;
    if (!sc->is_round_robin && may_fault && is_handler(t->object->slot[SLOT_TIMEOUT].cap)) {
        fault_timeout(m, t);
    } else if (sc->is_round_robin || is_released(sc, m->now)) {
        queue_add_last(m, &m->ready, t);
    } else {
        wait_for_refill(m, sc);
    }
    reconsider(m);
}

bool check_budget(struct model *m, bool restarts)
{
    struct model_schedctx *sc = m->current_schedctx;
    if (!sc)
        return true;
    if (has_budget(sc, m->consumed) && m->domain_left > 0)
        return true;
    if (restarts && is_runnable(m->current))
        m->current->state = STATE_RESTART;
    if (has_budget(sc, m->consumed)) {
        /* Only the domain's turn is over. */
        settle(m);
        reconsider(m);
        return false;
    }
    uint64_t used = m->consumed;
    m->consumed = 0;
    charge(sc, used, true);
    end_of_budget(m, sc, true);
    return false;
}

void give_up_budget(struct model *m)
{
    struct model_schedctx *sc = m->current_schedctx;
    uint64_t consumed = sc->consumed + m->consumed;
    charge(sc, sc->refill[0].amount, true);
    sc->consumed = consumed;
    m->consumed = 0;
    end_of_budget(m, sc, false);
}

/* --- domains -------------------------------------------------------------------------------------------------------- */

void start_turn(struct model *m, unsigned index)
{
    m->turn_index = index;
    m->domain_left = m->turn[index].duration;
    if (m->domain == m->turn[index].domain)
        return;
    reconsider(m);
    if (m->current && is_schedulable(m->current) && !queue_has(&m->ready, m->current))
        put_first(m, m->current);
    m->domain = (unsigned)m->turn[index].domain;
}

/* --- leaving -------------------------------------------------------------------------------------------------------- */

static struct model_thread *choose(struct model *m)
{
    struct model_thread *current = m->current, *woken = m->woken;
    bool can_run = current && is_schedulable(current), stays = can_run && current->domain == m->domain;
    bool is_quiet = !m->must_choose && !woken;
    m->woken = NULL;
    m->must_choose = false;
    if (is_quiet && stays && !queue_has(&m->ready, current))
        return current;
    if (woken && !is_schedulable(woken))
        woken = NULL;
    if (can_run && !queue_has(&m->ready, current)) {
        if (stays && woken && woken->priority == current->priority) {
            queue_add_last(m, &m->ready, woken);
            woken = NULL;
        }
        put_first(m, current);
    }
    /* The woken one runs next unless a higher priority is ready. */
    struct model_thread *best = best_of_domain(m);
    if (woken && best && best->priority > woken->priority) {
        put_first(m, woken);
        woken = NULL;
    }
    if (woken)
        return woken;
    if (best)
        unready(m, best);
    m->must_choose = false;
    return best;
}

void leave(struct model *m)
{
    if (m->domain_left == 0) {
        unsigned next = m->turn_index + 1;
        start_turn(m, next >= MODEL_TURNS || m->turn[next].duration == 0 ? m->turn_start : next);
    }
    struct model_thread *t = choose(m);
    struct model_schedctx *sc = t ? t->schedctx : NULL;
    if (sc != m->current_schedctx) {
        settle(m);
        m->current_schedctx = sc;
        if (sc && !sc->is_sporadic)
            start_running(sc, m->now);
    }
    if (t && t->yields_to)
        finish_yield(m, t->yields_to);
    if (t && t->state == STATE_RESTART) {
        t->registers.reg[REG_PC] = t->registers.restart_pc;
        t->state = STATE_RUNNING;
    }
    m->current = t;
}

uint64_t model_next_event(const struct model *m)
{
    uint64_t next = UINT64_MAX;
    if (m->current_schedctx)
        next = m->now + m->current_schedctx->refill[0].amount - m->consumed;
    for (unsigned i = 0; i < m->object_count; i++) {
        const struct model_schedctx *sc = m->object[i].is_alive ? m->object[i].schedctx : NULL;
        if (sc && sc->is_waiting && sc->refill[0].time < next)
            next = sc->refill[0].time;
    }
    if (m->domain_left < next - m->now)
        next = m->now + m->domain_left;
    return next;
}

/* --- ties of scheduling contexts ------------------------------------------------------------------------------------ */

void bind_schedctx(struct model *m, struct model_schedctx *sc, struct model_thread *t)
{
    sc->thread = t;
    t->schedctx = sc;
    if (!sc->is_configured)
        return;
    if (sc->is_sporadic && sc != m->current_schedctx)
        start_running(sc, m->now);
    resume_schedctx(m, sc);
}

void unbind_schedctx(struct model *m, struct model_schedctx *sc)
{
    if (!sc->thread)
        return;
    unready(m, sc->thread);
    sc->is_waiting = false;
    sc->thread->schedctx = NULL;
    sc->thread = NULL;
}

void give_schedctx(struct model *m, struct model_schedctx *sc, struct model_thread *to)
{
    unbind_schedctx(m, sc);
    sc->thread = to;
    to->schedctx = sc;
}

void unbind_schedctx_notification(struct model_schedctx *sc)
{
    if (sc->notification)
        sc->notification->schedctx = NULL;
    sc->notification = NULL;
}

uint64_t report_consumed(struct model *m, struct model_schedctx *sc)
{
    if (sc == m->current_schedctx)
        settle(m);
    uint64_t us = sc->consumed / MODEL_TICKS_PER_US;
    sc->consumed = 0;
    return us;
}

void finish_yield(struct model *m, struct model_schedctx *sc)
{
    struct model_thread *t = sc->yielder;
    if (!t)
        return;
    uint64_t us = report_consumed(m, sc);
    sc->yielder = NULL;
    t->yields_to = NULL;
    if (!t->yield_reports)
        return;
    t->registers.reg[REG_MR0] = us;
    t->registers.reg[REG_INFO] = 1;
}

void model_start_first(struct model *m, struct model_thread *thread, struct model_schedctx *sc, uint64_t slice)
{
    set_parameters(sc, slice, slice, 2, m->now, false);
    thread->state = STATE_RUNNING;
    thread->priority = thread->max_priority = 255;
    give_schedctx(m, sc, thread);
    put_first(m, thread);
    m->must_choose = true;
    leave(m);
}
