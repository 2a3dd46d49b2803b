/*
 * Faults: what a thread did that it cannot do alone becomes a message to its handler, sent like a Call by the thread.
 *
 * A thread without a valid handler stops (inactive, restart address at the faulting instruction).
 */
#pragma once

#include "core/message.h"
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
/* How many words of an answer to such a fault are taken. */
static inline unsigned fault_reply_words(uint32_t type)
{
    static const uint8_t words[] = {[ABI_FAULT_UNKNOWN_SYSCALL] = CONTEXT_SYSCALL_WORDS,
                                    [ABI_FAULT_USER_EXCEPTION] = CONTEXT_EXCEPTION_WORDS,
                                    [ABI_FAULT_TIMEOUT] = CONTEXT_TIMEOUT_WORDS,
                                    [ABI_FAULT_VM] = 0};
    return words[type];
}
/* Whether the thread goes on after an answer with this info word, or stops. */
static inline bool fault_goes_on(uint32_t type, uint64_t info)
{
    return fault_reply_words(type) == 0 || message_label(info) == 0;
}
/* Takes the handler's answer over into the thread, whose fault is over then. */
void fault_take_reply(struct thread *thread, struct thread *handler);
