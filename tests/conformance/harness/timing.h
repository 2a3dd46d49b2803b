/*
 * Time in microseconds, and whether it can be relied on: under QEMU's instruction counting an instruction takes one
 * nanosecond and the load of the host does not count.
 */
#pragma once

#include "test.h"

/* Time stamp counter ticks in a microsecond, as the boot information says. */
seL4_Word ticks_per_us(void);

static inline seL4_Word ticks_now(void)
{
    uint32_t low, high;

    __asm__ volatile("rdtsc" : "=a"(low), "=d"(high));
    return (seL4_Word)high << 32 | low;
}

seL4_Word us_now(void);
/* Computes until `us` microseconds of processor time in small steps have passed: time in which others run does not count. */
void burn(seL4_Word us);
