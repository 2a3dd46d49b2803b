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
 *   uint64_t context_fault_register(c, type, i), void context_set_fault_register(c, type, i, v)
 *            word i of the UnknownSyscall (2) or UserException (3) message that comes from registers, and of the Timeout (5) reply
 *   CONTEXT_SYSCALL_WORDS, CONTEXT_EXCEPTION_WORDS, CONTEXT_TIMEOUT_WORDS   how many such words a reply may hold
 *   void     context_set_tls_base(c, v)                          sanitised
 */
#pragma once

#include "lib/compiler.h"
#include "machine/context.h"
