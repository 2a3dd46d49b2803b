/*
 * Time for init: the processor's counter, and a thread that wakes init regularly while anything waits for time. The
 * thread needs no timer device: it gives up its budget and runs again when that is refilled.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#define CLOCK_TICK_US 10000ul

/* Makes the thread; false: no memory. */
bool clock_initialise(void);

uint64_t clock_now_us(void);

/* Of the processor's counter, which the kernel counts time by. */
uint64_t clock_ticks_per_us(void);

/* The thread has woken init. What time it is. */
uint64_t clock_ticked(void);

/*
 * Lets the thread run if a restart is due at some time or a heartbeat is watched, and stops it otherwise. It comes at least every
 * CLOCK_TICK_US, and when a restart is due.
 */
void clock_run(void);
