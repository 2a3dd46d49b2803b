/* Messages between threads: endpoints, notifications, reply objects, faults. */
#include "internal.h"

static uint64_t info_label(uint64_t info)
{
    return info >> 12;
}
static unsigned info_length(uint64_t info)
{
    return info % 128 > MESSAGE_WORDS ? MESSAGE_WORDS : info % 128;
}
static uint64_t make_info(uint64_t label, unsigned unwrapped, unsigned caps, unsigned length)
{
    return label * 4096 + unwrapped * 512 + caps * 128 + length;
}

/* --- the message ---------------------------------------------------------------------------------------------------- */

struct extras find_extras(struct model *m, struct model_thread *sender)
{
    struct extras extras = {.count = 0};
    unsigned wanted = sender->registers.reg[REG_INFO] / 128 % 4;
    const uint8_t *buffer = buffer_of(m, sender, false);
    for (unsigned i = 0; buffer && i < wanted; i++) {
        extras.address = load(buffer, BUFFER_CAPS + 8 * i);
        struct found found = resolve_cap(sender, extras.address);
        extras.failed = !found.slot;
        extras.failure = found.failure;
        if (extras.failed)
            return extras;
        extras.slot[extras.count++] = found.slot;
    }
    return extras;
}

static struct model_slot *offered_slot(struct model_thread *receiver, const uint8_t *buffer)
{
    struct found root = resolve_cap(receiver, load(buffer, BUFFER_RECEIVE_CNODE));
    if (!root.slot)
        return NULL;
    return find_empty_slot(root.slot->cap, load(buffer, BUFFER_RECEIVE_INDEX), load(buffer, BUFFER_RECEIVE_DEPTH)).slot;
}

/* Hands capabilities over; returns how many, and which as badges. */
static unsigned pass_caps(struct model *m, struct model_thread *sender, struct model_thread *receiver, uint8_t *buffer,
                          struct model_endpoint *through, unsigned *unwrapped)
{
    struct extras extras = find_extras(m, sender);
    bool slot_is_used = false;
    unsigned i;
    *unwrapped = 0;
    if (extras.failed)
        return 0;
    for (i = 0; i < extras.count; i++) {
        struct model_slot *from = extras.slot[i];
        if (through && from->cap.kind == KIND_ENDPOINT && from->cap.object->endpoint == through) {
            store(buffer, BUFFER_CAPS + 8 * i, from->cap.badge);
            *unwrapped |= 1u << i;
            continue;
        }
        struct model_slot *to = slot_is_used ? NULL : offered_slot(receiver, buffer);
        if (!to)
            break;
        struct copied copied = copy_of(from, from->cap);
        if (copied.answer.error || copied.cap.kind == KIND_NULL)
            break;
        tree_copy(from, to, copied.cap);
        slot_is_used = true;
    }
    return i;
}

static void pass_words(struct model *m, struct model_thread *sender, struct model_thread *receiver, bool can_grant,
                       struct model_endpoint *through)
{
    uint64_t info = sender->registers.reg[REG_INFO];
    unsigned length = info_length(info), caps = 0, unwrapped = 0;
    bool has_caps = can_grant && info / 128 % 4 > 0;
    for (unsigned i = 0; i < length && i < MESSAGE_REGISTERS; i++)
        receiver->registers.reg[REG_MR0 + i] = sender->registers.reg[REG_MR0 + i];
    const uint8_t *from = buffer_of(m, sender, false);
    uint8_t *to = buffer_of(m, receiver, true);
    if (from && to) {
        for (unsigned i = MESSAGE_REGISTERS; i < length; i++)
            store(to, BUFFER_MESSAGE + 8 * i, load(from, BUFFER_MESSAGE + 8 * i));
        if (has_caps)
            caps = pass_caps(m, sender, receiver, to, through, &unwrapped);
    } else if (length > MESSAGE_REGISTERS) {
        length = MESSAGE_REGISTERS;
    }
    receiver->registers.reg[REG_INFO] = make_info(info_label(info), unwrapped, caps, length);
}

/* --- faults --------------------------------------------------------------------------------------------------------- */

struct fault_text {
    uint64_t word[24];
    unsigned count;
};

static void say(struct fault_text *text, uint64_t word)
{
    text->word[text->count++] = word;
}

