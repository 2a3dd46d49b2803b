/*
 * System calls: what a number means, who is invoked, and what the caller gets back.
 *
 * Every path here runs between sched_enter and sched_leave. The order of checks is the interface's: budget, lookup of the
 * invoked capability, lookup of the extra ones, then the object's own.
 */
#include "abi/syscall.h"

#include "core/captree.h"
#include "core/cpu.h"
#include "core/debug.h"
#include "core/fastpath.h"
#include "core/fault.h"
#include "core/lookup.h"
#include "core/message.h"
#include "core/sched.h"
#include "hal/entry.h"
#include "object/endpoint.h"
#include "object/invocation.h"
#include "object/irq.h"
#include "object/notification.h"
#include "object/reply.h"

/* --- what an invocation answers ---------------------------------------------------------------------------------------- */

static void put_word(struct thread *caller, unsigned index, uint64_t word)
{
    if (index < ABI_MESSAGE_REGISTERS) {
        context_set_mr(&caller->context, index, word);
        return;
    }
    uint64_t *buffer = thread_ipc_buffer(caller, true);
    if (buffer)
        buffer[ABI_IPC_BUFFER_MSG_OFFSET / 8 + index] = word;
}

/* Writes the words that explain a failed lookup from word `at` on; returns how many there are. */
static unsigned put_lookup_failure(struct thread *caller, unsigned at, struct lookup_failure lookup)
{
    put_word(caller, at, lookup.type);
    if (lookup.type == ABI_LOOKUP_INVALID_ROOT)
        return 1;
    put_word(caller, at + 1, lookup.bits_left);
    if (lookup.type == ABI_LOOKUP_DEPTH_MISMATCH) {
        put_word(caller, at + 2, lookup.bits_found);
        return 3;
    }
    if (lookup.type == ABI_LOOKUP_GUARD_MISMATCH) {
        put_word(caller, at + 2, lookup.guard);
        put_word(caller, at + 3, lookup.bits_found);
        return 4;
    }
    return 2;
}

static unsigned put_refusal(struct thread *caller, struct refusal refusal)
{
    switch (refusal_error(refusal)) {
    case ABI_ERROR_INVALID_ARGUMENT:
    case ABI_ERROR_INVALID_CAPABILITY:
    case ABI_ERROR_NOT_ENOUGH_MEMORY:
        put_word(caller, 0, refusal.value);
        return 1;
    case ABI_ERROR_RANGE_ERROR:
        put_word(caller, 0, refusal_minimum(refusal));
        put_word(caller, 1, refusal.value);
        return 2;
    case ABI_ERROR_FAILED_LOOKUP:
        put_word(caller, 0, refusal_is_source(refusal));
        return 1 + put_lookup_failure(caller, 1, refusal_lookup(refusal));
    default:
        return 0;
    }
}

static void answer(struct thread *caller, unsigned label, unsigned length)
{
    context_set_badge(&caller->context, 0);
    context_set_info(&caller->context, message_info_make(label, 0, 0, length));
}

/* --- giving way ------------------------------------------------------------------------------------------------------------ */

/* A capability space may be 64 CNodes deep; after so many there is a look for an interrupt, where nothing is changed yet. */
#define FAR_WALK 64

/* After a walk: whether the call is to be issued again, for an interrupt that waits. It keeps the progress it has made. */
static NOINLINE bool give_way(struct thread *caller)
{
    struct cpu *cpu = this_cpu();
    if (cpu->levels_walked < FAR_WALK)
        return false;
    cpu->levels_walked = 0;
    if (!hal_interrupt_is_pending())
        return false;
    caller->call_progress = cpu->repeated_progress;
    caller->special |= cpu->repeated_progress ? THREAD_CALL_PREEMPTED : 0;
    caller->state = THREAD_RESTART;
    return true;
}

/* --- sending --------------------------------------------------------------------------------------------------------------- */

/* The values say how an endpoint is sent to. */
enum send_kind {
    SEND_TRY = 0,                                        /* NBSend */
    SEND_BLOCKING = SEND_BLOCKS,                         /* Send */
    SEND_FIRST = SEND_DONATES,                           /* first half of ReplyRecv, NBSendRecv, NBSendWait */
    SEND_CALL = SEND_BLOCKS | SEND_CALLS | SEND_DONATES, /* Call */
};

enum send_result { SEND_DONE, SEND_PREEMPTED };

