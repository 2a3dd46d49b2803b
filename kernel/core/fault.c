#include "core/fault.h"

#include "abi/fault.h"
#include "core/message.h"
#include "core/sched.h"
#include "lib/print.h"
#include "object/endpoint.h"
#include "object/thread.h"

/* --- raising ------------------------------------------------------------------------------------------------------- */

static bool is_handler(struct cap cap)
{
    return cap_type(cap) == ABI_CAP_TYPE_ENDPOINT && cap_endpoint_may_call(cap);
}

bool fault_has_timeout_handler(const struct thread *thread)
{
    return is_handler(thread->slot[THREAD_SLOT_TIMEOUT_HANDLER].cap);
}

static void send_to(struct thread *thread, struct cap handler, bool may_donate)
{
    endpoint_send(&(struct endpoint_send){
        .endpoint = cap_pointer(handler),
        .sender = thread,
        .badge = cap_badge(handler),
        .can_grant = cap_allows(handler, RIGHT_GRANT),
        .can_grant_reply = cap_allows(handler, RIGHT_GRANT_REPLY),
        .blocks = true,
        .is_call = true,
        .may_donate = may_donate,
    });
}

/* One line: a character takes some 50 instructions, and interrupts are off. */
static void report_unhandled(const struct thread *thread)
{
    print("fault %u without handler at %lx: %lx %lx %lx\n", thread->fault.type, context_restart_pc(&thread->context),
          thread->fault.word[0], thread->fault.word[1], thread->fault.word[2]);
}

static void raise(struct thread *thread)
{
    struct cap handler = thread->slot[THREAD_SLOT_FAULT_HANDLER].cap;
    hal_sync_context(thread);
    if (is_handler(handler)) {
        send_to(thread, handler, true);
        return;
    }
    report_unhandled(thread);
    thread->fault.type = ABI_FAULT_NULL;
    thread->state = THREAD_INACTIVE;
}

void fault_raise_cap(struct thread *thread, uint64_t address, bool in_receive_phase, struct lookup_failure failure)
{
    thread->fault = (struct thread_fault){
        .type = ABI_FAULT_CAP, .in_receive_phase = in_receive_phase, .word = {address}, .lookup = failure};
    raise(thread);
}

void fault_raise_unknown_syscall(struct thread *thread, uint64_t number)
{
    thread->fault = (struct thread_fault){.type = ABI_FAULT_UNKNOWN_SYSCALL, .word = {number}};
    raise(thread);
}

void fault_raise_exception(struct thread *thread, uint64_t number, uint64_t code)
{
    thread->fault = (struct thread_fault){.type = ABI_FAULT_USER_EXCEPTION, .word = {number, code}};
    raise(thread);
}

void fault_raise_vm(struct thread *thread, uint64_t address, uint64_t status, bool is_fetch)
{
    thread->fault = (struct thread_fault){.type = ABI_FAULT_VM, .word = {address, status, is_fetch}};
    raise(thread);
}

void fault_raise_timeout(struct thread *thread, struct schedctx *schedctx)
{
    /* The answer makes it restart: that must not be a call which it has made already. */
    if (thread->state == THREAD_RUNNING)
        context_stop_here(&thread->context);
    thread->fault = (struct thread_fault){.type = ABI_FAULT_TIMEOUT, .word = {schedctx->badge}};
    hal_sync_context(thread);
    send_to(thread, thread->slot[THREAD_SLOT_TIMEOUT_HANDLER].cap, false);
}

/* --- the message ---------------------------------------------------------------------------------------------------- */

/* Message words in the making: registers first, the rest to the buffer, or nowhere. */
struct fault_message {
    struct user_context *context;
    uint64_t *buffer;
    unsigned length;
};

static void put(struct fault_message *message, uint64_t word)
{
    if (message->length < ABI_MESSAGE_REGISTERS)
        context_set_mr(message->context, message->length, word);
    else if (message->buffer)
        message->buffer[ABI_IPC_BUFFER_MSG_OFFSET / 8 + message->length] = word;
    else
        return; /* lost: the length says how many there are */
    message->length++;
}

