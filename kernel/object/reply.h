/*
 * A reply object ties a receiver's answer to the one thread that waits for it, and remembers on its behalf the scheduling
 * context that was lent with the call.
 *
 * Lendings of one context form a chain, newest first: A called B called C, all on A's context:
 *
 *      schedctx ◄──► reply(B waits) ◄──► reply(A waits)
 *
 * Only the head of a chain gives the context back; taking one out of the middle cuts the chain there.
 */
#pragma once

#include "object/thread.h"

struct extra_caps;
struct schedctx;

struct reply {
    struct thread *thread;     /* who blocks with it: lent to a receive, or waiting for the answer; null: free */
    struct reply *older;       /* next in the chain, away from the context */
    struct reply *newer;       /* null for the head and outside a chain */
    struct schedctx *schedctx; /* the head's context, else null */
};
static_assert(sizeof(struct reply) == 1u << ABI_REPLY_BITS, "the interface fixes the size");

/* A receiver is about to block with it, or takes a message with it: ends any earlier use by another thread. */
void reply_claim(struct reply *reply, struct thread *receiver);
/* The receiver no longer receives with it; or nobody waits for the answer any more. */
static inline void reply_release(struct reply *reply)
{
    reply->thread->reply = NULL;
    reply->thread = NULL;
}
/* `caller` waits for the answer; with `may_donate` its context goes to a `callee` that has none, and is recorded. */
void reply_push(struct reply *reply, struct thread *caller, struct thread *callee, bool may_donate);
/* The answer is given or the object goes: unlinks; the head gives the context back to a caller without one. */
void reply_pop(struct reply *reply);
/* The caller goes away: unlinks; nothing is given back, and of a head the whole chain is forgotten. */
void reply_abandon(struct reply *reply);
/* Answers with the sender's message (or the fault's continuation). Nothing happens when nobody waits. */
void reply_send(struct reply *reply, struct thread *sender, bool can_grant, const struct extra_caps *extra);
/* The last capability is gone. */
void reply_destroy(struct reply *reply);
