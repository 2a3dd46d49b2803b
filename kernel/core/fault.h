/*
 * Faults: what a thread did that it cannot do alone becomes a message to its handler, sent like a Call by the thread.
 *
 * A thread without a valid handler stops (inactive, restart address at the faulting instruction).
 */
#pragma once

#include "object/thread.h"

struct cpu;

/* The words of a fault that the thread is about to raise (struct thread_fault says which type has which). */
static inline void fault_set_words(struct thread *thread, uint64_t a, uint64_t b, uint64_t c)
{
    thread->fault.word[0] = a;
    thread->fault.word[1] = b;
    thread->fault.word[2] = c;
}
/* The current thread faults, with the words set before. Faults that begin a kernel entry: hal/entry.h. */
void fault_raise(struct thread *thread, uint32_t type);
/* A whole kernel entry: the current thread's system call becomes a fault. `is_over`: the call is not to be issued again. */
void fault_enter_syscall(uint64_t number, bool is_over);
/* The current thread faults because a capability address led nowhere. */
void fault_raise_cap(struct thread *thread, uint64_t address, bool in_receive_phase, struct lookup_failure failure);
/* The budget of the context ended; any thread. It must have a timeout handler. */
void fault_raise_timeout(struct thread *thread, struct schedctx *schedctx);
bool fault_has_timeout_handler(const struct thread *thread);

/* Writes the sender's fault as a message to the receiver (all but the badge). */
void fault_deliver(struct thread *sender, struct thread *receiver);
/* Takes the handler's answer over into the thread; whether the thread goes on. */
bool fault_take_reply(struct thread *thread, struct thread *handler);
/*
 * A ReplyRecv by a passive handler to the faulted thread whose context it runs on, in one go with the switch to that, while
 * nothing waits for the handler. False: nothing was done.
 */
bool fault_reply_directly(struct cpu *cpu, struct thread *server);
