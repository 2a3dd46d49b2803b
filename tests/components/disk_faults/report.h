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

/* One more request is answered, and compared; the first since a fault ends the interruption. */
static inline void report_answer(struct report *report)
{
    uint64_t fault_time = report->fault_time;
    report->operations++;
    if (fault_time && report->interruption_count < MOST_INTERRUPTIONS) {
        report->interruptions[report->interruption_count] = (uint32_t)(clock_read() - fault_time);
        report->interruption_count++;
    }
    report->fault_time = 0;
}

/* Numbers by which a load chooses. */
static inline uint32_t random_next(uint64_t *state)
{
    *state = *state * 6364136223846793005u + 1442695040888963407u;
    return (uint32_t)(*state >> 33);
}
