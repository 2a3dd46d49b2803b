/* What can be asked of a thread capability: decoding and checks; the actions are in thread.c. */
#include "core/captree.h"
#include "core/sched.h"
#include "object/endpoint.h"
#include "object/invocation.h"
#include "object/notification.h"
#include "object/schedctx.h"
#include "object/thread.h"

static struct refusal illegal(void)
{
    return refuse(ABI_ERROR_ILLEGAL_OPERATION);
}

static struct refusal truncated(void)
{
    return refuse(ABI_ERROR_TRUNCATED_MESSAGE);
}

static struct thread *target_of(const struct invocation *invocation)
{
    return cap_pointer(invocation->cap);
}

/* --- registers -------------------------------------------------------------------------------------------------------- */

#define REGISTERS_SUSPEND_SOURCE          BIT(0)
#define REGISTERS_RESUME_TARGET_READWRITE BIT(0)
#define REGISTERS_RESUME_TARGET           BIT(1)
#define REGISTERS_TRANSFER_FRAME          BIT(2)
#define REGISTERS_TRANSFER_INTEGER        BIT(3)

/*
 * Registers as others see them: of a thread that is stopped, or has yet to restart, the pc is where it goes on. What is read and written
 * back changes nothing then: a call that is still to be issued is not skipped.
 */
static void registers_settle(struct thread *thread)
{
    hal_sync_context(thread);
    if (thread->state == THREAD_INACTIVE || thread->state == THREAD_RESTART)
        context_restart(&thread->context);
}

static struct refusal read_registers(struct invocation *invocation)
{
    struct thread *target = target_of(invocation);
    if (invocation->length < 2)
        return truncated();
    uint64_t flags = invocation_word(invocation, 0), count = invocation_word(invocation, 1);
    if (count < 1 || count > CONTEXT_USER_REGISTERS)
        return refuse_range(1, CONTEXT_USER_REGISTERS);
    if (target == invocation->caller)
        return illegal();
    if (flags & REGISTERS_SUSPEND_SOURCE)
        thread_suspend(target);
    registers_settle(target);
    if (!invocation->is_call)
        return NO_REFUSAL;
    for (unsigned i = 0; i < count; i++)
        invocation_result(invocation, i, context_user_register(&target->context, i));
    return NO_REFUSAL;
}

static struct refusal write_registers(struct invocation *invocation)
{
    struct thread *target = target_of(invocation);
    if (invocation->length < 2)
        return truncated();
    uint64_t flags = invocation_word(invocation, 0), count = invocation_word(invocation, 1);
    if (invocation->length - 2 < count)
        return truncated();
    if (target == invocation->caller)
        return illegal();
    if (count > CONTEXT_USER_REGISTERS)
        count = CONTEXT_USER_REGISTERS;
    hal_sync_context(target);
    for (unsigned i = 0; i < count; i++)
        context_set_user_register(&target->context, i, invocation_word(invocation, i + 2));
    context_restart(&target->context);
    thread_forget_call(target);
    hal_context_changed(target);
    if (flags & REGISTERS_RESUME_TARGET_READWRITE)
        thread_resume(target);
    return NO_REFUSAL;
}

static struct refusal copy_registers(struct invocation *invocation)
{
    struct thread *target = target_of(invocation);
    if (invocation->length < 1 || invocation->extra_count < 1)
        return truncated();
    uint64_t flags = invocation_word(invocation, 0);
    struct cap cap = invocation_extra_cap(invocation, 0);
    if (cap_type(cap) != ABI_CAP_TYPE_TCB)
        return refuse_number(ABI_ERROR_INVALID_CAPABILITY, 1);
    struct thread *source = cap_pointer(cap);
    if (flags & REGISTERS_SUSPEND_SOURCE)
        thread_suspend(source);
    if (flags & REGISTERS_RESUME_TARGET)
        thread_resume(target);
    registers_settle(source);
    hal_sync_context(target);
    if (flags & REGISTERS_TRANSFER_FRAME)
        for (unsigned i = 0; i < CONTEXT_FRAME_REGISTERS; i++)
            context_set_user_register(&target->context, i, context_user_register(&source->context, i));
    if (flags & REGISTERS_TRANSFER_INTEGER)
        for (unsigned i = CONTEXT_FRAME_REGISTERS; i < CONTEXT_USER_REGISTERS; i++)
            context_set_user_register(&target->context, i, context_user_register(&source->context, i));
    thread_forget_call(target);
    hal_context_changed(target);
    sched_reconsider();
    return NO_REFUSAL;
}

/* --- spaces and handlers ------------------------------------------------------------------------------------------------- */

/* A capability checked and derived for a hidden slot; null source slot: the hidden slot is only emptied. */
struct hidden_cap {
    struct refusal refusal;
    struct cap_slot *source;
    struct cap cap;
};