static void put_cap_fault(struct fault_message *message, const struct thread *thread)
{
    const struct lookup_failure *lookup = &thread->fault.lookup;
    put(message, context_restart_pc(&thread->context));
    put(message, thread->fault.word[0]);
    put(message, thread->fault.in_receive_phase);
    put(message, lookup->type);
    if (lookup->type == ABI_LOOKUP_INVALID_ROOT)
        return;
    put(message, lookup->bits_left);
    if (lookup->type == ABI_LOOKUP_DEPTH_MISMATCH)
        put(message, lookup->bits_found);
    if (lookup->type == ABI_LOOKUP_GUARD_MISMATCH) {
        put(message, lookup->guard);
        put(message, lookup->bits_found);
    }
}

static void put_registers(struct fault_message *message, const struct thread *thread, unsigned count)
{
    for (unsigned i = 0; i < count; i++)
        put(message, context_fault_register(&thread->context, thread->fault.type, i));
}

void fault_deliver(struct thread *sender, struct thread *receiver)
{
    struct thread_fault *fault = &sender->fault;
    struct fault_message message = {&receiver->context, thread_ipc_buffer(receiver, true), 0};
    switch (fault->type) {
    case ABI_FAULT_CAP:
        put_cap_fault(&message, sender);
        break;
    case ABI_FAULT_UNKNOWN_SYSCALL:
        put_registers(&message, sender, CONTEXT_SYSCALL_WORDS);
        put(&message, fault->word[0]);
        break;
    case ABI_FAULT_USER_EXCEPTION:
        put_registers(&message, sender, CONTEXT_EXCEPTION_WORDS);
        put(&message, fault->word[0]);
        put(&message, fault->word[1]);
        break;
    case ABI_FAULT_TIMEOUT:
        put(&message, fault->word[0]);
        if (sender->schedctx) {
            if (sender->schedctx == this_cpu()->current_schedctx)
                sched_commit(this_cpu());
            put(&message, schedctx_report_consumed(sender->schedctx));
        }
        break;
    default:
        put(&message, context_restart_pc(&sender->context));
        put(&message, fault->word[0]);
        put(&message, fault->word[2]);
        put(&message, fault->word[1]);
        break;
    }
    context_set_info(&receiver->context, message_info_make(fault->type, 0, 0, message.length));
}

/* --- the reply ------------------------------------------------------------------------------------------------------ */

static unsigned reply_words(uint32_t fault_type)
{
    switch (fault_type) {
    case ABI_FAULT_UNKNOWN_SYSCALL:
        return CONTEXT_SYSCALL_WORDS;
    case ABI_FAULT_USER_EXCEPTION:
        return CONTEXT_EXCEPTION_WORDS;
    case ABI_FAULT_TIMEOUT:
        return CONTEXT_TIMEOUT_WORDS;
    default:
        return 0;
    }
}

bool fault_take_reply(struct thread *thread, struct thread *handler)
{
    uint32_t type = thread->fault.type;
    unsigned wanted = reply_words(type);
    if (wanted == 0)
        return true;
    uint64_t info = context_info(&handler->context);
    unsigned length = message_length(info);
    unsigned count = length < wanted ? length : wanted;
    const volatile uint64_t *buffer = count > ABI_MESSAGE_REGISTERS ? thread_ipc_buffer(handler, false) : NULL;
    if (!buffer && count > ABI_MESSAGE_REGISTERS)
        count = ABI_MESSAGE_REGISTERS;
    hal_sync_context(thread);
    for (unsigned i = 0; i < count; i++) {
        uint64_t word =
            i < ABI_MESSAGE_REGISTERS ? context_mr(&handler->context, i) : buffer[ABI_IPC_BUFFER_MSG_OFFSET / 8 + i];
        context_set_fault_register(&thread->context, type, i, word);
    }
    thread_forget_call(thread);
    hal_context_changed(thread);
    return message_label(info) == 0;
}
