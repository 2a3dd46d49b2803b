#include "servers/random/chacha20.h"
#include "servers/random/generator.h"
#include "test.h"
#include <string.h>

/* RFC 8439, 2.3.2. */
TEST(chacha20, the_block_of_the_rfc)
{
    static const uint8_t nonce[] = {0, 0, 0, 9, 0, 0, 0, 0x4a, 0, 0, 0, 0};
    static const uint8_t wanted[] = {0x10, 0xf1, 0xe7, 0xe4, 0xd1, 0x3b, 0x59, 0x15, 0x50, 0x0f, 0xdd, 0x1f, 0xa3,
                                     0x20, 0x71, 0xc4, 0xc7, 0xd1, 0xf4, 0xc7, 0x33, 0xc0, 0x68, 0x03, 0x04, 0x22,
                                     0xaa, 0x9a, 0xc3, 0xd4, 0x6c, 0x4e, 0xd2, 0x82, 0x64, 0x46, 0x07, 0x9f, 0xaa,
                                     0x09, 0x14, 0xc2, 0xd7, 0x05, 0xd9, 0x8b, 0x02, 0xa2, 0xb5, 0x12, 0x9c, 0xd1,
                                     0xde, 0x16, 0x4e, 0xb9, 0xcb, 0xd0, 0x83, 0xe8, 0xa2, 0x50, 0x3c, 0x4e};
    uint8_t key[CHACHA20_KEY_BYTES], block[CHACHA20_BLOCK_BYTES];
    for (unsigned i = 0; i < sizeof key; i++)
        key[i] = (uint8_t)i;
    chacha20_block(key, 1, nonce, block);
    expect(memcmp(block, wanted, sizeof wanted) == 0);
}

/* RFC 8439, A.1, first vector. */
TEST(chacha20, the_block_of_zeros)
{
    static const uint8_t wanted[] = {0x76, 0xb8, 0xe0, 0xad, 0xa0, 0xf1, 0x3d, 0x90, 0x40, 0x5d, 0x6a, 0xe5, 0x53,
                                     0x86, 0xbd, 0x28, 0xbd, 0xd2, 0x19, 0xb8, 0xa0, 0x8d, 0xed, 0x1a, 0xa8, 0x36,
                                     0xef, 0xcc, 0x8b, 0x77, 0x0d, 0xc7, 0xda, 0x41, 0x59, 0x7c, 0x51, 0x57, 0x48,
                                     0x8d, 0x77, 0x24, 0xe0, 0x3f, 0xb8, 0xd8, 0x4a, 0x37, 0x6a, 0x43, 0xb8, 0xf4,
                                     0x15, 0x18, 0xa1, 0x1c, 0xc3, 0x87, 0xb6, 0x69, 0xb2, 0xee, 0x65, 0x86};
    static const uint8_t key[CHACHA20_KEY_BYTES], nonce[CHACHA20_NONCE_BYTES];
    uint8_t block[CHACHA20_BLOCK_BYTES];
    chacha20_block(key, 0, nonce, block);
    expect(memcmp(block, wanted, sizeof wanted) == 0);
}

/* The first bytes of a fresh generator are what follows the new key in the key stream of zeros. */
TEST(generator, gives_out_the_key_stream_behind_the_new_key)
{
    static const uint8_t zeros[CHACHA20_KEY_BYTES];
    struct generator generator = {0};
    uint8_t block[CHACHA20_BLOCK_BYTES], bytes[CHACHA20_KEY_BYTES];
    chacha20_block(zeros, 0, zeros, block);
    generator_take(&generator, bytes, sizeof bytes);
    expect(memcmp(bytes, block + CHACHA20_KEY_BYTES, sizeof bytes) == 0);
    expect(memcmp(generator.key, block, CHACHA20_KEY_BYTES) == 0);
}

static bool has_within(const void *memory, size_t bytes, const void *part, size_t part_bytes)
{
    return memmem(memory, bytes, part, part_bytes) != NULL;
}

TEST(generator, keeps_nothing_of_what_it_gave_out)
{
    struct generator generator = {0};
    generator_feed(&generator, "seed", 4);
    uint8_t bytes[3000];
    for (size_t size = 1; size < sizeof bytes; size = size * 3 + 5) {
        uint8_t old_key[CHACHA20_KEY_BYTES];
        memcpy(old_key, generator.key, sizeof old_key);
        generator_take(&generator, bytes, size);
        for (size_t at = 0; at + 8 <= size; at++)
            expect(!has_within(&generator, sizeof generator, bytes + at, 8));
    }
}

TEST(generator, the_same_however_it_is_taken)
{
    struct generator one = {0}, other = {0};
    uint8_t bytes[2000], parts[2000];
    generator_feed(&one, "seed", 4);
    generator_feed(&other, "seed", 4);
    generator_take(&one, bytes, sizeof bytes);
    for (size_t done = 0; done < sizeof parts; done += 100)
        generator_take(&other, parts + done, 100);
    expect(memcmp(bytes, parts, sizeof bytes) == 0);
}

TEST(generator, all_that_is_fed_counts)
{
    uint8_t first[32], bytes[32], seed[100] = {0};
    struct generator plain = {0};
    generator_feed(&plain, seed, sizeof seed);
    generator_take(&plain, first, sizeof first);
    for (size_t i = 0; i < sizeof seed; i++) {
        struct generator generator = {0};
        seed[i] = 1;
        generator_feed(&generator, seed, sizeof seed);
        seed[i] = 0;
        generator_take(&generator, bytes, sizeof bytes);
        expect(memcmp(first, bytes, sizeof bytes) != 0);
    }
    /* Fed in the middle, it goes on elsewhere. */
    struct generator fed = plain;
    generator_feed(&fed, "x", 1);
    generator_take(&fed, bytes, sizeof bytes);
    generator_take(&plain, first, sizeof first);
    expect(memcmp(first, bytes, sizeof bytes) != 0);
}
