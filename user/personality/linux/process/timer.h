/* Moments at which something other than a thread wants to be called. */
#pragma once

#include "personality/linux/support/list.h"
#include <stdint.h>

struct timer {
    struct list in_all;                  /* linked while it is set; initialised by timer_initialise */
    uint64_t moment_ns;                  /* of machine_time_ns */
    void (*passed)(struct timer *timer); /* the timer is not set any more, and may be set again; nothing else may be */
};

void timer_initialise(struct timer *timer, void (*passed)(struct timer *timer));
void timer_set(struct timer *timer, uint64_t moment_ns);
void timer_cancel(struct timer *timer); /* also one that is not set */

/* For process_time_passed and what sets the machine's timer. */
void timers_pass(uint64_t now_ns);
uint64_t timers_next(void); /* UINT64_MAX: none is set */