static struct hidden_cap hidden_refused(struct refusal refusal)
{
    return (struct hidden_cap){.refusal = refusal};
}

static struct hidden_cap derive_for_thread(struct cap_slot *source, struct cap cap)
{
    struct derived_cap derived = cap_derive(source, cap);
    if (refused(derived.refusal))
        return hidden_refused(derived.refusal);
    return (struct hidden_cap){NO_REFUSAL, source, derived.cap};
}

static struct hidden_cap check_cspace(struct cap_slot *source, uint64_t data)
{
    struct cap cap = source->cap;
    if (data != 0)
        cap = cap_update_data(cap, false, data);
    struct hidden_cap hidden = derive_for_thread(source, cap);
    if (!refused(hidden.refusal) && cap_type(hidden.cap) != ABI_CAP_TYPE_CNODE)
        return hidden_refused(illegal());
    return hidden;
}

static struct hidden_cap check_vspace(struct cap_slot *source)
{
    struct hidden_cap hidden = derive_for_thread(source, source->cap);
    if (!refused(hidden.refusal) && !hal_cap_is_vspace(hidden.cap))
        return hidden_refused(illegal());
    return hidden;
}

static struct hidden_cap check_buffer(struct cap_slot *source, uint64_t address)
{
    if (address == 0)
        return (struct hidden_cap){.refusal = NO_REFUSAL};
    struct hidden_cap hidden = derive_for_thread(source, source->cap);
    if (refused(hidden.refusal))
        return hidden;
    if (!cap_is_arch(hidden.cap) || !hal_cap_is_buffer_frame(hidden.cap))
        return hidden_refused(illegal());
    if (!is_aligned(address, ABI_IPC_BUFFER_BITS))
        return hidden_refused(refuse(ABI_ERROR_ALIGNMENT_ERROR));
    return hidden;
}

/* A handler is a null capability or an endpoint that faults can be sent to and answered through. */
static struct hidden_cap check_handler(struct cap_slot *source, unsigned cap_number)
{
    struct cap cap = source->cap;
    if (cap_is_null(cap))
        return (struct hidden_cap){.refusal = NO_REFUSAL};
    if (cap_type(cap) != ABI_CAP_TYPE_ENDPOINT || !cap_endpoint_may_call(cap))
        return hidden_refused(refuse_number(ABI_ERROR_INVALID_CAPABILITY, cap_number));
    return derive_for_thread(source, cap);
}

/*
 * Empties the hidden slot; that may take long when it held the last capability of something. Of a space it is noted whose call
 * that is: only the same caller may go on.
 */
static struct refusal clear_hidden(struct thread *thread, enum thread_slot which, struct thread *caller)
{
    bool is_space = which == THREAD_SLOT_CSPACE || which == THREAD_SLOT_VSPACE;
    if (is_space)
        thread->space_changer = caller;
    struct refusal refusal = cap_delete(&thread->slot[which]);
    if (is_space && !refused(refusal))
        thread->space_changer = NULL;
    return refusal;
}

static void fill_hidden(struct thread *thread, enum thread_slot which, const struct hidden_cap *hidden)
{
    /* The deletion before may have taken the source along (it was reached only through the old CSpace). */
    if (hidden->source && cap_same_object(hidden->source->cap, hidden->cap))
        captree_insert(hidden->source, &thread->slot[which], hidden->cap);
}

static bool is_being_deleted(const struct thread *thread, const struct thread *caller)
{
    return (cap_type(thread->slot[THREAD_SLOT_CSPACE].cap) == ABI_CAP_TYPE_ZOMBIE ||
            cap_type(thread->slot[THREAD_SLOT_VSPACE].cap) == ABI_CAP_TYPE_ZOMBIE) &&
           thread->space_changer != caller;
}

static struct refusal set_hidden(struct invocation *invocation, enum thread_slot which, const struct hidden_cap *hidden)
{
    struct refusal refusal = clear_hidden(target_of(invocation), which, invocation->caller);
    if (!refused(refusal))
        fill_hidden(target_of(invocation), which, hidden);
    return refusal;
}

static struct refusal set_buffer(struct invocation *invocation, const struct hidden_cap *buffer, uint64_t address)
{
    struct refusal refusal = set_hidden(invocation, THREAD_SLOT_BUFFER, buffer);
    if (!refused(refusal))
        thread_set_buffer_address(target_of(invocation), address);
    return refusal;
}

