/*
 * One interrupt at a moment in the future, with channel 0 of the PC's programmable interval timer.
 *
 * The timer counts at most 55 ms: what is further away takes several interrupts, and the caller asks again each time.
 */
#pragma once

#include <sel4/sel4.h>
#include <stdint.h>

enum { TIMER_FIRST_PORT = 0x40, TIMER_LAST_PORT = 0x43, TIMER_INTERRUPT_PIN = 2 };

/* The counter value for an interrupt after `ns`: never early except for the longest time, at least 1. */
uint16_t timer_ticks(uint64_t ns);

/* Starts the count; an earlier one that runs is forgotten. */
void timer_start(seL4_CPtr ports, uint64_t ns);
