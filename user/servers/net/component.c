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
    if (microkit_msginfo_get_label(pecan_call_again(CARD, microkit_msginfo_new(NET_ADDRESS, 0), 0)) != NET_CALL_OK)
        return false;
    seL4_Word word = microkit_mr_get(0);
    for (unsigned i = 0; i < NET_ADDRESS_BYTES; i++)
        address[i] = (uint8_t)(word >> 8 * i);
    return true;
}

uint32_t component_random(void)
{
    static seL4_Word words[RANDOM_MOST_WORDS], count, makeshift;
    if (!count) {
        microkit_msginfo answer = pecan_call_again(RANDOM, microkit_msginfo_new(RANDOM_TAKE, 1), RANDOM_MOST_WORDS);
        seL4_Word came = microkit_msginfo_get_count(answer);
        while (microkit_msginfo_get_label(answer) == RANDOM_OK && came <= RANDOM_MOST_WORDS && count < came) {
            words[count] = microkit_mr_get((seL4_Uint8)count);
            count++;
        }
    }
    if (count)
        return (uint32_t)words[--count];
    /* The server stays away: what is only hard to guess. */
    makeshift = (makeshift + pecan_counter()) * 0x9e3779b97f4a7c15ul;
    return (uint32_t)(makeshift >> 32);
}

static void serve(void)
{
    bool has_worked;
    while (!network_serve(&has_worked))
        pecan_component_page->rounds += has_worked;
    /* A wake-up that is asked for already, a little late, will do. */
    uint64_t next = network_next_ns(), now = environment_now_ns();
    if (wake_at_ns <= now || next + NS_PER_MS < wake_at_ns) {
        wake_at_ns = next;
        pecan_call_again(TIME, microkit_msginfo_new(TIME_WAKE_AT, 1), next);
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
