/* Moving a message from one thread to another: registers, buffers, capabilities (the interface's "delivery of a message"). */
#pragma once

#include "abi/message.h"
#include "core/lookup.h"
#include "object/thread.h"

struct endpoint;

/* Fields of the message info word. */
static inline uint64_t message_label(uint64_t info)
{
    return info >> 12;
}
static inline unsigned message_length(uint64_t info)
{
    unsigned length = info & 127;
    return length > ABI_MESSAGE_MAX_LENGTH ? ABI_MESSAGE_MAX_LENGTH : length;
}
static inline unsigned message_extra_caps(uint64_t info)
{
    return (info >> 7) & 3;
}
static inline uint64_t message_info_make(uint64_t label, unsigned unwrapped, unsigned extra_caps, unsigned length)
{
    return label << 12 | (uint64_t)unwrapped << 9 | (uint64_t)extra_caps << 7 | length;
}

/* Extra capabilities of a message that is being sent. */
struct extra_caps {
    struct cap_slot *slot[ABI_MESSAGE_MAX_EXTRA_CAPS];
    unsigned count;
    uint64_t failed_address; /* when a look-up failed: which, and why */
    struct lookup_failure failure;
};
/* Looks up the sender's extra capabilities; false when one of them cannot be found. The second from number `first` on. */
bool message_lookup_extra_from(struct thread *sender, struct extra_caps *extra, const volatile uint64_t *addresses,
                               unsigned first);
static inline bool message_lookup_extra(struct thread *sender, struct extra_caps *extra)
{
    unsigned wanted = message_extra_caps(context_info(&sender->context));
    const uint64_t *buffer = thread_ipc_buffer(sender, false);
    extra->count = 0;
    if (!buffer)
        return true;
    const volatile uint64_t *addresses = buffer + ABI_IPC_BUFFER_CAPS_OFFSET / 8;
    for (unsigned i = 0; i < wanted; i++) {
        struct cap_slot *slot = lookup_in_root(sender, addresses[i]);
        if (UNLIKELY(!slot))
            return message_lookup_extra_from(sender, extra, addresses, i);
        extra->slot[i] = slot;
    }
    extra->count = wanted;
    return true;
}

/* Of a message that has words beyond the registers, or capabilities, or is a fault. */
void message_transfer_long(struct thread *sender, struct thread *receiver, bool can_grant,
                           const struct endpoint *endpoint, const struct extra_caps *extra);

/* Up to four words and no capability: length and number of capabilities are neighbours in the info word. */
static inline bool message_is_short(uint64_t info)
{
    return (info & 0x1ff) <= ABI_MESSAGE_REGISTERS;
}
/* Copies a short message; `info` is the sender's. */
static inline void message_transfer_short(const struct thread *sender, struct thread *receiver, uint64_t info)
{
    unsigned length = info & 0x1ff;
    if (length) {
        for (unsigned i = 0; i < length; i++)
            context_set_mr(&receiver->context, i, context_mr(&sender->context, i));
    }
    context_set_info(&receiver->context, message_info_make(message_label(info), 0, 0, length));
}

/*
 * Copies the sender's message, or the fault it carries, to the receiver: registers and buffer, info and badge. Capabilities
 * travel with `can_grant`, through `endpoint` (null: a reply); `extra` are their slots, null when they are to be looked up now.
 */
static inline void message_transfer(struct thread *sender, struct thread *receiver, uint64_t badge, bool can_grant,
                                    const struct endpoint *endpoint, const struct extra_caps *extra)
{
    uint64_t info = context_info(&sender->context);
    if (LIKELY(message_is_short(info) && sender->fault.type == ABI_FAULT_NULL))
        message_transfer_short(sender, receiver, info);
    else
        message_transfer_long(sender, receiver, can_grant, endpoint, extra);
    context_set_badge(&receiver->context, badge);
}