static NOINLINE enum send_result invoke(struct thread *caller, struct cap_slot *slot, const struct extra_caps *extra,
                                        enum send_kind kind)
{
    uint64_t info = context_info(&caller->context);
    struct invocation invocation = {.caller = caller,
                                    .slot = slot,
                                    .cap = slot->cap,
                                    .label = message_label(info),
                                    .extra = extra ? extra->slot : NULL,
                                    .length = message_length(info),
                                    .extra_count = extra ? extra->count : 0,
                                    .progress = this_cpu()->repeated_progress,
                                    .is_call = kind == SEND_CALL,
                                    .is_first_half = kind == SEND_FIRST};
    if (invocation.length > ABI_MESSAGE_REGISTERS) {
        invocation.buffer = thread_ipc_buffer(caller, false);
        if (!invocation.buffer)
            invocation.length = ABI_MESSAGE_REGISTERS;
    }

    struct refusal refusal = invocation_dispatch(&invocation);
    if (UNLIKELY(refusal_is_preempted(refusal))) {
        caller->call_progress = invocation.progress;
        caller->special |= invocation.progress ? THREAD_CALL_PREEMPTED : 0;
        if (thread_is_runnable(caller))
            caller->state = THREAD_RESTART;
        return SEND_PREEMPTED;
    }
    if (kind != SEND_CALL || invocation.has_replied)
        return SEND_DONE;
    if (refused(refusal))
        answer(caller, refusal_error(refusal), put_refusal(caller, refusal));
    else
        answer(caller, ABI_ERROR_NONE, invocation.result_count);
    return SEND_DONE;
}

static void refuse_send(struct thread *caller, enum send_kind kind)
{
    if (kind != SEND_CALL)
        return;
    struct refusal refusal = refuse_number(ABI_ERROR_INVALID_CAPABILITY, 0);
    answer(caller, refusal_error(refusal), put_refusal(caller, refusal));
}

/* A look-up for a send failed: a fault, or nothing for the sends that never wait. */
static NOINLINE enum send_result send_failed(struct thread *caller, uint64_t address, struct lookup_failure failure,
                                             enum send_kind kind)
{
    if (kind == SEND_BLOCKING || kind == SEND_CALL)
        fault_raise_cap(caller, address, false, failure);
    return SEND_DONE;
}

/* `extra`: the message's capabilities, null when it has none. */
static ALWAYS_INLINE enum send_result send_to(struct thread *caller, struct cap_slot *slot,
                                              const struct extra_caps *extra, enum send_kind kind)
{
    struct cap cap = slot->cap;
    switch (cap_type(cap)) {
    case ABI_CAP_TYPE_ENDPOINT:
        if (!cap_allows(cap, RIGHT_WRITE))
            refuse_send(caller, kind);
        else
            endpoint_send(cap, caller, kind, extra);
        return SEND_DONE;
    case ABI_CAP_TYPE_NOTIFICATION:
        if (!cap_allows(cap, RIGHT_WRITE)) {
            refuse_send(caller, kind);
            return SEND_DONE;
        }
        if (kind == SEND_CALL)
            answer(caller, ABI_ERROR_NONE, 0);
        notification_signal(cap_pointer(cap), cap_badge(cap));
        return SEND_DONE;
    case ABI_CAP_TYPE_REPLY:
        reply_send(cap_pointer(cap), caller, cap_allows(cap, RIGHT_GRANT), extra);
        if (kind == SEND_CALL)
            answer(caller, ABI_ERROR_NONE, 0);
        return SEND_DONE;
    default:
        return invoke(caller, slot, extra, kind);
    }
}

static NOINLINE enum send_result send_with_extra(struct thread *caller, struct cap_slot *slot, enum send_kind kind)
{
    struct extra_caps extra;
    if (!message_lookup_extra(caller, &extra))
        return send_failed(caller, extra.failed_address, extra.failure, kind);
    if (give_way(caller))
        return SEND_PREEMPTED;
    return send_to(caller, slot, &extra, kind);
}

static enum send_result send(struct thread *caller, uint64_t address, enum send_kind kind)
{
    struct cap_slot *slot = lookup_in_root(caller, address);
    if (UNLIKELY(!slot)) {
        struct cap_lookup found = lookup_cap(caller, address);
        if (found.failure.type != ABI_LOOKUP_NONE)
            return send_failed(caller, address, found.failure, kind);
        if (give_way(caller))
            return SEND_PREEMPTED;
        slot = found.slot;
    }
    if (message_extra_caps(context_info(&caller->context)) > 0)
        return send_with_extra(caller, slot, kind);
    return send_to(caller, slot, NULL, kind);
}

