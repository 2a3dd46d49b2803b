/*
 * Keeps a network card at work: asks QEMU's user network again and again who has 10.0.2.2, each time in another name, and looks at the
 * replies.
 */
#include "../disk_faults/report.h"
#include "protocols/net.h"
#include <microkit.h>
#include <stdbool.h>

enum { NET = 1 };
enum { FRAME_MEMORY = 2048, GIVEN = 16, SENT = GIVEN, ARP_BYTES = 42 };

/* Filled in from the description. */
uintptr_t client_region, card_region, buffer_start, report_start;

static struct ring_pair card;
static bool is_given, is_sending;
static uint8_t name; /* the last byte of the network address that asks */

/* Nobody else on this network has it. */
static const uint8_t address[NET_ADDRESS_BYTES] = {0x52, 0x54, 0, 0x12, 0x34, 0x56};

static struct report *report(void)
{
    return (struct report *)report_start;
}

static uint8_t *frame(uint64_t id)
{
    return (uint8_t *)buffer_start + id * FRAME_MEMORY;
}

static void request(enum net_operation operation, uint64_t id, uint16_t bytes)
{
    struct net_request entry = {
        .id = id, .operation = operation, .piece_count = 1, .pieces = {{(uint32_t)id * FRAME_MEMORY, bytes, 0}}};
    ring_put(&card.out, &entry, 1);
}

/* Who has 10.0.2.2? tell 10.0.2.name */
static void ask(void)
{
    static const uint8_t head[] = {8, 6, 0, 1, 8, 0, 6, 4, 0, 1}, wanted[] = {10, 0, 2, 2};
    uint8_t *to = frame(SENT);
    for (unsigned i = 0; i < 6; i++) {
        to[i] = 0xff;
        to[6 + i] = to[22 + i] = address[i];
        to[32 + i] = 0;
    }
    for (unsigned i = 0; i < sizeof head; i++)
        to[12 + i] = head[i];
    for (unsigned i = 0; i < 4; i++)
        to[28 + i] = to[38 + i] = wanted[i];
    to[31] = name;
    is_sending = true;
    request(NET_SEND, SENT, ARP_BYTES);
}

/* Whether the frame is a reply to what was asked last; one that answers an earlier question may come late, after a restart. */
static bool is_reply(const uint8_t *from, uint32_t bytes)
{
    static const uint8_t head[] = {8, 6, 0, 1, 8, 0, 6, 4, 0, 2}, sender[] = {10, 0, 2, 2};
    if (bytes < ARP_BYTES || from[12] != head[0] || from[13] != head[1])
        return false;
    for (unsigned i = 0; i < sizeof head; i++)
        report()->wrong_bytes += from[12 + i] != head[i];
    for (unsigned i = 0; i < 4; i++)
        report()->wrong_bytes += from[28 + i] != sender[i];
    for (unsigned i = 0; i < 6; i++)
        report()->wrong_bytes += from[i] != address[i] || from[32 + i] != address[i];
    return from[41] == name;
}

static void take(const struct net_answer *answer)
{
    report()->refused += answer->result != NET_OK;
    if (answer->id == SENT) {
        is_sending = false;
        return;
    }
    if (answer->id > SENT)
        return;
    if (is_reply(frame(answer->id), answer->bytes)) {
        report_answer(report());
        name = name < 200 ? name + 1 : 20;
    }
    for (unsigned i = 0; i < ARP_BYTES; i++)
        frame(answer->id)[i] = 0xa5;
    request(NET_GIVE, answer->id, FRAME_MEMORY);
}

static void serve(void)
{
    static uint8_t asked;
    do {
        if (ring_pair_accept(&card)) {
            is_given = false;
            microkit_notify(NET);
        }
        if (!is_given && ring_pair_state(&card) == RING_OPEN) {
            is_given = true;
            is_sending = false;
            asked = 0;
            report()->resent++;
            for (uint64_t id = 0; id < GIVEN; id++)
                request(NET_GIVE, id, FRAME_MEMORY);
        }
        struct net_answer batch[GIVEN];
        uint32_t count = ring_take(&card.in, batch, GIVEN);
        for (uint32_t i = 0; i < count; i++)
            take(&batch[i]);
        if (is_given && !is_sending && asked != name) {
            asked = name;
            ask();
        }
        bool is_asked_for = ring_publish(&card.out);
        if (ring_release(&card.in) || is_asked_for)
            microkit_notify(NET);
    } while (!ring_pair_waits_for_entries(&card, 1));
}

void init(void)
{
    name = 20;
    ring_pair_start(&card, (void *)client_region, (const void *)card_region, NET_REQUESTS, NET_ANSWERS);
    microkit_notify(NET);
    serve();
}

void notified(microkit_channel ch)
{
    (void)ch;
    serve();
}
