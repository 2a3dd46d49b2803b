#include "core/fault.h"

#include "abi/fault.h"
#include "core/handover.h"
#include "core/message.h"
#include "core/sched.h"
#include "hal/entry.h"
#include "lib/print.h"
#include "object/thread.h"

/* --- the message ---------------------------------------------------------------------------------------------------- */

/* The receiver's message words, by number; null when it has no buffer for those beyond the registers. */
static uint64_t *message_of(struct thread *receiver)
{
    uint64_t *buffer = thread_ipc_buffer(receiver, true);
    return buffer ? buffer + ABI_IPC_BUFFER_MSG_OFFSET / 8 : NULL;
}

static void put_four(struct user_context *context, uint64_t a, uint64_t b, uint64_t c, uint64_t d)
{
    context_set_mr(context, 0, a);
    context_set_mr(context, 1, b);
    context_set_mr(context, 2, c);
    context_set_mr(context, 3, d);
}

/* Returns the number of words, as the functions below. */
static NOINLINE unsigned put_cap_fault(const struct thread *sender, struct thread *receiver)
{
    const struct lookup_failure *lookup = &sender->fault.lookup;
    uint64_t *message = message_of(receiver);
    put_four(&receiver->context, context_restart_pc(&sender->context), sender->fault.word[0], sender->fault.word[1],
             lookup->type);
    if (lookup->type == ABI_LOOKUP_INVALID_ROOT || !message)
        return 4;
    message[4] = lookup->bits_left;
    if (lookup->type == ABI_LOOKUP_DEPTH_MISMATCH) {
        message[5] = lookup->bits_found;
        return 6;
    }
    if (lookup->type == ABI_LOOKUP_GUARD_MISMATCH) {
        message[5] = lookup->guard;
        message[6] = lookup->bits_found;
        return 7;
    }
    return 5;
}

static NOINLINE unsigned put_timeout(struct thread *sender, struct thread *receiver)
{
    context_set_mr(&receiver->context, 0, sender->fault.word[0]);
    if (!sender->schedctx)
        return 1;
    if (sender->schedctx == this_cpu()->current_schedctx)
        sched_commit(this_cpu());
    context_set_mr(&receiver->context, 1, schedctx_report_consumed(sender->schedctx));
    return 2;
}

static unsigned put_syscall(struct thread *sender, struct thread *receiver)
{
    uint64_t *message = message_of(receiver);
    context_put_syscall(&sender->context, &receiver->context, message);
    if (!message)
        return ABI_MESSAGE_REGISTERS;
    message[CONTEXT_SYSCALL_WORDS] = sender->fault.word[0];
    return CONTEXT_SYSCALL_WORDS + 1;
}

static unsigned put_exception(const struct thread *sender, struct thread *receiver)
{
    uint64_t *message = message_of(receiver);
    context_put_exception(&sender->context, &receiver->context);
    context_set_mr(&receiver->context, CONTEXT_EXCEPTION_WORDS, sender->fault.word[0]);
    if (!message)
        return ABI_MESSAGE_REGISTERS;
    message[CONTEXT_EXCEPTION_WORDS + 1] = sender->fault.word[1];
    return CONTEXT_EXCEPTION_WORDS + 2;
}
static_assert(CONTEXT_EXCEPTION_WORDS + 1 == ABI_MESSAGE_REGISTERS,
              "the number is in the last register, the code in the buffer");

static unsigned put_vm_fault(const struct thread *sender, struct thread *receiver)
{
    const uint64_t *word = sender->fault.word;
    put_four(&receiver->context, context_restart_pc(&sender->context), word[0], word[2], word[1]);
    return 4;
}

static ALWAYS_INLINE void deliver(struct thread *sender, struct thread *receiver, uint32_t type)
{
    unsigned length;
    if (type == ABI_FAULT_VM)
        length = put_vm_fault(sender, receiver);
    else if (type == ABI_FAULT_UNKNOWN_SYSCALL)
        length = put_syscall(sender, receiver);
    else if (type == ABI_FAULT_USER_EXCEPTION)
        length = put_exception(sender, receiver);
    else if (type == ABI_FAULT_CAP)
        length = put_cap_fault(sender, receiver);
    else
        length = put_timeout(sender, receiver);
    context_set_info(&receiver->context, message_info_make(type, 0, 0, length));
}

void fault_deliver(struct thread *sender, struct thread *receiver)
{
    deliver(sender, receiver, sender->fault.type);
}

/* --- raising ------------------------------------------------------------------------------------------------------- */

static bool is_handler(struct cap cap)
{
    return cap_endpoint_may_call(cap);
}

bool fault_has_timeout_handler(const struct thread *thread)
{
    return is_handler(thread->slot[THREAD_SLOT_TIMEOUT_HANDLER].cap);
}

/* One line: a character takes some 50 instructions, and interrupts are off. */
static void report_unhandled(const struct thread *thread)
{
    print("fault %u without handler at %lx: %lx %lx %lx\n", thread->fault.type, context_restart_pc(&thread->context),
          thread->fault.word[0], thread->fault.word[1], thread->fault.word[2]);
}

static NOINLINE void stop_unhandled(struct thread *thread)
{
    report_unhandled(thread);
    thread->fault.type = ABI_FAULT_NULL;
    thread->state = THREAD_INACTIVE;
}

