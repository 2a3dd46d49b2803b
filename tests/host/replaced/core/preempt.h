/*
 * Stands before the kernel's own header of this name: here the number of units between two looks is a variable, so that a
 * test can stop a long operation at every single point.
 */
#pragma once

#include "hal/hal.h"

struct preemption {
    unsigned units; /* since the last look */
};

extern unsigned host_preempt_units;

static inline bool preempt_due(struct preemption *preemption)
{
    if (++preemption->units < host_preempt_units)
        return false;
    preemption->units = 0;
    return hal_interrupt_is_pending();
}

/* The unit at hand is as much work as `more` units besides. */
static inline void preempt_weigh(struct preemption *preemption, unsigned more)
{
    preemption->units += more;
}
