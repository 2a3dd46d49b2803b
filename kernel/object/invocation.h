/*
 * One invocation of a capability that is not an endpoint, notification or reply: what was invoked, with which message.
 *
 * Every decoder follows one order: label, length and number of extra capabilities, then the operation's own checks; it
 * changes nothing before the last check. Message words are read from registers and, from word 4 on, from the caller's IPC
 * buffer: read each once into a local, another processor may write there.
 */
#pragma once

#include "abi/invocation.h"
#include "abi/message.h"
#include "object/thread.h"

struct invocation {
    struct thread *caller;
    struct cap_slot *slot; /* where the invoked capability is */
    struct cap cap;        /* the invoked capability */
    uint64_t label;
    const uint64_t
        *buffer; /* caller's IPC buffer in the kernel's window, when the message reaches into it; else null */
    struct cap_slot *const *extra;
    unsigned length; /* message words, 0..120 */
    unsigned extra_count;

    uint32_t progress;     /* an operation that is preempted finds here again what it left, else 0 */
    unsigned result_count; /* set by the operation; stays 0 when it has no result */

    bool is_call;       /* a result can be returned */
    bool is_first_half; /* of a combined call: types that change the caller's own state are refused */
    bool has_replied;   /* the operation has arranged the answer itself (YieldTo) */
};

/* Message word `index` < length; 0 when the caller has no buffer to hold it. */
uint64_t invocation_buffer_word(const struct invocation *invocation, unsigned index);
static inline uint64_t invocation_word(const struct invocation *invocation, unsigned index)
{
    return index < ABI_MESSAGE_REGISTERS ? context_mr(&invocation->caller->context, index)
                                         : invocation_buffer_word(invocation, index);
}
/* Sets result word `index` (ascending from 0); goes to the caller's registers at once, beyond the fourth to its buffer. */
void invocation_result(struct invocation *invocation, unsigned index, uint64_t value);

/* The capability in extra slot `index` < extra_count. */
static inline struct cap invocation_extra_cap(const struct invocation *invocation, unsigned index)
{
    return invocation->extra[index]->cap;
}

/* The slot that root/index/depth name, for the "slot lookup" that all slot-naming operations share. */
struct slot_lookup {
    struct refusal refusal;
    struct cap_slot *slot;
};
struct slot_lookup slot_lookup(struct cap root, uint64_t index, uint64_t depth, bool is_source);
/* The same, and the slot must be empty (DeleteFirst). */
struct slot_lookup slot_lookup_empty(struct cap root, uint64_t index, uint64_t depth);

/* Runs the invocation of any type; the one dispatch over capability types. */
struct refusal invocation_dispatch(struct invocation *invocation);
