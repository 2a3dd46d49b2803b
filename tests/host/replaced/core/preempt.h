/*
 * Stands before the kernel's own header of this name: here the number of units between two looks is a variable, so that a
 * test can stop a long operation at every single point.
 */
#pragma once

#include "hal/hal.h"

struct preemption {
    unsigned units;
};

extern unsigned host_preempt_units;

static inline bool preempt_due(struct preemption *preemption)
{
    if (++preemption->units % host_preempt_units != 0)
        return false;
    return hal_interrupt_is_pending();
}
