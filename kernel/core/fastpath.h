/*
 * The straight way through the calls that programs live on. The slow path (syscall.c, endpoint.c, reply.c, notification.c) is the
 * definition: a fast path either leaves everything as the slow path would, or says no before it has changed anything. (The shortest
 * ones, in assembly, do not look at the budget: the interface has it so, and the timer ends it.)
 * With the option FASTPATH off every call takes the slow path, for comparison.
 */
#pragma once

#include "lib/compiler.h"

/*
 * These take the straight way or, by themselves, the slow one:
 * a Call, which must have no capabilities, to a passive thread that waits with a reply object, and that no ready thread outranks;
 */
void fastpath_call(void);
/*
 * a ReplyRecv without capabilities by a passive server that answers the caller (or lets the faulted thread go on) on whose
 * context it runs, through the reply object it then receives with, while nothing waits for it;
 */
void fastpath_reply_recv(void);
/*
 * Send and NBSend to a notification on which nobody waits, or there or with a short message to a thread that waits alone and
 * can run at once on a context of its own;
 */
void fastpath_send(void);
/* a signal by an interrupt line that fired while a thread ran; */
void fastpath_interrupt(unsigned irq);
/* Wait that takes a signal, or blocks while another thread is ready; */
void fastpath_wait(void);
/* Recv that blocks at an endpoint where nobody waits, while another thread is ready; */
void fastpath_receive(void);
/* Yield with a round-robin context, while a thread of equal priority is ready. */
void fastpath_yield(void);

/* The definition of all system calls, and of an interrupt line that fired. */
void kernel_syscall_slowly(void);
void kernel_interrupt_slowly(unsigned irq);
