#include "object/invocation.h"

#include "hal/hal.h"
#include "object/cnode.h"
#include "object/domain.h"
#include "object/irq.h"
#include "object/schedctx.h"
#include "object/thread.h"
#include "object/untyped.h"

uint64_t invocation_buffer_word(const struct invocation *invocation, unsigned index)
{
    if (!invocation->buffer)
        return 0;
    const volatile uint64_t *message = invocation->buffer + ABI_IPC_BUFFER_MSG_OFFSET / 8;
    return message[index];
}

void invocation_result(struct invocation *invocation, unsigned index, uint64_t value)
{
    if (!invocation->is_call)
        return;
    if (index < ABI_MESSAGE_REGISTERS) {
        context_set_mr(&invocation->caller->context, index, value);
    } else {
        uint64_t *buffer = thread_ipc_buffer(invocation->caller, true);
        if (!buffer)
            return;
        buffer[ABI_IPC_BUFFER_MSG_OFFSET / 8 + index] = value;
    }
    invocation->result_count = index + 1;
}

/* The types that a first half may not invoke: their operations act on the caller's own state. */
static bool refuses_first_half(unsigned type)
{
    return type == ABI_CAP_TYPE_TCB || type == ABI_CAP_TYPE_CNODE || type == ABI_CAP_TYPE_DOMAIN ||
           type == ABI_CAP_TYPE_SCHED_CONTROL || type == ABI_CAP_TYPE_SCHED_CONTEXT;
}

struct refusal invocation_dispatch(struct invocation *invocation)
{
    unsigned type = cap_type(invocation->cap);
    if (invocation->is_first_half && refuses_first_half(type))
        return refuse_number(ABI_ERROR_INVALID_CAPABILITY, 0);
    if (cap_is_arch(invocation->cap))
        return hal_cap_invoke(invocation);
    switch (type) {
    case ABI_CAP_TYPE_UNTYPED:
        return untyped_invoke(invocation);
    case ABI_CAP_TYPE_CNODE:
        return cnode_invoke(invocation);
    case ABI_CAP_TYPE_TCB:
        return thread_invoke(invocation);
    case ABI_CAP_TYPE_IRQ_CONTROL:
        return irq_control_invoke(invocation);
    case ABI_CAP_TYPE_IRQ_HANDLER:
        return irq_handler_invoke(invocation);
    case ABI_CAP_TYPE_DOMAIN:
        return domain_invoke(invocation);
    case ABI_CAP_TYPE_SCHED_CONTEXT:
        return schedctx_invoke(invocation);
    case ABI_CAP_TYPE_SCHED_CONTROL:
        return sched_control_invoke(invocation);
    default:
        return refuse_number(ABI_ERROR_INVALID_CAPABILITY, 0); /* null and zombie */
    }
}
