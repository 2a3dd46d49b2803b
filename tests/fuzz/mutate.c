#include "../support/random.h"
#include "call.h"

#include <sel4/sel4.h>

#define FLAG_NT     0x4000
#define FLAG_DF     0x400
#define FLAG_AC     0x40000
#define FLAG_ID     0x200000
#define FLAG_STATUS 0x8d5 /* CF PF AF ZF SF OF */
#define FLAG_IF     0x200
#define FLAG_ALWAYS 0x2

uint64_t number_random(uint64_t *random)
{
    static const uint64_t near_limits[] = {
        0,
        1,
        2,
        3,
        4,
        7,
        8,
        12,
        16,
        19,
        20,
        21,
        30,
        47,
        48,
        56,
        63,
        64,
        65,
        107,
        108,
        119,
        120,
        121,
        127,
        255,
        256,
        257,
        511,
        512,
        1023,
        4095,
        4096,
        0x10000,
        0x200000,
        0x40000000,
        0x7fffffff,
        0x80000000,
        0xffffffff,
        BUFFER_ADDRESS,
        MAPPING_ADDRESS,
        0x7ffffffff000,
        0x7fffffffffff,
        0x800000000000,
        0xffffff8000000000,
        0xffffffff80000000,
        0x7fffffffffffffff,
        0x8000000000000000,
        0xfffffffffffff000,
        0xffffffffffffffff,
    };

    switch (random_below(random, 4)) {
    case 0:
        return random_below(random, 32);
    case 1:
        return 1ul << random_below(random, 64);
    case 2:
        return random_next(random);
    default:
        return near_limits[random_below(random, sizeof(near_limits) / sizeof(near_limits[0]))];
    }
}

uint64_t address_random(uint64_t *random)
{
    uint64_t kind = random_below(random, 64);

    if (kind < 40)
        return MADE_FIRST + random_below(random, MADE_END - MADE_FIRST);
    if (kind < 46)
        return random_below(random, 1u << OWN_BITS);
    if (kind < 58)
        return LENT(random_below(random, 1u << LENT_BITS));
    if (kind < 60)
        return random_below(random, MADE_FIRST);
    return number_random(random);
}

uint64_t flags_random(uint64_t *random)
{
    const uint64_t settable = FLAG_NT | FLAG_DF | FLAG_AC | FLAG_ID | FLAG_STATUS;

    return (random_next(random) & settable) | FLAG_IF | FLAG_ALWAYS;
}

static int64_t sending_call_random(uint64_t *random)
{
    static const int64_t numbers[] = {seL4_SysCall,   seL4_SysSend,       seL4_SysNBSend,
                                      seL4_SysNBSend, seL4_SysNBSendRecv, seL4_SysReplyRecv};

    return numbers[random_below(random, sizeof(numbers) / sizeof(numbers[0]))];
}

static void mutate_word(uint64_t *random, uint64_t *word)
{
    switch (random_below(random, 6)) {
    case 0:
        *word += 1;
        break;
    case 1:
        *word -= 1;
        break;
    case 2:
        *word ^= 1ul << random_below(random, 64);
        break;
    case 3:
        *word = address_random(random);
        break;
    default:
        *word = number_random(random);
    }
}

static void mutate_once(struct call *call, uint64_t *random)
{
    switch (random_below(random, 16)) {
    case 0:
        call->cap = address_random(random);
        break;
    case 1:
        call->label = random_below(random, LABEL_COUNT + 2);
        break;
    case 2:
        mutate_word(random, &call->label);
        break;
    case 3:
        call->length = random_below(random, 128);
        break;
    case 4:
        call->extra_count = random_below(random, 4);
        break;
    case 5:
    case 6:
    case 7:
        call->caps[random_below(random, CALL_CAPS)] = address_random(random);
        break;
    case 8:
        call->info_bits = random_next(random) & 0xe00;
        break;
    case 9:
        call->number = sending_call_random(random);
        break;
    default:
        mutate_word(
            random,
            &call->words[random_below(random, call->length && call->length < CALL_WORDS ? call->length : CALL_WORDS)]);
    }
}

void call_mutate(struct call *call)
{
    uint64_t *random = &attacker.random;

    for (uint64_t count = 1 + random_below(random, 3); count > 0; count--)
        mutate_once(call, random);
    call->flags = flags_random(random);
}
