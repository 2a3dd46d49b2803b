#include "core/message.h"

#include "core/captree.h"
#include "core/fault.h"
#include "core/lookup.h"
#include "hal/context.h"
#include "object/invocation.h"
#include "object/thread.h"

bool message_lookup_extra_from(struct thread *sender, struct extra_caps *extra, const volatile uint64_t *addresses,
                               unsigned first)
{
    extra->count = message_extra_caps(context_info(&sender->context));
    for (unsigned i = first; i < extra->count; i++) {
        uint64_t address = addresses[i];
        struct cap_lookup found = lookup_cap(sender, address);
        if (found.failure.type != ABI_LOOKUP_NONE) {
            extra->failed_address = address;
            extra->failure = found.failure;
            return false;
        }
        extra->slot[i] = found.slot;
    }
    return true;
}

/* The empty slot the receiver offers, or null. */
static struct cap_slot *receive_slot(struct thread *receiver, const volatile uint64_t *buffer)
{
    uint64_t cnode = buffer[ABI_IPC_BUFFER_RECEIVE_CNODE_OFFSET / 8];
    uint64_t index = buffer[ABI_IPC_BUFFER_RECEIVE_INDEX_OFFSET / 8];
    uint64_t depth = buffer[ABI_IPC_BUFFER_RECEIVE_DEPTH_OFFSET / 8];
    struct cap_lookup root = lookup_cap(receiver, cnode);
    if (root.failure.type != ABI_LOOKUP_NONE)
        return NULL;
    struct slot_lookup found = slot_lookup_empty(root.slot->cap, index, depth);
    return refused(found.refusal) ? NULL : found.slot;
}

struct received_caps {
    unsigned count, unwrapped;
};

static NOINLINE struct received_caps transfer_caps(struct thread *sender, struct thread *receiver, uint64_t *dst_buffer,
                                                   const struct endpoint *endpoint, const struct extra_caps *extra)
{
    struct received_caps received = {0, 0};
    struct extra_caps looked_up;
    if (!extra) {
        if (!message_lookup_extra(sender, &looked_up))
            return received;
        extra = &looked_up;
    }

    struct cap_slot *dst = NULL;
    bool slot_used = false;
    for (unsigned i = 0; i < extra->count; i++) {
        struct cap_slot *src = extra->slot[i];
        struct cap cap = src->cap;
        if (endpoint && cap_type(cap) == ABI_CAP_TYPE_ENDPOINT && cap_pointer(cap) == endpoint) {
            dst_buffer[ABI_IPC_BUFFER_CAPS_OFFSET / 8 + i] = cap_badge(cap);
            received.unwrapped |= 1u << i;
        } else {
            if (slot_used)
                break;
            dst = receive_slot(receiver, dst_buffer);
            if (!dst)
                break;
            struct derived_cap derived = cap_derive(src, cap);
            if (refused(derived.refusal) || cap_is_null(derived.cap))
                break;
            captree_insert(src, dst, derived.cap);
            slot_used = true;
        }
        received.count++;
    }
    return received;
}

void message_transfer_long(struct thread *sender, struct thread *receiver, bool can_grant,
                           const struct endpoint *endpoint, const struct extra_caps *extra)
{
    if (sender->fault.type != ABI_FAULT_NULL) {
        fault_deliver(sender, receiver);
        return;
    }
    uint64_t info = context_info(&sender->context);
    unsigned length = message_length(info);
    struct received_caps caps = {0, 0};

    unsigned in_registers = length < ABI_MESSAGE_REGISTERS ? length : ABI_MESSAGE_REGISTERS;
    for (unsigned i = 0; i < in_registers; i++)
        context_set_mr(&receiver->context, i, context_mr(&sender->context, i));

    bool wants_caps = can_grant && message_extra_caps(info) > 0;
    if (length > ABI_MESSAGE_REGISTERS || wants_caps) {
        const uint64_t *src = thread_ipc_buffer(sender, false);
        uint64_t *dst = thread_ipc_buffer(receiver, true);
        if (src && dst) {
            const uint64_t *src_message = src + ABI_IPC_BUFFER_MSG_OFFSET / 8;
            uint64_t *dst_message = dst + ABI_IPC_BUFFER_MSG_OFFSET / 8;
            for (unsigned i = ABI_MESSAGE_REGISTERS; i < length; i++)
                dst_message[i] = src_message[i];
            if (wants_caps)
                caps = transfer_caps(sender, receiver, dst, endpoint, extra);
        } else {
            length = in_registers;
        }
    }
    context_set_info(&receiver->context, message_info_make(message_label(info), caps.unwrapped, caps.count, length));
}
