/*
 * Long operations are cut into units of bounded work. After each unit they ask here whether to stop; when they stop they
 * return PREEMPTED, everything done so far stands, and the caller's system call is issued again after the interrupt.
 */
#pragma once

#include "hal/hal.h"

/* Units between two looks at the interrupt controller. A unit is at most about 200 instructions, or weighed. */
#define PREEMPT_UNITS 16

struct preemption {
    unsigned units; /* since the last look */
};

/* Counts one unit of work; true when an interrupt waits and the operation is to stop. */
static inline bool preempt_due(struct preemption *preemption)
{
    if (++preemption->units < PREEMPT_UNITS)
        return false;
    preemption->units = 0;
    return hal_interrupt_is_pending();
}

/* The unit at hand is as much work as `more` units besides. */
static inline void preempt_weigh(struct preemption *preemption, unsigned more)
{
    preemption->units += more;
}
