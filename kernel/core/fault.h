/*
 * Faults: what a thread did that it cannot do alone becomes a message to its handler, sent like a Call by the thread.
 *
 * A thread without a valid handler stops (inactive, restart address at the faulting instruction).
 */
#pragma once

#include "object/refusal.h"

struct cpu;
struct schedctx;
struct thread;

/* The current thread faults; `thread->fault` is filled in by the call. */
void fault_raise_cap(struct thread *thread, uint64_t address, bool in_receive_phase, struct lookup_failure failure);
void fault_raise_unknown_syscall(struct thread *thread, uint64_t number);
void fault_raise_exception(struct thread *thread, uint64_t number, uint64_t code);
void fault_raise_vm(struct thread *thread, uint64_t address, uint64_t status, bool is_fetch);
/* The budget of the context ended; any thread. It must have a timeout handler. */
void fault_raise_timeout(struct thread *thread, struct schedctx *schedctx);
bool fault_has_timeout_handler(const struct thread *thread);

/* Writes the sender's fault as a message to the receiver (all but the badge). */
void fault_deliver(struct thread *sender, struct thread *receiver);
/* Takes the handler's answer over into the thread; whether the thread goes on. */
bool fault_take_reply(struct thread *thread, struct thread *handler);
