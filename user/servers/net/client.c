#include "servers/net/client.h"

#include "servers/net/card.h"
#include "servers/net/endpoint.h"
#include "servers/net/environment.h"
#include "servers/net/packet.h"
#include "servers/net/requests.h"

enum { BATCH = 64 };
/* What can be reported unasked before the client's next request: all segments, and of each socket its end and its failure; the status. */
enum { MOST_UNASKED = PACKET_MOST + 2 * SOCKET_MOST + 1 };
/* What can wait for the card: sends, and of each socket a failure, a close and an abort. */
enum { MOST_LATER = SOCKET_MOST_SENDS_OF_ALL + 3 * SOCKET_MOST };

static struct ring_pair client;
static unsigned owed; /* answers */
static bool has_status;

/* Requests that were taken. The first may have to wait for the interfaces, and the others behind it. */
static struct socket_request batch[BATCH];
static uint32_t batch_first, batch_count;

static struct later {
    struct socket_report report;
    enum client_later kind;
    uint64_t mark;
} later[MOST_LATER];
static unsigned first_later, later_count;

void client_start(void *own_rings, const void *client_rings, const void *send_region, size_t send_region_bytes)
{
    requests_start(send_region, send_region_bytes);
    ring_pair_start(&client, own_rings, client_rings, SOCKET_REPORTS, SOCKET_REQUESTS);
    environment_notify(ENVIRONMENT_CLIENT);
}

bool client_has_let_go(void)
{
    return !ring_pair_peer_is_behind(&client);
}

void client_report(const struct socket_report *report)
{
    if (report->kind == SOCKET_ANSWER)
        owed--;
    ring_put(&client.out, report, 1);
}

void client_report_later(const struct socket_report *report, enum client_later kind)
{
    later[(first_later + later_count++) % MOST_LATER] = (struct later){*report, kind, card_mark()};
}

void client_report_status(void)
{
    has_status = true;
}

static void report_what_waited(void)
{
    for (; later_count && card_is_past(later[first_later].mark); later_count--) {
        const struct later *next = &later[first_later];
        client_report(&next->report);
        if (next->kind == LATER_SEND)
            requests_send_is_answered();
        if (next->kind == LATER_LAST)
            endpoint_reset(endpoint_at(next->report.socket), ENDPOINT_FREE);
        first_later = (first_later + 1) % MOST_LATER;
    }
}

/* All that the client before had is let go at once; the new one is accepted when the card too has let go of its memory. */
static void accept_client(void)
{
    static bool is_forgetting;
    static uint64_t mark;
    if (!is_forgetting) {
        is_forgetting = true;
        endpoint_forget_all();
        later_count = owed = 0;
        batch_count = 0;
        requests_forget();
        mark = card_mark();
    }
    if (!card_is_past(mark) || !ring_pair_accept(&client))
        return;
    is_forgetting = false;
    has_status = true;
    environment_notify(ENVIRONMENT_CLIENT);
}

static uint32_t requests_room(void)
{
    uint32_t room = ring_room(&client.out), needed = owed + MOST_UNASKED;
    return room > needed ? room - needed : 0;
}

static void take_batch(void)
{
    uint32_t room = requests_room();
    batch_first = 0;
    batch_count = ring_take(&client.in, batch, room < BATCH ? room : BATCH);
    for (uint32_t i = 0; i < batch_count; i++)
        owed += batch[i].operation != SOCKET_CONSUME;
}

uint32_t client_serve(void)
{
    enum ring_state state = ring_pair_state(&client);
    if (state == RING_PEER_STARTED)
        accept_client();
    if (state != RING_OPEN)
        return 0;
    if (!batch_count)
        take_batch();
    uint32_t served = 0;
    for (; batch_count && requests_serve(&batch[batch_first]); batch_first++, batch_count--)
        served++;
    if (has_status && requests_room()) {
        has_status = false;
        client_report(&(struct socket_report){.kind = SOCKET_STATUS});
    }
    return served;
}

void client_publish(void)
{
    report_what_waited();
    bool is_asked_for = ring_publish(&client.out);
    if (ring_release(&client.in) || is_asked_for)
        environment_notify(ENVIRONMENT_CLIENT);
}

bool client_waits(void)
{
    /* What holds the new client up is the card, which will notify. */
    enum ring_state state = ring_pair_state(&client);
    if (state == RING_PEER_STARTED)
        return true;
    /* What holds the first request up is a frame from the card, or a timeout. */
    if (state == RING_OPEN && batch_count)
        return true;
    if (state == RING_OPEN && !requests_room())
        return ring_pair_waits_for_room(&client, owed + MOST_UNASKED + 1);
    return ring_pair_waits_for_entries(&client, 1);
}
