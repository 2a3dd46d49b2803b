#include "core/fastpath.h"

#include "abi/config.h"
#include "abi/fault.h"
#include "core/fault.h"
#include "core/handover.h"
#include "core/lookup.h"
#include "core/message.h"

static ALWAYS_INLINE bool call(struct cpu *cpu, struct thread *caller)
{
    struct cap_slot *slot = lookup_in_root(caller, context_cap(&caller->context));
    if (!slot || !(slot->cap.word[0] & CAP_MAY_CALL))
        return false;
    struct endpoint *endpoint = cap_pointer(slot->cap);
    struct thread *receiver = handover_receiver(cpu, endpoint);
    if (!receiver || !handover_begin(cpu))
        return false;

    handover_take_receiver(endpoint, receiver);
    message_transfer(caller, receiver, cap_badge(slot->cap), false, endpoint, NULL);
    handover_lend(cpu, caller, receiver);
    return true;
}

void fastpath_call(void)
{
    if (!call(this_cpu(), this_cpu()->current))
        kernel_syscall_slowly();
}

static ALWAYS_INLINE bool reply_recv(struct cpu *cpu, struct thread *server)
{
    uint64_t info = context_info(&server->context);
    struct cap_slot *slot = lookup_in_root(server, context_cap(&server->context));
    struct cap_slot *reply_slot = lookup_in_root(server, context_reply_cap(&server->context));
    if (message_extra_caps(info) || !slot || !reply_slot || !(slot->cap.word[0] & CAP_MAY_RECEIVE) ||
        !(reply_slot->cap.word[0] & CAP_IS_REPLY))
        return false;
    struct endpoint *endpoint = cap_pointer(slot->cap);
    struct thread *caller = handover_caller(cpu, server, endpoint, cap_pointer(reply_slot->cap));
    if (!caller)
        return false;
    uint32_t fault = caller->fault.type;
    if (fault != ABI_FAULT_NULL && (fault == ABI_FAULT_TIMEOUT || !fault_goes_on(fault, info)))
        return false;
    if (!handover_begin(cpu))
        return false;

    if (fault == ABI_FAULT_NULL) {
        message_transfer(server, caller, 0, false, NULL, NULL);
    } else {
        fault_take_reply(caller, server);
        context_restart(&caller->context);
    }
    handover_give_back(cpu, server, caller, endpoint);
    return true;
}

void fastpath_reply_recv(void)
{
    if (!reply_recv(this_cpu(), this_cpu()->current))
        kernel_syscall_slowly();
}