/* --- receiving -------------------------------------------------------------------------------------------------------------- */

static void refuse_receive(struct thread *caller, uint64_t address)
{
    fault_raise_cap(caller, address, true, lookup_missing_capability(0));
}

/* The slot a receive names; a failure is a fault, and null, and so is giving way to an interrupt. */
static struct cap_slot *find_to_receive(struct thread *caller, uint64_t address, bool may_give_way)
{
    struct cap_slot *slot = lookup_in_root(caller, address);
    if (LIKELY(slot != NULL))
        return slot;
    struct cap_lookup found = lookup_cap(caller, address);
    if (found.failure.type == ABI_LOOKUP_NONE)
        return may_give_way && give_way(caller) ? NULL : found.slot;
    fault_raise_cap(caller, address, true, found.failure);
    return NULL;
}

/* `with_reply`: the reply register names the object that an endpoint's message is to be answered through. Not the
 * second half of a call `may_give_way`: the first is done, and a server without time of its own must reach its receive. */
static void receive(struct thread *caller, uint64_t address, uint64_t reply_address, bool blocks, bool with_reply,
                    bool may_give_way)
{
    struct cap_slot *slot = find_to_receive(caller, address, may_give_way);
    if (!slot)
        return;
    struct cap cap = slot->cap;
    if (cap_type(cap) == ABI_CAP_TYPE_ENDPOINT && cap_allows(cap, RIGHT_READ)) {
        struct reply *reply = NULL;
        if (with_reply) {
            struct cap_slot *reply_slot = find_to_receive(caller, reply_address, may_give_way);
            if (!reply_slot)
                return;
            if (cap_type(reply_slot->cap) != ABI_CAP_TYPE_REPLY) {
                refuse_receive(caller, reply_address);
                return;
            }
            reply = cap_pointer(reply_slot->cap);
        }
        endpoint_receive(cap_pointer(cap), caller, reply, blocks);
    } else if (cap_type(cap) == ABI_CAP_TYPE_NOTIFICATION && cap_allows(cap, RIGHT_READ)) {
        struct notification *notification = cap_pointer(cap);
        if (notification->bound_thread && notification->bound_thread != caller)
            refuse_receive(caller, address);
        else
            notification_wait(notification, caller, blocks);
    } else {
        refuse_receive(caller, address);
    }
}

/* --- by number ---------------------------------------------------------------------------------------------------------------- */

/* Sends to `dest`, then receives, unless the first half is to be issued again. */
static void send_receive(struct thread *caller, uint64_t dest, uint64_t source, uint64_t reply, bool with_reply)
{
    if (send(caller, dest, SEND_FIRST) == SEND_PREEMPTED)
        return;
    receive(caller, source, reply, true, with_reply, false);
}

static bool is_known(int64_t number)
{
    return number >= ABI_SYSCALL_YIELD && number <= ABI_SYSCALL_CALL;
}

static void handle(struct cpu *cpu, struct thread *caller, int64_t number)
{
    const struct user_context *context = &caller->context;
    uint64_t cap = context_cap(context), reply = context_reply_cap(context);
    switch (number) {
    case ABI_SYSCALL_CALL:
        send(caller, cap, SEND_CALL);
        break;
    case ABI_SYSCALL_REPLY_RECV:
        send_receive(caller, reply, cap, reply, true);
        break;
    case ABI_SYSCALL_NBSEND_RECV:
        send_receive(caller, context_destination(context), cap, reply, true);
        break;
    case ABI_SYSCALL_NBSEND_WAIT:
        send_receive(caller, reply, cap, 0, false);
        break;
    case ABI_SYSCALL_SEND:
        send(caller, cap, SEND_BLOCKING);
        break;
    case ABI_SYSCALL_NBSEND:
        send(caller, cap, SEND_TRY);
        break;
    case ABI_SYSCALL_RECV:
        receive(caller, cap, reply, true, true, true);
        break;
    case ABI_SYSCALL_NBRECV:
        receive(caller, cap, reply, false, true, true);
        break;
    case ABI_SYSCALL_WAIT:
        receive(caller, cap, 0, true, false, true);
        break;
    case ABI_SYSCALL_NBWAIT:
        receive(caller, cap, 0, false, false, true);
        break;
    default:
        sched_yield(cpu);
        break;
    }
}