/* The registers in the message of an unknown system call on this machine; the restart address is register 0. */
static const unsigned syscall_registers[] = {REG_CAP, REG_INFO, REG_MR0, REG_MR0 + 1, REG_PC, REG_FLAGS};

static uint64_t faulting_register(const struct model_thread *t, unsigned index)
{
    return index == REG_PC ? t->registers.restart_pc : t->registers.reg[index];
}

static void describe_fault(struct model *m, struct model_thread *t, struct fault_text *text)
{
    switch (t->fault) {
    case FAULT_CAP:
        say(text, t->registers.restart_pc);
        say(text, t->fault_word[0]);
        say(text, t->fault_in_receive);
        say(text, t->fault_lookup.type);
        for (unsigned i = 0; i < t->fault_lookup.count; i++)
            say(text, t->fault_lookup.word[i]);
        break;
    case FAULT_UNKNOWN_SYSCALL:
        for (unsigned i = 0; i < sizeof(syscall_registers) / sizeof(syscall_registers[0]); i++)
            say(text, faulting_register(t, syscall_registers[i]));
        say(text, t->fault_word[0]);
        break;
    case FAULT_EXCEPTION:
        for (unsigned i = REG_PC; i <= REG_FLAGS; i++)
            say(text, faulting_register(t, i));
        say(text, t->fault_word[0]);
        say(text, t->fault_word[1]);
        break;
    case FAULT_TIMEOUT:
        say(text, t->fault_word[0]);
        if (t->schedctx)
            say(text, report_consumed(m, t->schedctx));
        break;
    default:
        say(text, t->registers.restart_pc);
        say(text, t->fault_word[0]);
        say(text, t->fault_word[2]);
        say(text, t->fault_word[1]);
        break;
    }
}

static void pass_fault(struct model *m, struct model_thread *sender, struct model_thread *receiver)
{
    struct fault_text text = {.count = 0};
    uint8_t *buffer = buffer_of(m, receiver, true);
    describe_fault(m, sender, &text);
    if (!buffer && text.count > MESSAGE_REGISTERS)
        text.count = MESSAGE_REGISTERS;
    for (unsigned i = 0; i < text.count; i++)
        if (i < MESSAGE_REGISTERS)
            receiver->registers.reg[REG_MR0 + i] = text.word[i];
        else
            store(buffer, BUFFER_MESSAGE + 8 * i, text.word[i]);
    receiver->registers.reg[REG_INFO] = make_info(sender->fault, 0, 0, text.count);
}

static void deliver(struct model *m, struct model_thread *sender, struct model_thread *receiver, uint64_t badge,
                    bool can_grant, struct model_endpoint *through)
{
    if (sender->fault)
        pass_fault(m, sender, receiver);
    else
        pass_words(m, sender, receiver, can_grant, through);
    receiver->registers.reg[REG_CAP] = badge;
}

bool is_handler(struct model_cap cap)
{
    return cap.kind == KIND_ENDPOINT && (cap.rights & MAY_WRITE) && (cap.rights & (MAY_GRANT | MAY_GRANT_REPLY));
}

static void send_fault(struct model *m, struct model_thread *t, struct model_cap handler, bool may_donate)
{
    send_message(m, t,
                 (struct sending){.endpoint = handler.object->endpoint,
                                  .badge = handler.badge,
                                  .can_grant = handler.rights & MAY_GRANT,
                                  .can_reply = handler.rights & (MAY_GRANT | MAY_GRANT_REPLY),
                                  .blocks = true,
                                  .is_call = true,
                                  .may_donate = may_donate});
}

static void raise_fault(struct model *m, struct model_thread *t)
{
    struct model_cap handler = t->object->slot[SLOT_FAULT].cap;
    if (is_handler(handler)) {
        send_fault(m, t, handler, true);
        return;
    }
    t->fault = FAULT_NONE;
    t->state = STATE_INACTIVE;
}

void fault_cap(struct model *m, struct model_thread *t, uint64_t address, bool in_receive, struct model_failure failure)
{
    t->fault = FAULT_CAP;
    t->fault_word[0] = address;
    t->fault_in_receive = in_receive;
    t->fault_lookup = failure;
    raise_fault(m, t);
}

void fault_plain(struct model *m, struct model_thread *t, enum model_fault fault, uint64_t a, uint64_t b, uint64_t c)
{
    t->fault = fault;
    t->fault_word[0] = a;
    t->fault_word[1] = b;
    t->fault_word[2] = c;
    raise_fault(m, t);
}

