/*
 * Times of the interface (microseconds) as ticks of hal_time, computed once at boot so that no hot path multiplies.
 */
#pragma once

#include "lib/compiler.h"

struct kernel_times {
    uint64_t ticks_per_us;   /* the whole number that all conversions use */
    uint64_t minimum_budget; /* what a head refill never holds less of, and a kernel operation needs */
    uint64_t
        timer_slack; /* the timer is set this much before the end of a budget, which then falls into the interrupt */
};
extern struct kernel_times kernel_times;
