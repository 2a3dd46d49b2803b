/*
 * Random numbers that a seed repeats (xorshift64*). The state is never 0.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

static inline uint64_t random_next(uint64_t *state)
{
    *state ^= *state >> 12;
    *state ^= *state << 25;
    *state ^= *state >> 27;
    return *state * 0x2545f4914f6cdd1dul;
}

/* 0 to bound - 1 */
static inline uint64_t random_below(uint64_t *state, uint64_t bound)
{
    return (random_next(state) >> 32) % bound;
}

static inline bool random_one_in(uint64_t *state, uint64_t count)
{
    return random_below(state, count) == 0;
}
