/* Entering the kernel: system calls by number, exceptions, interrupts. */
#include "internal.h"

/* --- sending -------------------------------------------------------------------------------------------------------- */

enum manner { SENDING, TRYING, CALLING, FIRST_HALF };

static void give(struct model *m, struct model_thread *caller, const struct answer *answer)
{
    uint8_t *buffer = buffer_of(m, caller, true);
    unsigned count = 0;
    for (unsigned i = 0; i < answer->count && (i < MESSAGE_REGISTERS || buffer || answer->error); i++, count++)
        if (i < MESSAGE_REGISTERS)
            caller->registers.reg[REG_MR0 + i] = answer->word[i];
        else if (buffer)
            store(buffer, BUFFER_MESSAGE + 8 * i, answer->word[i]);
    caller->registers.reg[REG_CAP] = 0;
    caller->registers.reg[REG_INFO] = (uint64_t)answer->error << 12 | count;
}

/* The first half of a combined call does not act on what the caller itself consists of. */
static bool is_refused_as_first_half(enum model_kind kind)
{
    return kind == KIND_TCB || kind == KIND_CNODE || kind == KIND_DOMAIN || kind == KIND_SCHED_CONTROL ||
           kind == KIND_SCHED_CONTEXT;
}

static void send_call(struct model *m, struct model_thread *caller, uint64_t address, enum manner manner)
{
    bool faults = manner == SENDING || manner == CALLING;
    struct found found = resolve_cap(caller, address);
    if (!found.slot) {
        if (faults)
            fault_cap(m, caller, address, false, found.failure);
        return;
    }
    struct extras extras = find_extras(m, caller);
    if (extras.failed) {
        if (faults)
            fault_cap(m, caller, extras.address, false, extras.failure);
        return;
    }
    struct model_cap cap = found.slot->cap;
    struct answer answer = fail_with(ERROR_INVALID_CAPABILITY, 0);
    bool may_write = cap.rights & MAY_WRITE;
    if (cap.kind == KIND_ENDPOINT && may_write) {
        send_message(m, caller,
                     (struct sending){.endpoint = cap.object->endpoint,
                                      .badge = cap.badge,
                                      .can_grant = cap.rights & MAY_GRANT,
                                      .can_reply = cap.rights & (MAY_GRANT | MAY_GRANT_REPLY),
                                      .blocks = faults,
                                      .is_call = manner == CALLING,
                                      .may_donate = manner == CALLING || manner == FIRST_HALF});
        return;
    }
    if (cap.kind == KIND_NOTIFICATION && may_write) {
        signal_notification(m, cap.object->notification, cap.badge);
        answer = done();
    } else if (cap.kind == KIND_REPLY) {
        answer_caller(m, cap.object->reply, caller, cap.rights & MAY_GRANT);
        answer = done();
    } else if (cap.kind != KIND_ENDPOINT && cap.kind != KIND_NOTIFICATION &&
               !(manner == FIRST_HALF && is_refused_as_first_half(cap.kind))) {
        uint64_t info = caller->registers.reg[REG_INFO];
        struct message message = {.caller = caller,
                                  .slot = found.slot,
                                  .cap = cap,
                                  .label = info >> 12,
                                  .length = info % 128 > MESSAGE_WORDS ? MESSAGE_WORDS : info % 128,
                                  .extra = extras,
                                  .buffer = buffer_of(m, caller, false),
                                  .wants_answer = manner == CALLING};
        if (!message.buffer && message.length > MESSAGE_REGISTERS)
            message.length = MESSAGE_REGISTERS;
        answer = invoke(m, &message);
    }
    if (manner == CALLING && !answer.is_given)
        give(m, caller, &answer);
}

/* --- receiving ------------------------------------------------------------------------------------------------------ */

static void refuse_receive(struct model *m, struct model_thread *caller, uint64_t address)
{
    fault_cap(m, caller, address, true, lookup_failure(LOOKUP_MISSING_CAP, 1, 0, 0, 0));
}

static void receive(struct model *m, struct model_thread *caller, uint64_t address, bool blocks, bool has_reply)
{
    struct found found = resolve_cap(caller, address);
    if (!found.slot) {
        fault_cap(m, caller, address, true, found.failure);
        return;
    }
    struct model_cap cap = found.slot->cap;
    bool may_read = cap.rights & MAY_READ;
    if (cap.kind == KIND_ENDPOINT && may_read) {
        struct model_reply *reply = NULL;
        if (has_reply) {
            uint64_t reply_address = caller->registers.reg[REG_REPLY];
            struct found found_reply = resolve_cap(caller, reply_address);
            if (!found_reply.slot) {
                fault_cap(m, caller, reply_address, true, found_reply.failure);
                return;
            }
            if (found_reply.slot->cap.kind != KIND_REPLY) {
                refuse_receive(m, caller, reply_address);
                return;
            }
            reply = found_reply.slot->cap.object->reply;
        }
        receive_message(m, caller, cap.object->endpoint, reply, blocks);
    } else if (cap.kind == KIND_NOTIFICATION && may_read &&
               (!cap.object->notification->bound || cap.object->notification->bound == caller)) {
        wait_for_signal(m, caller, cap.object->notification, blocks);
    } else {
        refuse_receive(m, caller, address);
    }
}

