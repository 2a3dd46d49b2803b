#include "core/message.h"

#include "core/captree.h"
#include "core/fault.h"
#include "core/lookup.h"
#include "hal/context.h"
#include "object/invocation.h"
#include "object/thread.h"

/* Words of the IPC buffer (abi/message.h has the layout). */
static const uint64_t *buffer_message(const uint64_t *buffer)
{
    return buffer + ABI_IPC_BUFFER_MSG_OFFSET / 8;
}

bool message_lookup_extra(struct thread *sender, struct extra_caps *extra)
{
    extra->count = 0;
    unsigned wanted = message_extra_caps(context_info(&sender->context));
    const uint64_t *buffer = wanted ? thread_ipc_buffer(sender, false) : NULL;
    if (!buffer)
        return true;
    const volatile uint64_t *addresses = buffer + ABI_IPC_BUFFER_CAPS_OFFSET / 8;
    for (unsigned i = 0; i < wanted; i++) {
        uint64_t address = addresses[i];
        struct cap_slot *slot = lookup_in_root(sender, address);
        if (UNLIKELY(!slot)) {
            struct cap_lookup found = lookup_cap(sender, address);
            if (found.failure.type != ABI_LOOKUP_NONE) {
                extra->failed_address = address;
                extra->failure = found.failure;
                return false;
            }
            slot = found.slot;
        }
        extra->slot[extra->count++] = slot;
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

static struct received_caps transfer_caps(const struct transfer *transfer, uint64_t *dst_buffer)
{
    struct received_caps received = {0, 0};
    struct extra_caps looked_up;
    struct cap_slot *const *extra = transfer->extra;
    unsigned count = transfer->extra_count;
    if (!extra) {
        if (!message_lookup_extra(transfer->sender, &looked_up))
            return received;
        extra = looked_up.slot;
        count = looked_up.count;
    }

    struct cap_slot *dst = NULL;
    bool slot_used = false;
    for (unsigned i = 0; i < count; i++) {
        struct cap cap = extra[i]->cap;
        if (transfer->endpoint && cap_type(cap) == ABI_CAP_TYPE_ENDPOINT && cap_pointer(cap) == transfer->endpoint) {
            dst_buffer[ABI_IPC_BUFFER_CAPS_OFFSET / 8 + i] = cap_badge(cap);
            received.unwrapped |= 1u << i;
        } else {
            if (slot_used)
                break;
            dst = receive_slot(transfer->receiver, dst_buffer);
            if (!dst)
                break;
            struct derived_cap derived = cap_derive(extra[i], cap);
            if (refused(derived.refusal) || cap_is_null(derived.cap))
                break;
            captree_insert(extra[i], dst, derived.cap);
            slot_used = true;
        }
        received.count++;
    }
    return received;
}

static void transfer_words(const struct transfer *transfer)
{
    struct thread *sender = transfer->sender, *receiver = transfer->receiver;
    uint64_t info = context_info(&sender->context);
    unsigned length = message_length(info);
    struct received_caps caps = {0, 0};

    unsigned in_registers = length < ABI_MESSAGE_REGISTERS ? length : ABI_MESSAGE_REGISTERS;
    for (unsigned i = 0; i < in_registers; i++)
        context_set_mr(&receiver->context, i, context_mr(&sender->context, i));

    bool wants_caps = transfer->can_grant && message_extra_caps(info) > 0;
    if (length > ABI_MESSAGE_REGISTERS || wants_caps) {
        const uint64_t *src = thread_ipc_buffer(sender, false);
        uint64_t *dst = thread_ipc_buffer(receiver, true);
        if (src && dst) {
            const uint64_t *src_message = buffer_message(src);
            uint64_t *dst_message = dst + ABI_IPC_BUFFER_MSG_OFFSET / 8;
            for (unsigned i = ABI_MESSAGE_REGISTERS; i < length; i++)
                dst_message[i] = src_message[i];
            if (wants_caps)
                caps = transfer_caps(transfer, dst);
        } else {
            length = in_registers;
        }
    }
    context_set_info(&receiver->context, message_info_make(message_label(info), caps.unwrapped, caps.count, length));
}

void message_transfer(const struct transfer *transfer)
{
    if (transfer->sender->fault.type == ABI_FAULT_NULL)
        transfer_words(transfer);
    else
        fault_deliver(transfer->sender, transfer->receiver);
    context_set_badge(&transfer->receiver->context, transfer->badge);
}