/*
 * The thread has been preempted in an invocation; this is the same call again, or another one, since capabilities, memory and
 * registers may have changed meanwhile. Only what it invokes now may take up what was done; for all else it is over.
 */
static NOINLINE void handle_again(struct cpu *cpu, struct thread *caller, int64_t number)
{
    cpu->repeated_progress = caller->call_progress;
    thread_forget_call(caller);
    handle(cpu, caller, number);
    cpu->repeated_progress = 0;
}

/* A number that only some kernels know. */
static void optional_syscall(struct cpu *cpu, struct thread *caller, int64_t number)
{
    if (debug_syscall(number, caller)) {
        /* Exempt from the budget, and no time is accounted: the next entry does. */
    } else if (sched_enter(cpu, ABI_TRACE_SYSCALL, (uint32_t)number) && !hal_syscall(number, caller)) {
        fault_set_words(caller, (uint64_t)number, 0, 0);
        fault_raise(caller, ABI_FAULT_UNKNOWN_SYSCALL);
    }
    sched_leave(cpu);
}

void kernel_syscall_slowly(void)
{
    struct cpu *cpu = this_cpu();
    struct thread *caller = cpu->current;
    int64_t number = (int64_t)context_syscall_number(&caller->context);
    if (UNLIKELY(caller->special & THREAD_IS_FOREIGN)) {
        /* The handler needs only to give a result: the thread goes on behind the call. */
        fault_enter_syscall((uint64_t)number, true);
    } else if (LIKELY(is_known(number))) {
        if (sched_enter(cpu, ABI_TRACE_SYSCALL, (uint32_t)number)) {
            if (UNLIKELY(caller->special & THREAD_CALL_PREEMPTED))
                handle_again(cpu, caller, number);
            else
                handle(cpu, caller, number);
        }
        if (!sched_is_settled(cpu))
            sched_leave(cpu);
    } else if (number >= ABI_SYSCALL_FIRST && number < 0) {
        optional_syscall(cpu, caller, number);
    } else {
        fault_enter_syscall((uint64_t)number, false);
    }
}

void kernel_syscall(void)
{
    struct thread *caller = this_cpu()->current;
    if (LIKELY(CONFIG_FASTPATH && !(caller->special & (THREAD_IS_FOREIGN | THREAD_CALL_PREEMPTED)))) {
        switch ((int64_t)context_syscall_number(&caller->context)) {
        case ABI_SYSCALL_CALL:
            if (message_extra_caps(context_info(&caller->context)) > 0)
                break;
            fastpath_call();
            return;
        case ABI_SYSCALL_NBSEND_RECV:
            if (context_destination(&caller->context) != context_reply_cap(&caller->context))
                break;
            FALLTHROUGH; /* an answer through the reply object that the next message is received with */
        case ABI_SYSCALL_REPLY_RECV:
            fastpath_reply_recv();
            return;
        case ABI_SYSCALL_SEND:
        case ABI_SYSCALL_NBSEND:
            fastpath_send();
            return;
        case ABI_SYSCALL_WAIT:
            fastpath_wait();
            return;
        case ABI_SYSCALL_RECV:
            fastpath_receive();
            return;
        case ABI_SYSCALL_YIELD:
            fastpath_yield();
            return;
        default:
            break;
        }
    }
    kernel_syscall_slowly();
}

/* --- interrupts --------------------------------------------------------------------------------------------------------------- */

void kernel_interrupt_slowly(unsigned irq)
{
    struct cpu *cpu = this_cpu();
    sched_enter(cpu, ABI_TRACE_INTERRUPT, irq);
    irq_deliver(irq);
    sched_leave(cpu);
}

void kernel_interrupt(unsigned irq)
{
    if (CONFIG_FASTPATH)
        fastpath_interrupt(irq);
    else
        kernel_interrupt_slowly(irq);
}

void kernel_timer_interrupt(void)
{
    struct cpu *cpu = this_cpu();
    cpu->timer_stale = true;
    cpu->armed_deadline = UINT64_MAX;
    sched_enter(cpu, ABI_TRACE_TIMER, 0);
    sched_leave(cpu);
}

void kernel_spurious_interrupt(void)
{
    struct cpu *cpu = this_cpu();
    sched_enter(cpu, ABI_TRACE_SPURIOUS, 0);
    sched_leave(cpu);
}
