/*
 * The processor's local interrupt controller (xAPIC) and its timer. Registers are reached through one uncached page;
 * each processor sees its own there. Interrupts off.
 */
#pragma once

#include "lib/compiler.h"

/* Boot: switches it on with `registers` mapped to it; only the spurious vector and the timer's can come of themselves. */
void lapic_init(volatile uint32_t *registers, unsigned timer_vector, unsigned spurious_vector, bool by_deadline);
uint32_t lapic_id(void);

/* The interrupt being handled is done: lower ones may come. */
void lapic_end_of_interrupt(void);
/* Interrupts this processor with the vector, as a device would. */
void lapic_raise(unsigned vector);
/* Whether the controller thinks that this vector is being handled (it came from outside and is not ended). */
bool lapic_is_in_service(unsigned vector);
/* Whether an interrupt of vector `from`..`to` waits to be taken; looks at whole groups of 32. */
bool lapic_is_pending(unsigned from, unsigned to);

/* Counts `ticks` of the controller's clock down and interrupts once; 0 stops it. */
void lapic_timer_start(uint32_t ticks);
uint32_t lapic_timer_left(void);