static struct refusal configure(struct invocation *invocation)
{
    if (invocation->length < 3 || invocation->extra_count < 3)
        return truncated();
    uint64_t cspace_data = invocation_word(invocation, 0), address = invocation_word(invocation, 2);
    struct hidden_cap buffer = check_buffer(invocation->extra[2], address);
    if (refused(buffer.refusal))
        return buffer.refusal;
    if (is_being_deleted(target_of(invocation), invocation->caller))
        return illegal();
    struct hidden_cap cspace = check_cspace(invocation->extra[0], cspace_data);
    if (refused(cspace.refusal))
        return cspace.refusal;
    struct hidden_cap vspace = check_vspace(invocation->extra[1]);
    if (refused(vspace.refusal))
        return vspace.refusal;

    struct refusal refusal = set_hidden(invocation, THREAD_SLOT_CSPACE, &cspace);
    if (!refused(refusal))
        refusal = set_hidden(invocation, THREAD_SLOT_VSPACE, &vspace);
    if (!refused(refusal))
        refusal = set_buffer(invocation, &buffer, address);
    return refusal;
}

static struct refusal set_space(struct invocation *invocation)
{
    if (invocation->length < 2 || invocation->extra_count < 3)
        return truncated();
    uint64_t cspace_data = invocation_word(invocation, 0);
    if (is_being_deleted(target_of(invocation), invocation->caller))
        return illegal();
    struct hidden_cap cspace = check_cspace(invocation->extra[1], cspace_data);
    if (refused(cspace.refusal))
        return cspace.refusal;
    struct hidden_cap vspace = check_vspace(invocation->extra[2]);
    if (refused(vspace.refusal))
        return vspace.refusal;
    struct hidden_cap handler = check_handler(invocation->extra[0], 1);
    if (refused(handler.refusal))
        return handler.refusal;

    struct refusal refusal = set_hidden(invocation, THREAD_SLOT_FAULT_HANDLER, &handler);
    if (!refused(refusal))
        refusal = set_hidden(invocation, THREAD_SLOT_CSPACE, &cspace);
    if (!refused(refusal))
        refusal = set_hidden(invocation, THREAD_SLOT_VSPACE, &vspace);
    return refusal;
}

static struct refusal set_ipc_buffer(struct invocation *invocation)
{
    if (invocation->length < 1 || invocation->extra_count < 1)
        return truncated();
    uint64_t address = invocation_word(invocation, 0);
    struct hidden_cap buffer = check_buffer(invocation->extra[0], address);
    if (refused(buffer.refusal))
        return buffer.refusal;
    return set_buffer(invocation, &buffer, address);
}

static struct refusal set_timeout_endpoint(struct invocation *invocation)
{
    if (invocation->extra_count < 1)
        return truncated();
    struct hidden_cap handler = check_handler(invocation->extra[0], 1);
    if (refused(handler.refusal))
        return handler.refusal;
    return set_hidden(invocation, THREAD_SLOT_TIMEOUT_HANDLER, &handler);
}

/* --- scheduling --------------------------------------------------------------------------------------------------------- */

/* The authority in extra slot 0 may give out `priority`. */
static struct refusal check_authority(const struct invocation *invocation, uint64_t priority)
{
    struct cap cap = invocation_extra_cap(invocation, 0);
    if (cap_type(cap) != ABI_CAP_TYPE_TCB)
        return refuse_number(ABI_ERROR_INVALID_CAPABILITY, 1);
    const struct thread *authority = cap_pointer(cap);
    if (priority > authority->max_priority)
        return refuse_range(0, authority->max_priority);
    return NO_REFUSAL;
}

static struct refusal set_priority(struct invocation *invocation)
{
    if (invocation->length < 1 || invocation->extra_count < 1)
        return truncated();
    uint64_t priority = invocation_word(invocation, 0);
    struct refusal refusal = check_authority(invocation, priority);
    if (!refused(refusal))
        thread_set_priority(target_of(invocation), (unsigned)priority);
    return refusal;
}

static struct refusal set_max_priority(struct invocation *invocation)
{
    if (invocation->length < 1 || invocation->extra_count < 1)
        return truncated();
    uint64_t max_priority = invocation_word(invocation, 0);
    struct refusal refusal = check_authority(invocation, max_priority);
    if (!refused(refusal))
        target_of(invocation)->max_priority = (uint8_t)max_priority;
    return refusal;
}

static struct refusal check_schedctx(const struct invocation *invocation, struct schedctx **schedctx)
{
    struct thread *target = target_of(invocation);
    struct cap cap = invocation_extra_cap(invocation, 1);
    *schedctx = NULL;
    if (cap_is_null(cap))
        return target == invocation->caller ? illegal() : NO_REFUSAL;
    if (cap_type(cap) != ABI_CAP_TYPE_SCHED_CONTEXT)
        return refuse_number(ABI_ERROR_INVALID_CAPABILITY, 2);
    *schedctx = cap_pointer(cap);
    if (target->schedctx == *schedctx)
        return NO_REFUSAL;
    return schedctx_check_bind(*schedctx, target);
}

