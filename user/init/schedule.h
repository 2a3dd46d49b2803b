/*
 * Scheduling domains: the kernel runs the threads of one after the other, as the description's schedule says. init is in
 * domain 0.
 */
#pragma once

/* Gives the kernel the schedule, if there is one, and starts it; init_fail if the kernel refuses. */
void schedule_begin(void);
