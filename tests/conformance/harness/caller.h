/*
 * Threads that make one system call, seen from outside: which registers the kernel wrote, whether the call came back, and
 * what faults it met.
 */
#pragma once

#include "worker.h"

/* A call in its registers; what is not named is 0. */
struct syscall {
    seL4_Word number, cap, info, word[4], reply, dest;
};

/* An info word. */
#define INFO(label, extra_caps, length) (seL4_MessageInfo_new(label, 0, extra_caps, length).words[0])

/*
 * A thread that makes the call; above the runner's priority it has done so when this returns. Its faults, the one behind the
 * call included, wait at an endpoint of its own.
 */
struct worker *caller_new(seL4_Word priority, struct syscall syscall);
/* The same thread makes another call. */
void caller_again(struct worker *caller, struct syscall syscall);
/* All registers are as the caller sets them before its call: each has a value of its own. */
seL4_UserContext caller_registers(struct worker *caller, struct syscall syscall);

/* The next fault of the caller, and the caller inactive; nothing (expect_nothing) when there is none. */
struct answer caller_fault(struct worker *caller);
/* The call has not come back, and there is no fault. */
#define expect_blocked(caller) expect_nothing(caller_fault(caller))
/* The call has come back: the registers as it left them. Once for each call. */
seL4_UserContext check_returned(const char *file, int line, struct worker *caller);
#define expect_returned(caller) check_returned(__FILE__, __LINE__, caller)
/* The message that the call brought; words from the fifth on are in caller->buffer. */
struct answer message_of(const seL4_UserContext *registers);
/* A CapFault of the call: address, phase, lookup failure and its words. */
void check_cap_fault(const char *file, int line, struct worker *caller, struct words wanted);
#define expect_cap_fault(caller, ...)                                                                                  \
    check_cap_fault(__FILE__, __LINE__, caller, WORDS((seL4_Word)code_syscall, __VA_ARGS__))
