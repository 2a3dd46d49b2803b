/*
 * What a thread's registers are to the core: roles, not names. `machine/context.h` supplies the types and the inline functions
 * below for the architecture that is built (found through the include path).
 *
 * It must supply:
 *   struct user_context      all registers a user program has, the restart address, how it entered
 *   struct fpu_state         64-byte aligned; floating point and vector registers
 *
 *   void     context_init(struct user_context *)                 registers zero, user mode, interrupts on
 *   uint64_t context_syscall_number(const struct user_context *) as the thread issued it
 *   uint64_t context_foreign_number(c)                           where other systems on this architecture have a call's number
 *   uint64_t context_cap(c), context_info(c), context_reply_cap(c), context_destination(c)   the call's operands
 *   void     context_set_badge(c, v), context_set_info(c, v)     its results
 *   uint64_t context_mr(c, i), void context_set_mr(c, i, v)      message registers 0..3
 *   uint64_t context_pc(c), void context_set_pc(c, v)            where it goes on
 *   uint64_t context_restart_pc(c)                               the faulting or calling instruction
 *   void     context_stop_here(c)                                the restart address becomes where it goes on
 *   void     context_restart(c)                                  go on at the restart address
 *
 *   uint64_t context_user_register(c, i), void context_set_user_register(c, i, v)   register i of seL4_UserContext, 0..N-1;
 *            writes are made safe (flags, canonical addresses); a new pc becomes pc and restart address
 *   CONTEXT_USER_REGISTERS (N), CONTEXT_FRAME_REGISTERS (the first group's length)
 *   CONTEXT_SYSCALL_WORDS, CONTEXT_EXCEPTION_WORDS, CONTEXT_TIMEOUT_WORDS   how many words of an UnknownSyscall (2) and a
 *            UserException (3) message come from registers, and of a Timeout (5) reply go there
 *   void     context_set_tls_base(c, v)                          sanitised
 */
#pragma once

#include "lib/compiler.h"
#include "machine/context.h"

/* Writes those words of an UnknownSyscall message: the first ABI_MESSAGE_REGISTERS to the receiver's message registers, the others
 * to `message`, which is indexed by their number, unless it is null. */
void context_put_syscall(struct user_context *context, struct user_context *receiver, uint64_t *message);
/* Writes those of a UserException message to the receiver's message registers. */
void context_put_exception(const struct user_context *context, struct user_context *receiver);
/* The reverse: takes the first `count` words of the answer to a fault of `type` from the handler's message registers and from
 * `message`, with writes made safe as above. */
void context_take_fault_reply(struct user_context *context, unsigned type, const struct user_context *handler,
                              const volatile uint64_t *message, unsigned count);