/* --- entries -------------------------------------------------------------------------------------------------------- */

static void identify(struct model_thread *caller)
{
    struct found found = resolve_cap(caller, caller->registers.reg[REG_CAP]);
    caller->registers.reg[REG_CAP] = found.slot ? found.slot->cap.kind : KIND_NULL;
}

static void perform(struct model *m, struct model_thread *t)
{
    uint64_t *reg = t->registers.reg;
    uint64_t cap = reg[REG_CAP], reply = reg[REG_REPLY], destination = reg[REG_DESTINATION];
    switch ((int64_t)reg[REG_NUMBER]) {
    case CALL_CALL:
        send_call(m, t, cap, CALLING);
        break;
    case CALL_SEND:
        send_call(m, t, cap, SENDING);
        break;
    case CALL_NBSEND:
        send_call(m, t, cap, TRYING);
        break;
    case CALL_REPLY_RECV:
        send_call(m, t, reply, FIRST_HALF);
        receive(m, t, cap, true, true);
        break;
    case CALL_NBSEND_RECV:
        send_call(m, t, destination, FIRST_HALF);
        receive(m, t, cap, true, true);
        break;
    case CALL_NBSEND_WAIT:
        send_call(m, t, reply, FIRST_HALF);
        receive(m, t, cap, true, false);
        break;
    case CALL_RECV:
        receive(m, t, cap, true, true);
        break;
    case CALL_NBRECV:
        receive(m, t, cap, false, true);
        break;
    case CALL_WAIT:
        receive(m, t, cap, true, false);
        break;
    case CALL_NBWAIT:
        receive(m, t, cap, false, false);
        break;
    case CALL_YIELD:
        give_up_budget(m);
        break;
    case CALL_SET_TLS_BASE:
        set_register(t, REG_TLS, cap);
        break;
    default:
        fault_plain(m, t, FAULT_UNKNOWN_SYSCALL, reg[REG_NUMBER], 0, 0);
        break;
    }
}

void model_syscall(struct model *m)
{
    struct model_thread *t = m->current;
    m->wake_count = 0;
    t->registers.restart_pc = t->registers.reg[REG_PC];
    t->registers.reg[REG_PC] += 2;
    bool is_foreign = t->flags & FLAG_FOREIGN;
    if (!is_foreign && (int64_t)t->registers.reg[REG_NUMBER] == CALL_DEBUG_CAP_IDENTIFY) {
        identify(t);
        leave(m);
        return;
    }
    enter(m);
    if (check_budget(m, true)) {
        if (is_foreign) {
            t->registers.restart_pc = t->registers.reg[REG_PC];
            fault_plain(m, t, FAULT_UNKNOWN_SYSCALL, t->registers.reg[REG_NUMBER], 0, 0);
        } else {
            perform(m, t);
        }
    }
    leave(m);
}

static void stopped_between_instructions(struct model *m)
{
    m->wake_count = 0;
    if (m->current)
        m->current->registers.restart_pc = m->current->registers.reg[REG_PC];
}

void model_exception(struct model *m, uint64_t number, uint64_t code)
{
    stopped_between_instructions(m);
    enter(m);
    if (check_budget(m, true))
        fault_plain(m, m->current, FAULT_EXCEPTION, number, code, 0);
    leave(m);
}

void model_vm_fault(struct model *m, uint64_t address, uint64_t status, bool is_fetch)
{
    stopped_between_instructions(m);
    enter(m);
    if (check_budget(m, true))
        fault_plain(m, m->current, FAULT_VM, address, status, is_fetch);
    leave(m);
}

void model_interrupt(struct model *m, unsigned irq)
{
    stopped_between_instructions(m);
    enter(m);
    check_budget(m, false);
    struct model_cap cap = m->irq[irq].notification.cap;
    if (cap.kind == KIND_NOTIFICATION)
        signal_notification(m, cap.object->notification, cap.badge);
    leave(m);
}

void model_tick(struct model *m)
{
    stopped_between_instructions(m);
    enter(m);
    check_budget(m, false);
    leave(m);
}
