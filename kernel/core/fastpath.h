/*
 * The straight way through the two calls that servers live on. The slow path (syscall.c, endpoint.c, reply.c) is the
 * definition: a fast path either leaves everything as the slow path would, or says no before it has changed anything.
 * With the option FASTPATH off every call takes the slow path, for comparison.
 */
#pragma once

#include "core/cpu.h"

/*
 * A Call of at most four words without capabilities to a passive thread that waits with a reply object, and that no ready
 * thread outranks. False: nothing was done.
 */
bool fastpath_call(struct cpu *cpu, struct thread *caller);
/*
 * A ReplyRecv of at most four words without capabilities by a passive server that answers the caller whose context it runs
 * on, through the reply object it then receives with, while nothing waits for it. False: nothing was done.
 */
bool fastpath_reply_recv(struct cpu *cpu, struct thread *server);
