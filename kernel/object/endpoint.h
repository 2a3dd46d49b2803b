/*
 * An endpoint is where threads meet to pass a message: either senders wait there, or receivers, or nobody.
 *
 * The message is copied from thread to thread, the endpoint holds none.
 */
#pragma once

#include "core/wait_queue.h"
#include "object/invocation.h"

struct extra_caps;
struct preemption;
struct reply;

enum endpoint_state { ENDPOINT_IDLE, ENDPOINT_SENDERS, ENDPOINT_RECEIVERS };

struct endpoint {
    struct wait_queue queue; /* its two bits: enum endpoint_state */
};
static_assert(sizeof(struct endpoint) == 1u << ABI_ENDPOINT_BITS, "the interface fixes the size");

/* How a message is sent. */
#define SEND_BLOCKS  1u /* waits for a receiver; otherwise the message is dropped */
#define SEND_CALLS   2u /* waits for an answer (calls and faults) */
#define SEND_DONATES 4u /* lends (SEND_CALLS) or gives its scheduling context to a receiver without one */

/* Sends through the endpoint capability `cap`; `extra`: the message's capabilities, null for a fault, which has none. */
void endpoint_send(struct cap cap, struct thread *sender, unsigned how, const struct extra_caps *extra);
/* `reply` may be null. Takes a pending signal of the bound notification first. */
void endpoint_receive(struct endpoint *endpoint, struct thread *receiver, struct reply *reply, bool blocks);

/* Takes a thread that is blocked there out; its state is the caller's to set. */
void endpoint_withdraw(struct endpoint *endpoint, struct thread *thread);
/* Lets the first blocked thread restart (one with a fault stops); false when nobody is left. One bounded unit of deletion. */
bool endpoint_cancel_one(struct endpoint *endpoint, struct preemption *preemption);
/* All senders with this badge restart their call. May be preempted and repeated; `*progress` (at first 0) is the caller's note
 * that its walk has begun. */
struct refusal endpoint_cancel_badged(struct endpoint *endpoint, uint64_t badge, uint32_t *progress);
