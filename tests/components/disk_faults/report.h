/* What the load has done, in a region that outlives it: written by the load, read by the tester. */
#pragma once

#include <stdint.h>

enum { MOST_INTERRUPTIONS = 4096 };

struct report {
    volatile uint64_t operations;  /* requests answered and, if they were reads, compared */
    volatile uint64_t wrong_bytes; /* that were read */
    volatile uint64_t refused;     /* requests that were answered with an error */
    volatile uint64_t resent;      /* connections on which something was sent again */
    volatile uint64_t fault_time;  /* written by the tester just before a fault; 0: something was answered since */
    volatile uint64_t most_faults,
        most_operations; /* what a load asks of the tester, which has numbers of its own if they are 0 */
    volatile uint64_t interruption_count;
    volatile uint32_t interruptions[MOST_INTERRUPTIONS]; /* from a fault to the next answer, in counts of the clock */
};

static inline uint64_t clock_read(void)
{
    uint32_t low, high;
    __asm__ volatile("rdtsc" : "=a"(low), "=d"(high));
    return (uint64_t)high << 32 | low;
}
