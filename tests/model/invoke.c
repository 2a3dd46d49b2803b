/* What can be asked of capabilities, but for threads and memory: CNodes, interrupts, domains, scheduling contexts. */
#include "internal.h"

uint64_t word(const struct message *message, unsigned index)
{
    if (index < MESSAGE_REGISTERS)
        return message->caller->registers.reg[REG_MR0 + index];
    return message->buffer ? load(message->buffer, BUFFER_MESSAGE + 8 * index) : 0;
}

static struct model_cap extra_cap(const struct message *message, unsigned index)
{
    return message->extra.slot[index]->cap;
}

static struct answer truncated(void)
{
    return fail(ERROR_TRUNCATED_MESSAGE);
}
static struct answer illegal(void)
{
    return fail(ERROR_ILLEGAL_OPERATION);
}
static struct answer result(uint64_t word)
{
    return (struct answer){.error = ERROR_NONE, .count = 1, .word = {word}};
}

/* --- CNodes --------------------------------------------------------------------------------------------------------- */

static struct answer missing(bool is_source, uint64_t depth)
{
    return fail_lookup(is_source, lookup_failure(LOOKUP_MISSING_CAP, 1, depth, 0, 0));
}

static struct answer copy(struct model_slot *from, struct model_slot *to, struct model_cap cap)
{
    if (cap.kind == KIND_NULL)
        return illegal();
    struct copied copied = copy_of(from, cap);
    if (copied.answer.error)
        return copied.answer;
    if (copied.cap.kind == KIND_NULL)
        return illegal();
    tree_copy(from, to, copied.cap);
    return done();
}

static struct answer move(struct model_slot *from, struct model_slot *to, struct model_cap cap)
{
    if (cap.kind == KIND_NULL)
        return illegal();
    tree_move(from, to, cap);
    return done();
}

static struct answer copy_or_move(struct message *message, struct model_slot *to)
{
    if (message->length < 4 || message->extra.count < 1)
        return truncated();
    if (!slot_is_empty(to))
        return fail(ERROR_DELETE_FIRST);
    uint64_t depth = word(message, 3);
    struct found_slot found = find_slot(extra_cap(message, 0), word(message, 2), depth, true);
    if (!found.slot)
        return found.answer;
    struct model_slot *from = found.slot;
    if (slot_is_empty(from))
        return missing(true, depth);
    switch (message->label) {
    case LABEL_COPY:
        if (message->length < 5)
            return truncated();
        return copy(from, to, mask_rights(from->cap, (unsigned)(word(message, 4) % 16)));
    case LABEL_MINT:
        if (message->length < 6)
            return truncated();
        return copy(from, to,
                    apply_data(mask_rights(from->cap, (unsigned)(word(message, 4) % 16)), false, word(message, 5)));
    case LABEL_MOVE:
        return move(from, to, from->cap);
    default:
        if (message->length < 5)
            return truncated();
        return move(from, to, apply_data(from->cap, true, word(message, 4)));
    }
}

static struct answer rotate(struct message *message, struct model_slot *to)
{
    if (message->length < 8 || message->extra.count < 2)
        return truncated();
    uint64_t pivot_depth = word(message, 4), depth = word(message, 7);
    struct found_slot source = find_slot(extra_cap(message, 1), word(message, 6), depth, true);
    if (!source.slot)
        return source.answer;
    struct found_slot middle = find_slot(extra_cap(message, 0), word(message, 3), pivot_depth, true);
    if (!middle.slot)
        return middle.answer;
    struct model_slot *from = source.slot, *pivot = middle.slot;
    if (pivot == from || pivot == to)
        return illegal();
    if (to != from && !slot_is_empty(to))
        return fail(ERROR_DELETE_FIRST);
    if (slot_is_empty(from))
        return missing(true, depth);
    if (slot_is_empty(pivot))
        return missing(false, pivot_depth);
    struct model_cap to_pivot = apply_data(from->cap, true, word(message, 5));
    struct model_cap to_destination = apply_data(pivot->cap, true, word(message, 2));
    if (to_pivot.kind == KIND_NULL || to_destination.kind == KIND_NULL)
        return illegal();
    if (from == to) {
        tree_swap(from, to_pivot, pivot, to_destination);
    } else {
        tree_move(pivot, to, to_destination);
        tree_move(from, pivot, to_pivot);
    }
    return done();
}

