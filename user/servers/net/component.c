/*
 * The component of the network server: it works when a peer notifies, or when lwIP wants to at some moment, for which the time server
 * wakes it.
 */
#include "protocols/net.h"
#include "protocols/random.h"
#include "protocols/time.h"
#include "servers/net/environment.h"
#include "servers/net/network.h"
#include <component_lwip.h>
#include <microkit.h>
#include <pecan/component.h>

enum { CARD = 1, CLIENT = 2, TIME = 3, RANDOM = 4 };

#define NS_PER_MS 1000000ull

/* Filled in from the description. */
uintptr_t card_own_region, card_region;     /* rings with the card's driver */
uintptr_t client_own_region, client_region; /* and with the client */
uintptr_t packets_start, packets_bytes;
uintptr_t send_start, send_bytes;
uintptr_t time_start;

static uint64_t wake_at_ns; /* what the time server was asked for; 0: nothing */

static microkit_msginfo call(microkit_channel channel, seL4_Word label, seL4_Word word)
{
    microkit_msginfo answer;
    do {
        microkit_mr_set(0, word);
        answer = microkit_ppcall(channel, microkit_msginfo_new(label, 1));
    } while (microkit_msginfo_get_label(answer) == PECAN_PEER_RESTARTED);
    return answer;
}

void environment_notify(enum environment_peer peer)
{
    microkit_notify(peer == ENVIRONMENT_CARD ? CARD : CLIENT);
}

uint64_t environment_now_ns(void)
{
    return time_now_ns((const struct time_page *)time_start);
}

bool environment_card_address(uint8_t address[NET_ADDRESS_BYTES])
{
    if (microkit_msginfo_get_label(call(CARD, NET_ADDRESS, 0)) != NET_CALL_OK)
        return false;
    seL4_Word word = microkit_mr_get(0);
    for (unsigned i = 0; i < NET_ADDRESS_BYTES; i++)
        address[i] = (uint8_t)(word >> 8 * i);
    return true;
}

uint32_t component_random(void)
{
    static seL4_Word words[RANDOM_MOST_WORDS];
    static seL4_Word count;
    while (!count) {
        count = microkit_msginfo_get_count(call(RANDOM, RANDOM_TAKE, RANDOM_MOST_WORDS));
        for (seL4_Word i = 0; i < count; i++)
            words[i] = microkit_mr_get((seL4_Uint8)i);
    }
    return (uint32_t)words[--count];
}

static void serve(void)
{
    while (!network_serve())
        pecan_component_page->rounds++;
    /* A wake-up that is asked for already, a little late, will do. */
    uint64_t next = network_next_ns(), now = environment_now_ns();
    if (wake_at_ns <= now || next + NS_PER_MS < wake_at_ns) {
        wake_at_ns = next;
        call(TIME, TIME_WAKE_AT, next);
    }
}

void init(void)
{
    network_start(&(struct network_places){.card_rings_own = (void *)card_own_region,
                                           .card_rings_theirs = (const void *)card_region,
                                           .client_rings_own = (void *)client_own_region,
                                           .client_rings_theirs = (const void *)client_region,
                                           .packets = (void *)packets_start,
                                           .packets_bytes = packets_bytes,
                                           .send_region = (const void *)send_start,
                                           .send_region_bytes = send_bytes});
    serve();
}

void notified(microkit_channel ch)
{
    if (ch == TIME)
        wake_at_ns = 0;
    serve();
}