static struct refusal set_sched_params(struct invocation *invocation)
{
    struct thread *target = target_of(invocation);
    if (invocation->length < 2 || invocation->extra_count < 3)
        return truncated();
    uint64_t max_priority = invocation_word(invocation, 0), priority = invocation_word(invocation, 1);
    struct refusal refusal = check_authority(invocation, max_priority);
    if (!refused(refusal))
        refusal = check_authority(invocation, priority);
    struct schedctx *schedctx;
    if (!refused(refusal))
        refusal = check_schedctx(invocation, &schedctx);
    if (refused(refusal))
        return refusal;
    struct hidden_cap handler = check_handler(invocation->extra[2], 3);
    if (refused(handler.refusal))
        return handler.refusal;

    refusal = set_hidden(invocation, THREAD_SLOT_FAULT_HANDLER, &handler);
    if (refused(refusal))
        return refusal;
    target->max_priority = (uint8_t)max_priority;
    thread_set_priority(target, (unsigned)priority);
    if (!schedctx && target->schedctx)
        schedctx_unbind_thread(target->schedctx);
    else if (schedctx && target->schedctx != schedctx)
        schedctx_bind_thread(schedctx, target);
    return NO_REFUSAL;
}

/* --- the rest ------------------------------------------------------------------------------------------------------------ */

static struct refusal bind_notification(struct invocation *invocation)
{
    struct thread *target = target_of(invocation);
    if (invocation->extra_count < 1)
        return truncated();
    struct cap cap = invocation_extra_cap(invocation, 0);
    if (target->bound_notification || cap_type(cap) != ABI_CAP_TYPE_NOTIFICATION || !cap_allows(cap, RIGHT_READ))
        return illegal();
    struct notification *notification = cap_pointer(cap);
    if (wait_queue_first(&notification->waiting) || notification->bound_thread)
        return illegal();
    notification_bind(notification, target);
    return NO_REFUSAL;
}

static struct refusal unbind_notification(struct invocation *invocation)
{
    struct thread *target = target_of(invocation);
    if (!target->bound_notification)
        return illegal();
    notification_unbind(target);
    return NO_REFUSAL;
}

static struct refusal set_tls_base(struct invocation *invocation)
{
    struct thread *target = target_of(invocation);
    if (invocation->length < 1)
        return truncated();
    hal_sync_context(target);
    context_set_tls_base(&target->context, invocation_word(invocation, 0));
    hal_context_changed(target);
    return NO_REFUSAL;
}

static struct refusal set_flags(struct invocation *invocation)
{
    struct thread *target = target_of(invocation);
    if (invocation->length < 2)
        return truncated();
    uint64_t clear = invocation_word(invocation, 0), set = invocation_word(invocation, 1);
    thread_set_flags(target, ((target->flags & ~clear) | set) & ABI_TCB_FLAG_MASK);
    invocation_result(invocation, 0, target->flags);
    return NO_REFUSAL;
}

struct refusal thread_invoke(struct invocation *invocation)
{
    switch (invocation->label) {
    case ABI_LABEL_TCB_READ_REGISTERS:
        return read_registers(invocation);
    case ABI_LABEL_TCB_WRITE_REGISTERS:
        return write_registers(invocation);
    case ABI_LABEL_TCB_COPY_REGISTERS:
        return copy_registers(invocation);
    case ABI_LABEL_TCB_CONFIGURE:
        return configure(invocation);
    case ABI_LABEL_TCB_SET_PRIORITY:
        return set_priority(invocation);
    case ABI_LABEL_TCB_SET_MC_PRIORITY:
        return set_max_priority(invocation);
    case ABI_LABEL_TCB_SET_SCHED_PARAMS:
        return set_sched_params(invocation);
    case ABI_LABEL_TCB_SET_TIMEOUT_ENDPOINT:
        return set_timeout_endpoint(invocation);
    case ABI_LABEL_TCB_SET_IPC_BUFFER:
        return set_ipc_buffer(invocation);
    case ABI_LABEL_TCB_SET_SPACE:
        return set_space(invocation);
    case ABI_LABEL_TCB_SUSPEND:
        thread_suspend(target_of(invocation));
        return NO_REFUSAL;
    case ABI_LABEL_TCB_RESUME:
        thread_resume(target_of(invocation));
        return NO_REFUSAL;
    case ABI_LABEL_TCB_BIND_NOTIFICATION:
        return bind_notification(invocation);
    case ABI_LABEL_TCB_UNBIND_NOTIFICATION:
        return unbind_notification(invocation);
    case ABI_LABEL_TCB_SET_TLS_BASE:
        return set_tls_base(invocation);
    case ABI_LABEL_TCB_SET_FLAGS:
        return set_flags(invocation);
    default:
        return illegal();
    }
}
