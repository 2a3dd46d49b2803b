/*
 * Two threads that notice what an attacker must not be able to do. One keeps time, one keeps memory and registers.
 */
#pragma once

#include <sel4/sel4.h>

/* What both have seen so far. */
struct witness_report {
    seL4_Word checks;      /* of memory and registers */
    seL4_Word preemptions; /* while the registers were watched */
    seL4_Word wrong;       /* checks that failed */
    const char *what;      /* the first that did */
    seL4_Word wakes;       /* of the timekeeper */
    seL4_Word spread;      /* ticks between its earliest and its latest wake, measured against its schedule */
    seL4_Word missed;      /* wakes a whole period late */
};

/* Starts both; `progress` is signalled every few milliseconds; faults of theirs go to `fault_endpoint`. */
void witness_start(seL4_CPtr fault_endpoint, seL4_CPtr progress, seL4_Word seed);
struct witness_report witness_report(void);
