#include "servers/random/generator.h"

static const uint8_t no_nonce[CHACHA20_NONCE_BYTES];

/* The compiler must not leave out what is "not read any more". */
static void erase(void *bytes, size_t count)
{
    volatile uint8_t *at = bytes;
    while (count--)
        *at++ = 0;
}

/* Fills the store; its first bytes become the key and are erased. */
static void refill(struct generator *generator)
{
    for (uint32_t i = 0; i < GENERATOR_STORE_BYTES / CHACHA20_BLOCK_BYTES; i++)
        chacha20_block(generator->key, i, no_nonce, generator->store + i * CHACHA20_BLOCK_BYTES);
    for (size_t i = 0; i < CHACHA20_KEY_BYTES; i++)
        generator->key[i] = generator->store[i];
    erase(generator->store, CHACHA20_KEY_BYTES);
    generator->stored = GENERATOR_STORE_BYTES - CHACHA20_KEY_BYTES;
}

void generator_feed(struct generator *generator, const void *bytes, size_t count)
{
    const uint8_t *from = bytes;
    uint8_t block[CHACHA20_BLOCK_BYTES];
    while (count) {
        size_t part = count < CHACHA20_KEY_BYTES ? count : CHACHA20_KEY_BYTES;
        for (size_t i = 0; i < part; i++)
            generator->key[i] ^= from[i];
        chacha20_block(generator->key, 0, no_nonce, block);
        for (size_t i = 0; i < CHACHA20_KEY_BYTES; i++)
            generator->key[i] = block[i];
        from += part;
        count -= part;
    }
    erase(block, sizeof block);
    erase(generator->store, sizeof generator->store);
    generator->stored = 0;
}

void generator_take(struct generator *generator, void *bytes, size_t count)
{
    uint8_t *to = bytes;
    while (count) {
        if (!generator->stored)
            refill(generator);
        size_t part = count < generator->stored ? count : generator->stored;
        uint8_t *from = generator->store + GENERATOR_STORE_BYTES - generator->stored;
        for (size_t i = 0; i < part; i++)
            to[i] = from[i];
        erase(from, part);
        generator->stored -= part;
        to += part;
        count -= part;
    }
}
