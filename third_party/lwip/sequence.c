#include "lwip/ip_addr.h"

#include <component_lwip.h>
#include <stdbool.h>

/* The clock of RFC 6528 counts 4 us. */
enum { TICKS_PER_MILLISECOND = 250, WORD_BITS = 64, COMPRESSIONS = 2, FINALIZATIONS = 4, LAST_WORD_MARK = 0xff };

struct sip_state {
    uint64_t a, b, c, d;
};

static uint64_t rotated(uint64_t word, int bits)
{
    return word << bits | word >> (WORD_BITS - bits);
}

static void sip_rounds(struct sip_state *s, int count)
{
    for (int i = 0; i < count; i++) {
        s->a += s->b;
        s->c += s->d;
        s->b = rotated(s->b, 13) ^ s->a;
        s->d = rotated(s->d, 16) ^ s->c;
        s->a = rotated(s->a, 32);
        s->c += s->b;
        s->a += s->d;
        s->b = rotated(s->b, 17) ^ s->c;
        s->d = rotated(s->d, 21) ^ s->a;
        s->c = rotated(s->c, 32);
    }
}

static void sip_take(struct sip_state *s, uint64_t word)
{
    s->d ^= word;
    sip_rounds(s, COMPRESSIONS);
    s->a ^= word;
}

/* SipHash-2-4 of two words. */
static uint64_t sip_hash(const uint64_t key[2], uint64_t first, uint64_t second)
{
    struct sip_state s = {key[0] ^ UINT64_C(0x736f6d6570736575), key[1] ^ UINT64_C(0x646f72616e646f6d),
                          key[0] ^ UINT64_C(0x6c7967656e657261), key[1] ^ UINT64_C(0x7465646279746573)};

    sip_take(&s, first);
    sip_take(&s, second);
    sip_take(&s, UINT64_C(16) << 56); /* the number of bytes */
    s.c ^= LAST_WORD_MARK;
    sip_rounds(&s, FINALIZATIONS);
    return s.a ^ s.b ^ s.c ^ s.d;
}

static uint64_t random_word(void)
{
    return (uint64_t)component_random() << 32 | component_random();
}

uint32_t component_tcp_sequence(const struct ip4_addr *local, uint16_t local_port, const struct ip4_addr *remote,
                                uint16_t remote_port)
{
    static uint64_t secret[2];
    static bool has_secret;

    if (!has_secret) {
        secret[0] = random_word();
        secret[1] = random_word();
        has_secret = true;
    }

    uint64_t mixed = sip_hash(secret, (uint64_t)ip4_addr_get_u32(local) << 32 | ip4_addr_get_u32(remote),
                              (uint64_t)local_port << 16 | remote_port);
    return (uint32_t)mixed + sys_now() * TICKS_PER_MILLISECOND;
}
