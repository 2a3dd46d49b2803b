/*
 * The date from the machine's clock, by a call. It has whole seconds: whoever needs finer or cheaper time asks once and counts on.
 */
#pragma once

/* The label of the call, without words. The answer: one word, seconds since 1970, universal time; 0: the clock makes no sense. */
enum clock_call { CLOCK_READ = 1 };
enum clock_result { CLOCK_OK, CLOCK_BAD_CALL };
