/*
 * Scenarios in which the kernel has much to do at once.
 */
#pragma once

#include "../support/objects.h"

#include <sel4/sel4.h>
#include <stdbool.h>

#define CROWD_SIZE     1000
#define ROOT_PRIORITY  100
#define CROWD_PRIORITY 101 /* and up to 250 */

/* --- crowd.c: many threads in the same place -------------------------------------------------------------------------- */

struct crowd {
    seL4_CPtr first_tcb; /* CROWD_SIZE of them */
    seL4_CPtr shared;    /* the scheduling context by which each came where it is; bound to none */
};

/* What each thread of a crowd does, for ever: one system call. */
struct crowd_call {
    seL4_Word number;
    seL4_CPtr cap;
    seL4_Word info;
    seL4_CPtr reply; /* of the first thread; the next ones have the next slots if `reply_step` */
    seL4_Word reply_step;
    seL4_Word cap_step; /* what is added to `cap` from thread to thread */
};

/* Makes the threads, with priorities from CROWD_PRIORITY to 250, and lets each run until it blocks. */
struct crowd crowd_block(const struct crowd_call *call);
/* Makes threads of one priority that are not started. */
seL4_CPtr crowd_make(seL4_Word count);
/* Starts one at the call. The thread must have a scheduling context. */
void crowd_start(seL4_CPtr tcb, const struct crowd_call *call, seL4_Word index);
/* Number of objects in `slots` slots from `first` on that are there. */
void slots_must_be(seL4_CPtr first, seL4_Word count, bool full);

/* --- clock.c ------------------------------------------------------------------------------------------------------------------ */

/* A thread of the highest priority that wakes every 200 microseconds: it interrupts whatever takes long. */
void clock_start(void);
/* Waits for so many of its wakes. */
void clock_wait(seL4_Word wakes);

/* --- scenarios ------------------------------------------------------------------------------------------------------------------ */

void scenario_senders(void);
void scenario_endpoint_deletion(void);
void scenario_waiters(void);
void scenario_refills(void);
void scenario_sleepers(void);
void scenario_timers(void);
void scenario_retype(void);
void scenario_tree(void);
void scenario_replies(void);
void scenario_address_spaces(void);
void scenario_deep_spaces(void);