void fault_timeout(struct model *m, struct model_thread *t)
{
    /* Nothing is to be done again: it goes on where it is. */
    if (t->state == STATE_RUNNING)
        t->registers.restart_pc = t->registers.reg[REG_PC];
    t->fault = FAULT_TIMEOUT;
    t->fault_word[0] = t->schedctx->badge;
    send_fault(m, t, t->object->slot[SLOT_TIMEOUT].cap, false);
}

void set_register(struct model_thread *t, unsigned index, uint64_t value)
{
    bool is_address = index == REG_PC || index == REG_TLS;
    if (is_address && value >> 47)
        value = 0;
    if (index == REG_FLAGS)
        value = (value & 0xff) | 2;
    t->registers.reg[index] = value;
    if (index == REG_PC)
        t->registers.restart_pc = value;
}

/* Takes over what the handler answered; whether the thread goes on. */
static bool take_fault_reply(struct model *m, struct model_thread *t, struct model_thread *handler)
{
    unsigned most = t->fault == FAULT_UNKNOWN_SYSCALL ? 6
                    : t->fault == FAULT_EXCEPTION     ? 3
                    : t->fault == FAULT_TIMEOUT       ? 13
                                                      : 0;
    if (most == 0)
        return true;
    uint64_t info = handler->registers.reg[REG_INFO];
    const uint8_t *buffer = buffer_of(m, handler, false);
    for (unsigned i = 0; i < most && i < info_length(info) && (i < MESSAGE_REGISTERS || buffer); i++) {
        uint64_t value =
            i < MESSAGE_REGISTERS ? handler->registers.reg[REG_MR0 + i] : load(buffer, BUFFER_MESSAGE + 8 * i);
        set_register(t, t->fault == FAULT_UNKNOWN_SYSCALL ? syscall_registers[i] : i, value);
    }
    return info_label(info) == 0;
}

/* --- reply objects -------------------------------------------------------------------------------------------------- */

/* The context in whose chain the object is, and its place there. */
static struct model_schedctx *chain_of(struct model *m, const struct model_reply *reply, unsigned *place)
{
    for (unsigned i = 0; i < m->object_count; i++) {
        struct model_schedctx *sc = m->object[i].is_alive ? m->object[i].schedctx : NULL;
        for (unsigned j = 0; sc && j < sc->chain_length; j++) {
            *place = j;
            if (sc->chain[j] == reply)
                return sc;
        }
    }
    return NULL;
}

/* Out of the chain, and all older ones with it: those above stay. */
static void cut(struct model_schedctx *sc, unsigned place)
{
    unsigned above = sc->chain_length - place - 1;
    for (unsigned i = 0; i < above; i++)
        sc->chain[i] = sc->chain[place + 1 + i];
    sc->chain_length = above;
}

static void free_reply(struct model_reply *reply)
{
    if (reply->thread)
        reply->thread->reply = NULL;
    reply->thread = NULL;
}

/* The caller need not wait any more: the newest of a chain gives the context back. */
static void return_schedctx(struct model *m, struct model_reply *reply)
{
    unsigned place;
    struct model_schedctx *sc = chain_of(m, reply, &place);
    struct model_thread *caller = reply->thread;
    free_reply(reply);
    if (!sc)
        return;
    if (place + 1 < sc->chain_length) {
        cut(sc, place);
        return;
    }
    sc->chain_length--;
    if (!caller->schedctx)
        give_schedctx(m, sc, caller);
}

/* The caller goes away. */
static void abandon_reply(struct model *m, struct model_reply *reply)
{
    unsigned place;
    struct model_schedctx *sc = chain_of(m, reply, &place);
    free_reply(reply);
    if (sc)
        cut(sc, place); /* of the newest: nothing is left */
}

void end_reply(struct model *m, struct model_reply *reply)
{
    struct model_thread *t = reply->thread;
    if (!t)
        return;
    if (t->state == STATE_REPLY) {
        return_schedctx(m, reply);
        t->fault = FAULT_NONE;
    } else {
        cancel_ipc(m, t);
    }
    t->state = STATE_INACTIVE;
}

/* A receiver takes the object, whoever had it. */
static void claim_reply(struct model *m, struct model_reply *reply, struct model_thread *receiver)
{
    struct model_thread *user = reply->thread;
    if (!user || user == receiver)
        return;
    cancel_ipc(m, user);
    user->state = STATE_INACTIVE;
}

