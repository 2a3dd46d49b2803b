/*
 * Time: the time-stamp counter says what time it is, the local interrupt controller interrupts at a deadline. Where the
 * controller cannot compare with the counter itself, it counts its own clock, whose ratio to the counter is measured at boot.
 */
#pragma once

#include "lib/compiler.h"

struct clock {
    uint64_t ticks_per_us;  /* of the time-stamp counter: rounded to a whole number, all conversions use it */
    uint64_t timer_ratio;   /* timer counts per tick, 32 binary places; 0: the timer takes deadlines */
    uint64_t longest_ticks; /* what the counter can hold; timer_init computes it */
};

/* Boot: sets what was measured. */
void timer_init(struct clock clock);
/* At the timer's interrupt: whether the deadline has come; if not (it was too far for one count) the timer is armed again. */
bool timer_has_expired(void);
