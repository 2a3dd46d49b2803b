/*
 * I/O APICs: each pin is routed to a processor vector, or masked. All pins begin masked.
 *
 * The numbers given must be in range (the functions do not check); boot processor only.
 */
#pragma once

#include "lib/compiler.h"

#define IOAPIC_MAX 8

/* Boot: takes the controller whose registers are mapped at `registers`; they are numbered in the order of these calls. */
void ioapic_add(volatile uint32_t *registers);
unsigned ioapic_count(void);
unsigned ioapic_pins(unsigned ioapic);

/* Programs the pin and unmasks it; fixed delivery to the boot processor. */
void ioapic_route(unsigned ioapic, unsigned pin, unsigned vector, bool is_level, bool is_active_low);
/* Nothing from the pin until it is acknowledged or routed. */
void ioapic_mask(unsigned ioapic, unsigned pin);

/* The pin's vector came. True: tell the handler. False: one it has been told of is not acknowledged; this one comes again then. */
bool ioapic_take(unsigned ioapic, unsigned pin);
/* The pin may interrupt again, and does so at once if an edge came since the last one that the handler was told of. */
void ioapic_acknowledge(unsigned ioapic, unsigned pin);
