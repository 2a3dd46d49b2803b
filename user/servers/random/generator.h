/*
 * A generator of random bytes: ChaCha20 with a key that its own output replaces at once (fast key erasure). Whoever sees all of its state
 * learns nothing of what it gave out before; what it is fed later makes what follows unknown again.
 */
#pragma once

#include "servers/random/chacha20.h"
#include <stddef.h>

enum { GENERATOR_STORE_BYTES = 8 * CHACHA20_BLOCK_BYTES };

/* Zeros: nothing is in it, and everybody knows what will come. */
struct generator {
    uint8_t key[CHACHA20_KEY_BYTES];
    uint8_t store[GENERATOR_STORE_BYTES]; /* made and not yet given out: the last `stored` bytes; the others are 0 */
    size_t stored;
};

/* Mixes in what may be hard to guess. It never makes the state easier to guess. What was stored is not given out any more. */
void generator_feed(struct generator *generator, const void *bytes, size_t count);

/* Gives out bytes, and forgets them. */
void generator_take(struct generator *generator, void *bytes, size_t count);