static struct answer cancel_badged_sends(struct model *m, struct model_cap cap)
{
    if (cap.kind != KIND_ENDPOINT || cap.rights != MAY_ALL)
        return illegal();
    struct model_endpoint *endpoint = cap.object->endpoint;
    if (cap.badge == 0 || !endpoint->are_senders)
        return done();
    struct model_queue left = endpoint->waiting;
    while (left.count > 0) {
        struct model_thread *t = queue_best(&left);
        bool has_fault = t->fault != FAULT_NONE;
        queue_take(&left, t);
        if (t->send_badge != cap.badge)
            continue;
        cancel_ipc(m, t);
        t->state = has_fault ? STATE_INACTIVE : STATE_RESTART;
        if (!has_fault)
            unblock(m, t);
    }
    return done();
}

static struct answer invoke_cnode(struct model *m, struct message *message)
{
    if (message->label < LABEL_REVOKE || message->label > LABEL_ROTATE)
        return illegal();
    if (message->length < 2)
        return truncated();
    struct found_slot target = find_slot(message->cap, word(message, 0), word(message, 1), false);
    if (!target.slot)
        return target.answer;
    switch (message->label) {
    case LABEL_REVOKE:
        revoke_slot(m, target.slot);
        return done();
    case LABEL_DELETE:
        delete_slot(m, target.slot);
        return done();
    case LABEL_CANCEL_BADGED_SENDS:
        return cancel_badged_sends(m, target.slot->cap);
    case LABEL_ROTATE:
        return rotate(message, target.slot);
    default:
        return copy_or_move(message, target.slot);
    }
}

/* --- interrupts ----------------------------------------------------------------------------------------------------- */

static struct answer invoke_irq_control(struct model *m, struct message *message)
{
    if (message->label != LABEL_ISSUE_IRQ_HANDLER)
        return illegal();
    if (message->length < 3 || message->extra.count < 1)
        return truncated();
    uint64_t irq = word(message, 0);
    if (irq >= MODEL_IRQS)
        return fail_range(0, MODEL_IRQS - 1);
    if (m->irq[irq].is_issued)
        return fail(ERROR_REVOKE_FIRST);
    struct found_slot found = find_empty_slot(extra_cap(message, 0), word(message, 1), word(message, 2));
    if (!found.slot)
        return found.answer;
    m->irq[irq].is_issued = true;
    tree_add_child(message->slot, found.slot, (struct model_cap){.kind = KIND_IRQ_HANDLER, .number = (unsigned)irq});
    return done();
}

static struct answer invoke_irq_handler(struct model *m, struct message *message)
{
    struct model_slot *stored = &m->irq[message->cap.number].notification;
    switch (message->label) {
    case LABEL_ACK_IRQ:
        return done();
    case LABEL_SET_IRQ_HANDLER: {
        if (message->extra.count < 1)
            return truncated();
        struct model_cap cap = extra_cap(message, 0);
        if (cap.kind != KIND_NOTIFICATION || !(cap.rights & MAY_WRITE))
            return fail_with(ERROR_INVALID_CAPABILITY, 0);
        delete_slot(m, stored);
        tree_copy(message->extra.slot[0], stored, cap);
        return done();
    }
    case LABEL_CLEAR_IRQ_HANDLER:
        delete_slot(m, stored);
        return done();
    default:
        return illegal();
    }
}

/* --- domains -------------------------------------------------------------------------------------------------------- */

