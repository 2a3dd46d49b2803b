/* Moving a message from one thread to another: registers, buffers, capabilities (the interface's "delivery of a message"). */
#pragma once

#include "abi/message.h"
#include "lib/compiler.h"
#include "object/cap_slot.h"
#include "object/refusal.h"

struct endpoint;
struct thread;

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

struct transfer {
    struct thread *sender, *receiver;
    uint64_t badge;
    bool can_grant;                  /* capabilities may travel */
    const struct endpoint *endpoint; /* through which; null for a reply */
    struct cap_slot *const *extra;   /* capability slots looked up already; null: look them up now */
    unsigned extra_count;
};

/* Copies the sender's message, or the fault it carries, to the receiver: registers and buffer, info and badge. */
void message_transfer(const struct transfer *transfer);

/* Extra capabilities of a message that is being sent. */
struct extra_caps {
    struct cap_slot *slot[ABI_MESSAGE_MAX_EXTRA_CAPS];
    unsigned count;
    uint64_t failed_address; /* when a look-up failed: which, and why */
    struct lookup_failure failure;
};
/* Looks up the sender's extra capabilities; false when one of them cannot be found. */
bool message_lookup_extra(struct thread *sender, struct extra_caps *extra);
