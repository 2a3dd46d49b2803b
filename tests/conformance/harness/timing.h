/*
 * Time in microseconds, and whether it can be relied on: under QEMU's instruction counting an instruction takes one
 * nanosecond and the load of the host does not count.
 */
#pragma once

#include "test.h"

/* Time stamp counter ticks in a microsecond, as the boot information says. */
seL4_Word ticks_per_us(void);

static inline seL4_Word ticks_now(void)
{
    uint32_t low, high;

    __asm__ volatile("rdtsc" : "=a"(low), "=d"(high));
    return (seL4_Word)high << 32 | low;
}

seL4_Word us_now(void);

/* When a thread ran, as it saw it itself: begin and end of each stretch without interruption, in microseconds since `start`. */
#define MOST_RUNS 64
struct runs {
    seL4_Word start;
    unsigned count;
    long begin[MOST_RUNS], end[MOST_RUNS];
};
/* Computes and records `count` whole runs; the current one is the first. `start` stays as it is unless it is 0: now. */
void runs_record(struct runs *runs, unsigned count);
/* Computes until `us`. */
void spin_until(seL4_Word us);
/* Computes for `us` microseconds of its own: time in which others run does not count. */
void burn(seL4_Word us);

/* Blocks the calling thread for `us` (200 or more): threads of lower priority run meanwhile. Takes a worker. */
void sleep_for(seL4_Word us);