/* The sender of a delivered Call or fault waits for its answer, or for ever. */
static void wait_for_answer(struct model *m, struct model_thread *sender, struct model_thread *receiver,
                            struct model_reply *reply, bool can_reply, bool may_donate)
{
    unready(m, sender);
    if (!reply || !can_reply) {
        sender->state = STATE_INACTIVE;
        sender->fault = FAULT_NONE;
        return;
    }
    sender->state = STATE_REPLY;
    sender->reply = reply;
    reply->thread = sender;
    struct model_schedctx *sc = sender->schedctx;
    if (!may_donate || !sc || receiver->schedctx)
        return;
    if (sc->chain_length == MODEL_MAX_THREADS)
        m->is_ambiguous = true;
    else
        sc->chain[sc->chain_length++] = reply;
    give_schedctx(m, sc, receiver);
}

void answer_caller(struct model *m, struct model_reply *reply, struct model_thread *sender, bool can_grant)
{
    struct model_thread *caller = reply->thread;
    if (!caller || caller->state != STATE_REPLY)
        return;
    enum model_fault fault = caller->fault;
    return_schedctx(m, reply);
    if (fault) {
        bool goes_on = take_fault_reply(m, caller, sender);
        caller->fault = FAULT_NONE;
        caller->state = goes_on ? STATE_RESTART : STATE_INACTIVE;
    } else {
        deliver(m, sender, caller, 0, can_grant, NULL);
        caller->state = STATE_RUNNING;
    }
    struct model_schedctx *sc = caller->schedctx;
    if (!sc || !is_runnable(caller))
        return;
    bool has_none_ready =
        sc->is_configured && !sc->is_round_robin && sc != m->current_schedctx && !is_released(sc, m->now);
    if (has_none_ready && fault != FAULT_TIMEOUT && is_handler(caller->object->slot[SLOT_TIMEOUT].cap)) {
        sc->is_waiting = false;
        fault_timeout(m, caller);
    } else {
        unblock(m, caller);
    }
}

/* --- endpoints ------------------------------------------------------------------------------------------------------ */

void send_message(struct model *m, struct model_thread *sender, struct sending how)
{
    struct model_endpoint *endpoint = how.endpoint;
    struct model_thread *receiver = endpoint->are_senders ? NULL : queue_best(&endpoint->waiting);
    if (!receiver) {
        if (!how.blocks)
            return;
        sender->state = STATE_SEND;
        sender->endpoint = endpoint;
        sender->send_badge = how.badge;
        sender->send_is_call = how.is_call;
        sender->send_can_grant = how.can_grant;
        sender->send_can_reply = how.can_reply;
        unready(m, sender);
        endpoint->are_senders = true;
        queue_add_last(m, &endpoint->waiting, sender);
        return;
    }
    struct model_reply *reply = receiver->reply;
    queue_take(&endpoint->waiting, receiver);
    receiver->endpoint = NULL;
    deliver(m, sender, receiver, how.badge, how.can_grant, endpoint);
    if (reply)
        free_reply(reply);
    receiver->state = STATE_RUNNING;
    if (how.is_call)
        wait_for_answer(m, sender, receiver, reply, how.can_reply, how.may_donate);
    else if (how.may_donate && !receiver->schedctx && sender->schedctx)
        give_schedctx(m, sender->schedctx, receiver);
    unblock(m, receiver);
}

static void receive_from(struct model *m, struct model_endpoint *endpoint, struct model_thread *receiver,
                         struct model_reply *reply)
{
    struct model_thread *sender = queue_best(&endpoint->waiting);
    bool is_timeout = sender->fault == FAULT_TIMEOUT;
    queue_take(&endpoint->waiting, sender);
    endpoint->are_senders = endpoint->waiting.count > 0;
    sender->endpoint = NULL;
    deliver(m, sender, receiver, sender->send_badge, sender->send_can_grant, endpoint);
    if (sender->send_is_call) {
        bool was_passive = !receiver->schedctx;
        wait_for_answer(m, sender, receiver, reply, sender->send_can_reply, !is_timeout);
        if (was_passive)
            unblock(m, receiver); /* on what it was given, which may have to wait for its refill */
    } else {
        sender->state = STATE_RUNNING;
        unblock(m, sender);
    }
}

