/*
 * Threads of programs: foreign to the kernel, so that each of their system calls and faults comes to the component's
 * endpoint as a message, with the thread's number and BADGE_THREAD as badge.
 */
#pragma once

#include "personality/linux/machine.h"

#include <sel4/sel4.h>

enum { THREAD_LIMIT = 1024 };

/* A report that was taken from the endpoint. */
struct thread_report {
    seL4_Word label; /* of the fault message */
    struct system_call call;
    seL4_Word fault[4]; /* the message's words, for other faults */
};

struct machine_thread {
    void *owner; /* null: not in use */
    seL4_CPtr tcb, schedctx, block;
    seL4_CPtr reply; /* ties up the thread while it waits; 0: it does not wait */
    bool has_report; /* in the queue of events.c, not yet passed on */
    struct thread_report report;
    struct machine_thread *next_report;
    uint64_t time_us;
};

/* Tells reports of threads from signals of channels and interrupts, whose bits are lower. */
#define BADGE_THREAD (1ul << 62)

bool threads_initialise(seL4_CPtr endpoint);

/* The thread of a badge; null: none (any more). */
struct machine_thread *thread_from_badge(seL4_Word badge);