static struct answer domain_set(struct model *m, struct message *message)
{
    if (message->length < 1)
        return truncated();
    uint64_t domain = word(message, 0);
    if (domain >= MODEL_DOMAINS)
        return fail_with(ERROR_INVALID_ARGUMENT, 0);
    if (message->extra.count < 1)
        return truncated();
    if (extra_cap(message, 0).kind != KIND_TCB)
        return fail_with(ERROR_INVALID_ARGUMENT, 1);
    struct model_thread *t = thread_of(extra_cap(message, 0));
    if (t->domain == domain)
        return done();
    unready(m, t);
    t->domain = (unsigned)domain;
    if (is_schedulable(t)) {
        reconsider(m);
        put_first(m, t);
    }
    return done();
}

static struct answer domain_configure(struct model *m, struct message *message)
{
    if (message->length < 3)
        return truncated();
    uint64_t index = word(message, 0), domain = word(message, 1), duration = word(message, 2);
    if (index >= MODEL_TURNS - 1)
        return fail_range(0, MODEL_TURNS - 2);
    if (domain >= MODEL_DOMAINS)
        return fail_range(0, MODEL_DOMAINS - 1);
    if (duration >> 56)
        return fail_with(ERROR_INVALID_ARGUMENT, 2);
    if (duration == 0 && domain != 0)
        return fail_with(ERROR_INVALID_ARGUMENT, 1);
    if (duration == 0 && index == m->turn_start)
        return fail_with(ERROR_INVALID_ARGUMENT, 2);
    m->turn[index] = (struct model_turn){domain, duration};
    return done();
}

static struct answer invoke_domain(struct model *m, struct message *message)
{
    switch (message->label) {
    case LABEL_DOMAIN_SET:
        return domain_set(m, message);
    case LABEL_DOMAIN_SCHEDULE_CONFIGURE:
        return domain_configure(m, message);
    case LABEL_DOMAIN_SCHEDULE_SET_START:
        if (message->length < 1)
            return truncated();
        if (word(message, 0) >= MODEL_TURNS)
            return fail_range(0, MODEL_TURNS - 1);
        if (m->turn[word(message, 0)].duration == 0)
            return fail_with(ERROR_INVALID_ARGUMENT, 0);
        m->turn_start = (unsigned)word(message, 0);
        start_turn(m, m->turn_start);
        return done();
    default:
        return illegal();
    }
}

/* --- scheduling contexts -------------------------------------------------------------------------------------------- */

struct answer check_bind(const struct model *m, const struct model_schedctx *sc, const struct model_thread *t)
{
    if (sc->thread || t->schedctx)
        return illegal();
    bool is_ready = sc->is_configured && is_released(sc, m->now) && has_budget(sc, 0);
    return is_blocked(t) && !is_ready ? illegal() : done();
}

static struct answer bind_object(struct model *m, struct message *message, struct model_schedctx *sc)
{
    if (message->extra.count < 1)
        return truncated();
    struct model_cap cap = extra_cap(message, 0);
    if (cap.kind == KIND_TCB) {
        struct answer answer = check_bind(m, sc, thread_of(cap));
        if (!answer.error)
            bind_schedctx(m, sc, thread_of(cap));
        return answer;
    }
    if (cap.kind != KIND_NOTIFICATION)
        return fail_with(ERROR_INVALID_CAPABILITY, 1);
    struct model_notification *n = cap.object->notification;
    if (sc->notification || n->schedctx)
        return illegal();
    sc->notification = n;
    n->schedctx = sc;
    return done();
}