/* A thread that runs on its notification's context blocks. */
static void return_to_notification(struct model *m, struct model_notification *n, struct model_thread *t)
{
    if (n && n->schedctx && n->schedctx->thread == t)
        unbind_schedctx(m, n->schedctx);
}

/* A passive thread gets the notification's context when that is free. */
static void lend_from_notification(struct model *m, struct model_notification *n, struct model_thread *t)
{
    struct model_schedctx *sc = n->schedctx;
    if (t->schedctx || !sc || sc->thread)
        return;
    give_schedctx(m, sc, t);
    if (sc->is_configured && sc->is_sporadic && sc != m->current_schedctx)
        start_running(sc, m->now);
}

static bool take_signal(struct model *m, struct model_notification *n, struct model_thread *t)
{
    if (!n->is_active)
        return false;
    n->is_active = false;
    t->registers.reg[REG_CAP] = n->word;
    lend_from_notification(m, n, t);
    if (t->schedctx && t->schedctx == n->schedctx)
        resume_schedctx(m, t->schedctx);
    return true;
}

void receive_message(struct model *m, struct model_thread *receiver, struct model_endpoint *endpoint,
                     struct model_reply *reply, bool blocks)
{
    if (reply)
        claim_reply(m, reply, receiver);
    if (receiver->bound && take_signal(m, receiver->bound, receiver))
        return;
    if (endpoint->are_senders) {
        receive_from(m, endpoint, receiver, reply);
        return;
    }
    if (!blocks) {
        receiver->registers.reg[REG_CAP] = 0;
        return;
    }
    receiver->state = STATE_RECEIVE;
    receiver->endpoint = endpoint;
    receiver->reply = reply;
    if (reply)
        reply->thread = receiver;
    unready(m, receiver);
    return_to_notification(m, receiver->bound, receiver);
    queue_add_last(m, &endpoint->waiting, receiver);
}

/* --- notifications -------------------------------------------------------------------------------------------------- */

static void wake_with_word(struct model *m, struct model_notification *n, struct model_thread *t, uint64_t word)
{
    cancel_ipc(m, t);
    t->registers.reg[REG_CAP] = word;
    t->state = STATE_RUNNING;
    lend_from_notification(m, n, t);
    unblock(m, t);
}

void signal_notification(struct model *m, struct model_notification *n, uint64_t badge)
{
    struct model_thread *waiter = queue_best(&n->waiting);
    if (!waiter && !n->is_active && n->bound && n->bound->state == STATE_RECEIVE)
        waiter = n->bound;
    if (waiter) {
        wake_with_word(m, n, waiter, badge);
        return;
    }
    n->word = n->is_active ? n->word | badge : badge;
    n->is_active = true;
}

void wait_for_signal(struct model *m, struct model_thread *t, struct model_notification *n, bool blocks)
{
    if (take_signal(m, n, t))
        return;
    if (!blocks) {
        t->registers.reg[REG_CAP] = 0;
        return;
    }
    t->state = STATE_NOTIFICATION;
    t->notification = n;
    unready(m, t);
    return_to_notification(m, n, t);
    queue_add_last(m, &n->waiting, t);
}

/* --- ending ---------------------------------------------------------------------------------------------------------- */

void cancel_ipc(struct model *m, struct model_thread *t)
{
    if (t->endpoint) {
        queue_take(&t->endpoint->waiting, t);
        if (t->endpoint->waiting.count == 0)
            t->endpoint->are_senders = false;
        if (t->reply)
            free_reply(t->reply);
    } else if (t->notification) {
        queue_take(&t->notification->waiting, t);
    } else if (t->reply) {
        abandon_reply(m, t->reply);
    }
    t->endpoint = NULL;
    t->notification = NULL;
    t->fault = FAULT_NONE;
}

void suspend(struct model *m, struct model_thread *t)
{
    if (t->state == STATE_RUNNING)
        t->registers.restart_pc = t->registers.reg[REG_PC];
    cancel_ipc(m, t);
    if (t->yields_to)
        finish_yield(m, t->yields_to);
    unready(m, t);
    if (t->schedctx)
        t->schedctx->is_waiting = false;
    t->state = STATE_INACTIVE;
}

void resume(struct model *m, struct model_thread *t)
{
    if (is_runnable(t))
        return;
    cancel_ipc(m, t);
    t->state = STATE_RESTART;
    unblock(m, t);
}