void fault_raise(struct thread *thread, uint32_t type)
{
    struct cap handler = thread->slot[THREAD_SLOT_FAULT_HANDLER].cap;
    thread->fault.type = type;
    if (is_handler(handler))
        endpoint_send(handler, thread, SEND_BLOCKS | SEND_CALLS | SEND_DONATES, NULL);
    else
        stop_unhandled(thread);
}

void fault_raise_cap(struct thread *thread, uint64_t address, bool in_receive_phase, struct lookup_failure failure)
{
    fault_set_words(thread, address, in_receive_phase, 0);
    thread->fault.lookup = failure;
    fault_raise(thread, ABI_FAULT_CAP);
}

void fault_raise_timeout(struct thread *thread, struct schedctx *schedctx)
{
    /* The answer makes it restart: that must not be a call which it has made already. */
    if (thread->state == THREAD_RUNNING)
        context_stop_here(&thread->context);
    fault_set_words(thread, schedctx->badge, 0, 0);
    thread->fault.type = ABI_FAULT_TIMEOUT;
    endpoint_send(thread->slot[THREAD_SLOT_TIMEOUT_HANDLER].cap, thread, SEND_BLOCKS | SEND_CALLS, NULL);
}

/* --- faults as kernel entries ----------------------------------------------------------------------------------------- */

/* `is_over`: the faulting instruction is not to be repeated, as it is a foreign thread's system call. */
static NOINLINE void raise_slowly(struct cpu *cpu, uint32_t type, bool is_over)
{
    struct thread *thread = cpu->current;
    uint64_t number = is_over ? context_foreign_number(&thread->context) : thread->fault.word[0];
    if (sched_enter(cpu, ABI_TRACE_FAULT, type | (uint32_t)number << 8)) {
        if (is_over)
            context_stop_here(&thread->context);
        fault_raise(thread, type);
    }
    sched_leave(cpu);
}

/* The current thread faults, with the words set. To a handler that waits without a context of its own in one go. */
static ALWAYS_INLINE void raise_now(struct cpu *cpu, struct thread *thread, uint32_t type, bool is_over)
{
    struct cap handler = thread->slot[THREAD_SLOT_FAULT_HANDLER].cap;
    struct endpoint *endpoint = cap_pointer(handler);
    struct thread *receiver = CONFIG_FASTPATH && is_handler(handler) ? handover_receiver(cpu, endpoint) : NULL;
    if (!receiver || !handover_begin(cpu)) {
        raise_slowly(cpu, type, is_over);
        return;
    }
    if (is_over)
        context_stop_here(&thread->context);
    handover_take_receiver(endpoint, receiver);
    thread->fault.type = type;
    deliver(thread, receiver, type);
    context_set_badge(&receiver->context, cap_badge(handler));
    handover_lend(cpu, thread, receiver);
}

void kernel_user_exception(uint64_t number, uint64_t code)
{
    struct cpu *cpu = this_cpu();
    struct thread *thread = cpu->current;
    fault_set_words(thread, number, code, 0);
    raise_now(cpu, thread, ABI_FAULT_USER_EXCEPTION, false);
}

void kernel_user_trap(uint64_t number, uint64_t code)
{
    /* Told even when the budget is over, which ends it right afterwards: nobody would tell again. */
    struct cpu *cpu = this_cpu();
    struct thread *thread = cpu->current;
    cpu->now = hal_time();
    if (UNLIKELY(cpu->trace.capacity != 0))
        trace_enter(cpu, ABI_TRACE_FAULT, ABI_FAULT_USER_EXCEPTION | (uint32_t)number << 8);
    fault_set_words(thread, number, code, 0);
    fault_raise(thread, ABI_FAULT_USER_EXCEPTION);
    sched_leave(cpu);
}

void kernel_vm_fault(uint64_t address, uint64_t status, bool is_fetch)
{
    struct cpu *cpu = this_cpu();
    struct thread *thread = cpu->current;
    fault_set_words(thread, address, status, is_fetch);
    raise_now(cpu, thread, ABI_FAULT_VM, false);
}

void fault_enter_syscall(uint64_t number, bool is_over)
{
    struct cpu *cpu = this_cpu();
    struct thread *thread = cpu->current;
    fault_set_words(thread, number, 0, 0);
    raise_now(cpu, thread, ABI_FAULT_UNKNOWN_SYSCALL, is_over);
}

void kernel_unknown_syscall(uint64_t number)
{
    fault_enter_syscall(number, false);
}

/* --- the reply ------------------------------------------------------------------------------------------------------ */

void fault_take_reply(struct thread *thread, struct thread *handler)
{
    uint32_t type = thread->fault.type;
    unsigned wanted = fault_reply_words(type);
    thread->fault.type = ABI_FAULT_NULL;
    if (wanted == 0)
        return;
    unsigned length = message_length(context_info(&handler->context));
    unsigned count = length < wanted ? length : wanted;
    const uint64_t *message = NULL;
    if (count > ABI_MESSAGE_REGISTERS) {
        const uint64_t *buffer = thread_ipc_buffer(handler, false);
        if (buffer)
            message = buffer + ABI_IPC_BUFFER_MSG_OFFSET / 8;
        else
            count = ABI_MESSAGE_REGISTERS;
    }
    thread_forget_call(thread);
    context_take_fault_reply(&thread->context, type, &handler->context, message, count);
}