static struct answer unbind_object(struct model *m, struct message *message, struct model_schedctx *sc)
{
    if (message->extra.count < 1)
        return truncated();
    struct model_cap cap = extra_cap(message, 0);
    if (cap.kind == KIND_TCB) {
        if (sc->thread != thread_of(cap) || sc->thread == message->caller)
            return illegal();
        finish_yield(m, sc);
        unbind_schedctx(m, sc);
        return done();
    }
    if (cap.kind != KIND_NOTIFICATION)
        return fail_with(ERROR_INVALID_CAPABILITY, 1);
    if (sc->notification != cap.object->notification)
        return illegal();
    unbind_schedctx_notification(sc);
    return done();
}

static struct answer yield_to(struct model *m, struct message *message, struct model_schedctx *sc)
{
    struct model_thread *caller = message->caller, *target = sc->thread;
    if (!target || target == caller || target->priority > caller->max_priority)
        return illegal();
    finish_yield(m, sc);
    if (!is_schedulable(target))
        return result(report_consumed(m, sc));
    unready(m, target);
    if (target->priority < caller->priority || target->domain != caller->domain) {
        put_first(m, target);
        return result(report_consumed(m, sc));
    }
    caller->yields_to = sc;
    caller->yield_reports = message->wants_answer;
    sc->yielder = caller;
    put_first(m, caller);
    put_first(m, target);
    reconsider(m);
    if (message->wants_answer)
        caller->registers.reg[REG_CAP] = 0;
    return (struct answer){.is_given = true};
}

static struct answer invoke_schedctx(struct model *m, struct message *message)
{
    struct model_schedctx *sc = message->cap.object->schedctx;
    switch (message->label) {
    case LABEL_BIND:
        return bind_object(m, message, sc);
    case LABEL_UNBIND:
        if (sc->thread == message->caller)
            return illegal();
        finish_yield(m, sc);
        unbind_schedctx(m, sc);
        unbind_schedctx_notification(sc);
        sc->chain_length = 0;
        return done();
    case LABEL_UNBIND_OBJECT:
        return unbind_object(m, message, sc);
    case LABEL_CONSUMED:
        return result(report_consumed(m, sc));
    case LABEL_YIELD_TO:
        return yield_to(m, message, sc);
    default:
        return illegal();
    }
}

/* Gives the context new parameters; whoever has it may start or stop running. */
static void reconfigure(struct model *m, struct model_schedctx *sc, uint64_t budget, uint64_t period, unsigned refills)
{
    struct model_thread *t = sc->thread;
    if (sc == m->current_schedctx)
        settle(m);
    bool is_in_use = sc->is_configured && t && is_runnable(t);
    sc->is_waiting = false;
    if (t)
        unready(m, t);
    set_parameters(sc, budget, period, refills, m->now, is_in_use);
    if (!t || !is_runnable(t))
        return;
    if (is_released(sc, m->now)) {
        wake(m, t);
    } else {
        wait_for_refill(m, sc);
        reconsider(m);
    }
}

static struct answer invoke_sched_control(struct model *m, struct message *message)
{
    if (message->label != LABEL_CONFIGURE_FLAGS)
        return illegal();
    if (message->extra.count < 1 || message->length < 5)
        return truncated();
    uint64_t budget = word(message, 0), period = word(message, 1), extra_refills = word(message, 2);
    uint64_t maximum = UINT64_MAX / MODEL_TICKS_PER_US / 8;
    if (budget > maximum || period > maximum || budget < MINIMUM_BUDGET_US || period < MINIMUM_BUDGET_US)
        return fail_range(MINIMUM_BUDGET_US, maximum);
    if (budget > period)
        return fail_range(MINIMUM_BUDGET_US, period);
    struct model_cap cap = extra_cap(message, 0);
    if (cap.kind != KIND_SCHED_CONTEXT)
        return fail_with(ERROR_INVALID_CAPABILITY, 1);
    uint64_t extra_room = ((UINT64_C(1) << cap.object->size_bits) - 128) / 16;
    if (extra_refills > extra_room)
        return fail_range(0, extra_room);
    if (extra_refills + 2 > MODEL_MAX_REFILLS)
        m->is_ambiguous = true;
    struct model_schedctx *sc = cap.object->schedctx;
    sc->badge = word(message, 3);
    sc->is_sporadic = word(message, 4) % 2;
    reconfigure(m, sc, budget * MODEL_TICKS_PER_US, period * MODEL_TICKS_PER_US, (unsigned)extra_refills + 2);
    return done();
}

