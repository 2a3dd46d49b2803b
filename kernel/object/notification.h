/*
 * A notification is a word of bits that threads can set without waiting and wait for without polling.
 *
 * It is idle, or holds waiting threads (highest priority first), or holds bits that nobody has taken yet; never two of
 * these. It carries no data beyond the word.
 */
#pragma once

#include "core/wait_queue.h"

struct preemption;
struct schedctx;

enum notification_state { NOTIFICATION_IDLE, NOTIFICATION_WAITING, NOTIFICATION_ACTIVE };

struct notification {
    struct wait_queue waiting;   /* its two bits: NOTIFICATION_WAITING while it is not empty */
    uint64_t word;               /* meaningful when active */
    struct thread *bound_thread; /* takes signals while it receives elsewhere; may be null */
    struct schedctx *schedctx;   /* lent to a passive thread that a signal wakes; may be null */
    uint64_t is_active;
};
static_assert(sizeof(struct notification) <= 1u << ABI_NOTIFICATION_BITS, "it fits into the interface's object");

/* Sets `badge` in the word, or wakes a waiter (or the bound thread) with it. Never blocks. */
void notification_signal(struct notification *notification, uint64_t badge);
/* Wait and poll by the current thread. */
void notification_wait(struct notification *notification, struct thread *thread, bool blocks);
/* Takes pending bits for `thread`: true when there were any. */
bool notification_take(struct notification *notification, struct thread *thread);

/* Takes a blocked thread out; its state is the caller's to set. */
void notification_withdraw(struct notification *notification, struct thread *thread);
/* Lets the first waiter restart; false when nobody is left. One bounded unit of deletion. */
bool notification_cancel_one(struct notification *notification, struct preemption *preemption);
/* No more waiters: lets go of the bound thread and context. */
void notification_destroy(struct notification *notification);

void notification_bind(struct notification *notification, struct thread *thread);
void notification_unbind(struct thread *thread);

/* A thread that runs on the notification's context blocks: the context goes back to the notification. */
void notification_take_back_schedctx(struct notification *notification, struct thread *thread);
