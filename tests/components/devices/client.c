/*
 * Takes random words, and asks the network who has 10.0.2.2 (QEMU's user network answers): so often that the memory given to the
 * card comes round.
 */
#include "protocols/net.h"
#include "protocols/random.h"
#include <microkit.h>
#include <stdbool.h>

enum { NET = 1, RANDOM = 2 };
enum { FRAME_MEMORY = 2048, GIVEN = 16, SENT = GIVEN, ARP_BYTES = 42, QUESTIONS = 200, WORDS = 64 };

/* Filled in from the description. */
uintptr_t client_region, card_region, buffer_start;

static struct ring_pair card;
static bool has_card, is_given;
static uint8_t address[NET_ADDRESS_BYTES];
static uint32_t random_words, random_different;
static unsigned questions, replies, sent;

static uint8_t *frame(uint64_t id)
{
    return (uint8_t *)buffer_start + id * FRAME_MEMORY;
}

static void print(const char *text, uint32_t number)
{
    microkit_dbg_puts(text);
    microkit_dbg_put32(number);
    microkit_dbg_puts("\n");
}

/* Says what both devices have done, once that is all. */
static void finish(void)
{
    if (replies < QUESTIONS || random_words < WORDS)
        return;
    print("client: all answered: ", replies);
    print("client: of 64 random words differ ", random_different);
}

static void give(uint64_t id)
{
    struct net_request request = {
        .id = id, .operation = NET_GIVE, .piece_count = 1, .pieces = {{(uint32_t)id * FRAME_MEMORY, FRAME_MEMORY, 0}}};
    ring_put(&card.out, &request, 1);
}

/* Who has 10.0.2.2? tell 10.0.2.15 */
static void ask(void)
{
    static const uint8_t head[] = {8, 6, 0, 1, 8, 0, 6, 4, 0, 1}, own[] = {10, 0, 2, 15}, wanted[] = {10, 0, 2, 2};
    uint8_t *to = frame(SENT);
    for (unsigned i = 0; i < 6; i++) {
        to[i] = 0xff;
        to[6 + i] = to[22 + i] = address[i];
        to[32 + i] = 0;
    }
    for (unsigned i = 0; i < sizeof head; i++)
        to[12 + i] = head[i];
    for (unsigned i = 0; i < 4; i++) {
        to[28 + i] = own[i];
        to[38 + i] = wanted[i];
    }
    struct net_request request = {
        .id = SENT, .operation = NET_SEND, .piece_count = 1, .pieces = {{SENT * FRAME_MEMORY, ARP_BYTES, 0}}};
    ring_put(&card.out, &request, 1);
    questions++;
}

static bool is_reply(const uint8_t *from, uint32_t bytes)
{
    return bytes >= ARP_BYTES && from[12] == 8 && from[13] == 6 && from[21] == 2 && from[31] == 2 && from[38] == 10 &&
           from[41] == 15;
}

static void take(const struct net_answer *answer)
{
    if (answer->id == SENT) {
        sent += answer->result == NET_OK;
        return;
    }
    if (answer->id >= GIVEN)
        return;
    if (is_reply(frame(answer->id), answer->bytes) && ++replies == 1) {
        print("client: a reply of bytes: ", answer->bytes);
        print("client: from an address that begins with ", frame(answer->id)[22]);
    }
    give(answer->id);
}

static void take_random(void)
{
    microkit_mr_set(0, RANDOM_MOST_WORDS);
    microkit_msginfo answer = microkit_ppcall(RANDOM, microkit_msginfo_new(RANDOM_TAKE, 1));
    uint64_t previous = 0;
    bool has_come = microkit_msginfo_get_count(answer);
    for (unsigned i = 0; i < microkit_msginfo_get_count(answer) && random_words < WORDS; i++) {
        uint64_t word = microkit_mr_get((seL4_Uint8)i);
        random_different += word != previous;
        previous = word;
        random_words++;
    }
    if (random_words < WORDS && has_come)
        take_random();
    else if (random_words == WORDS && has_come)
        finish();
}

static void serve(void)
{
    do {
        if (ring_pair_accept(&card)) {
            is_given = false;
            microkit_notify(NET);
        }
        if (!is_given && ring_pair_state(&card) == RING_OPEN) {
            is_given = true;
            for (uint64_t id = 0; id < GIVEN; id++)
                give(id);
            ask();
        }
        struct net_answer batch[GIVEN];
        uint32_t count = ring_take(&card.in, batch, GIVEN);
        for (uint32_t i = 0; i < count; i++)
            take(&batch[i]);
        if (count && sent == questions && replies == questions) {
            if (questions < QUESTIONS)
                ask();
            else
                finish();
        }
        bool is_asked_for = ring_publish(&card.out);
        if (ring_release(&card.in) || is_asked_for)
            microkit_notify(NET);
    } while (!ring_pair_waits_for_entries(&card, 1));
}

void init(void)
{
    take_random();
    microkit_msginfo answer = microkit_ppcall(NET, microkit_msginfo_new(NET_ADDRESS, 0));
    seL4_Word word = microkit_mr_get(0);
    if (microkit_msginfo_get_label(answer) != NET_CALL_OK) {
        microkit_dbg_puts("client: no card\n");
        return;
    }
    for (unsigned i = 0; i < NET_ADDRESS_BYTES; i++)
        address[i] = (uint8_t)(word >> 8 * i);
    has_card = true;
    print("client: the card's address ends with ", address[5]);
    ring_pair_start(&card, (void *)client_region, (const void *)card_region, NET_REQUESTS, NET_ANSWERS);
    microkit_notify(NET);
    serve();
}

void notified(microkit_channel ch)
{
    if (ch == RANDOM)
        take_random();
    else if (has_card)
        serve();
}