/* --- what only this machine has ------------------------------------------------------------------------------------- */

static struct answer invoke_table(struct model *m, struct message *message)
{
    bool *is_mapped = &message->slot->cap.is_mapped;
    switch (message->label) {
    case LABEL_PAGE_TABLE_MAP:
        if (*is_mapped)
            return fail_with(ERROR_INVALID_CAPABILITY, 0);
        *is_mapped = true;
        return done();
    case LABEL_PAGE_TABLE_UNMAP:
        if (!model_is_last(m, message->slot))
            return fail(ERROR_REVOKE_FIRST);
        *is_mapped = false;
        return done();
    default:
        return illegal();
    }
}

static struct answer invoke_pool(struct message *message)
{
    if (message->label != LABEL_ASID_POOL_ASSIGN)
        return illegal();
    if (message->extra.count < 1)
        return truncated();
    struct model_cap *space = &message->extra.slot[0]->cap;
    if (space->kind != KIND_PML4 || space->is_mapped)
        return fail_with(ERROR_INVALID_CAPABILITY, 1);
    space->is_mapped = true;
    return done();
}

static struct answer invoke_port_control(struct model *m, struct message *message)
{
    if (message->label != LABEL_IO_PORT_CONTROL_ISSUE)
        return illegal();
    if (message->length < 4 || message->extra.count < 1)
        return truncated();
    uint64_t first = word(message, 0) % 65536, last = word(message, 1) % 65536;
    if (last < first || last >= MODEL_PORTS)
        return fail_with(ERROR_INVALID_ARGUMENT, 1);
    for (uint64_t port = first; port <= last; port++)
        if (m->port_issued[port])
            return fail(ERROR_REVOKE_FIRST);
    struct found_slot found = find_empty_slot(extra_cap(message, 0), word(message, 2), word(message, 3));
    if (!found.slot)
        return found.answer;
    for (uint64_t port = first; port <= last; port++)
        m->port_issued[port] = true;
    tree_add_child(message->slot, found.slot,
                   (struct model_cap){.kind = KIND_IO_PORT, .number = (unsigned)first, .last = (unsigned)last});
    return done();
}

/* --- which ---------------------------------------------------------------------------------------------------------- */

struct answer invoke(struct model *m, struct message *message)
{
    switch (message->cap.kind) {
    case KIND_UNTYPED:
        return invoke_untyped(m, message);
    case KIND_CNODE:
        return invoke_cnode(m, message);
    case KIND_TCB:
        return invoke_thread(m, message);
    case KIND_IRQ_CONTROL:
        return invoke_irq_control(m, message);
    case KIND_IRQ_HANDLER:
        return invoke_irq_handler(m, message);
    case KIND_DOMAIN:
        return invoke_domain(m, message);
    case KIND_SCHED_CONTEXT:
        return invoke_schedctx(m, message);
    case KIND_SCHED_CONTROL:
        return invoke_sched_control(m, message);
    case KIND_FRAME:
        return message->label == LABEL_PAGE_GET_ADDRESS ? result(message->cap.object->paddr) : illegal();
    case KIND_PAGE_TABLE:
    case KIND_PAGE_DIRECTORY:
    case KIND_PDPT:
        return invoke_table(m, message);
    case KIND_ASID_POOL:
        return invoke_pool(message);
    case KIND_IO_PORT_CONTROL:
        return invoke_port_control(m, message);
    case KIND_NULL:
        return fail_with(ERROR_INVALID_CAPABILITY, 0);
    default:
        return illegal();
    }
}
