#include "servers/net/card.h"

#include "protocols/net.h"
#include "servers/net/environment.h"
#include "servers/net/interface.h"
#include "servers/net/packet.h"
#include <lwip/priv/tcp_priv.h>
#include <lwip/tcp.h>

enum { MOST_GIVEN = NET_RING_ENTRIES / 2, MOST_SENDING = NET_RING_ENTRIES / 2, BATCH = 64 };
#define SENDING_ID (1ull << 32)

/* A frame at the card. */
struct sending {
    bool is_used;
    unsigned packet;    /* with what had to be copied; PACKET_NONE: nothing */
    struct pbuf *frame; /* keeps the rest of it; may be null */
    struct net_request request;
};

static struct ring_pair card;
static const uint8_t *send_region;
static size_t send_region_bytes;
static bool is_open; /* the driver knows all that is given and being sent */
static bool has_refused;
static bool is_given[PACKET_MOST];
static unsigned given_count;
static struct sending sending[MOST_SENDING]; /* frame number n is at n % MOST_SENDING */
static uint64_t next_number, oldest_number;

void card_start(void *own_rings, const void *card_rings, const void *region, size_t region_bytes)
{
    send_region = region;
    send_region_bytes = region_bytes;
    ring_pair_start(&card, own_rings, card_rings, NET_REQUESTS, NET_ANSWERS);
    environment_notify(ENVIRONMENT_CARD);
}

/* There is room: no more than half of the ring's entries are under way in each direction. */
static void request_put(const struct net_request *request)
{
    if (is_open)
        ring_put(&card.out, request, 1);
}

/* --- sending -------------------------------------------------------------------------------------------------------- */

bool card_has_room(void)
{
    return !sending[next_number % MOST_SENDING].is_used;
}

uint64_t card_mark(void)
{
    return next_number;
}

bool card_is_past(uint64_t mark)
{
    return oldest_number >= mark;
}

/* Adds a piece, to the last one if it lies behind that; false if there are too many. */
static bool piece_add(struct net_request *request, unsigned buffer, uint32_t offset, uint16_t bytes)
{
    struct net_piece *last = request->piece_count ? &request->pieces[request->piece_count - 1] : NULL;
    if (last && last->buffer == buffer && last->offset + last->bytes == offset) {
        last->bytes = (uint16_t)(last->bytes + bytes);
        return true;
    }
    if (request->piece_count == NET_MOST_PIECES)
        return false;
    request->pieces[request->piece_count++] = (struct net_piece){offset, bytes, (uint16_t)buffer};
    return true;
}

static bool send_region_holds(const void *start, size_t bytes, uint32_t *offset)
{
    uintptr_t address = (uintptr_t)start, first = (uintptr_t)send_region;
    if (address < first || !ring_range_fits(address - first, bytes, send_region_bytes))
        return false;
    *offset = (uint32_t)(address - first);
    return true;
}

/* Describes the frame piece by piece, and copies to `sent->packet` what the card cannot reach. False if there are too many pieces. */
static bool frame_describe(struct sending *sent, const struct pbuf *frame)
{
    uint16_t copied = 0;
    for (const struct pbuf *part = frame; part; part = part->next) {
        uint32_t offset;
        bool is_added;
        if (!part->len)
            continue;
        if (send_region_holds(part->payload, part->len, &offset)) {
            is_added = piece_add(&sent->request, CARD_SEND_REGION, offset, part->len);
        } else if (packet_region_holds(part->payload, part->len, &offset)) {
            is_added = piece_add(&sent->request, CARD_PACKET_REGION, offset, part->len);
        } else {
            pbuf_copy_partial(part, (uint8_t *)packet_memory(sent->packet) + copied, part->len, 0);
            is_added = piece_add(&sent->request, CARD_PACKET_REGION, packet_offset(sent->packet) + copied, part->len);
            copied = (uint16_t)(copied + part->len);
        }
        if (!is_added)
            return false;
    }
    return true;
}

static bool frame_lies_in_packets(const struct pbuf *frame)
{
    uint32_t offset;
    for (; frame; frame = frame->next) {
        if (packet_region_holds(frame->payload, frame->len, &offset))
            return true;
    }
    return false;
}

bool card_send(struct pbuf *frame)
{
    if (frame->tot_len > NET_MOST_FRAME_BYTES || !card_has_room())
        return false;
    struct sending *sent = &sending[next_number % MOST_SENDING];
    *sent = (struct sending){.packet = packet_take(),
                             .request = {.id = SENDING_ID | next_number % MOST_SENDING, .operation = NET_SEND}};
    if (sent->packet == PACKET_NONE)
        return false;
    if (!frame_describe(sent, frame)) {
        sent->request.piece_count = 1;
        sent->request.pieces[0] = (struct net_piece){packet_offset(sent->packet), frame->tot_len, CARD_PACKET_REGION};
        pbuf_copy_partial(frame, packet_memory(sent->packet), frame->tot_len, 0);
    } else if (frame_lies_in_packets(frame)) {
        sent->frame = frame;
        pbuf_ref(frame);
    }
    sent->is_used = true;
    next_number++;
    request_put(&sent->request);
    return true;
}

static void frame_is_sent(uint64_t place)
{
    if (place >= MOST_SENDING || !sending[place].is_used)
        return;
    sending[place].is_used = false;
    packet_put_back(sending[place].packet);
    if (sending[place].frame)
        pbuf_free(sending[place].frame);
    while (oldest_number < next_number && !sending[oldest_number % MOST_SENDING].is_used)
        oldest_number++;
}

/* --- receiving ------------------------------------------------------------------------------------------------------ */

static void give(unsigned packet)
{
    struct net_request request = {
        .id = packet, .operation = NET_GIVE, .piece_count = 1, .pieces = {{packet_offset(packet), PACKET_BYTES, 0}}};
    request_put(&request);
}

/* What came out of order waits in memory that is wanted now; its senders send it again. */
static void free_early_segments(void)
{
    for (struct tcp_pcb *pcb = tcp_active_pcbs; pcb; pcb = pcb->next)
        tcp_free_ooseq(pcb);
}

static void give_more(void)
{
    if (!is_open || has_refused)
        return;
    if (!packet_free_count() && !given_count)
        free_early_segments();
    while (given_count < MOST_GIVEN && packet_free_count()) {
        unsigned packet = packet_take();
        is_given[packet] = true;
        given_count++;
        give(packet);
    }
}

static void frame_has_come(const struct net_answer *answer)
{
    if (answer->id >= PACKET_MOST || !is_given[answer->id])
        return;
    unsigned packet = (unsigned)answer->id;
    is_given[packet] = false;
    given_count--;
    has_refused |= answer->result != NET_OK;
    if (answer->result == NET_OK && answer->bytes && answer->bytes <= NET_MOST_FRAME_BYTES)
        interface_receive(packet_pbuf(packet, (uint16_t)answer->bytes));
    else
        packet_put_back(packet);
}

/* --- the driver ----------------------------------------------------------------------------------------------------- */

/* Everything that the driver before has not answered. */
static void ask_again(void)
{
    for (unsigned packet = 0; packet < PACKET_MOST; packet++) {
        if (is_given[packet])
            give(packet);
    }
    for (uint64_t number = oldest_number; number < next_number; number++) {
        if (sending[number % MOST_SENDING].is_used)
            request_put(&sending[number % MOST_SENDING].request);
    }
}

bool card_is_settled(void)
{
    struct net_answer unasked[BATCH];
    if (ring_pair_accept(&card)) {
        is_open = false;
        environment_notify(ENVIRONMENT_CARD);
    }
    /* Nothing has been asked of this start of the driver: to wait for an end of its answers would be to wait for ever. */
    if (!is_open)
        ring_take(&card.in, unasked, BATCH);
    return ring_pair_state(&card) == RING_OPEN;
}

uint32_t card_serve(bool *has_started)
{
    struct net_answer batch[BATCH];
    *has_started = card_is_settled() && !is_open;
    if (*has_started) {
        is_open = true;
        has_refused = false;
        ask_again();
    }
    uint32_t count = ring_take(&card.in, batch, BATCH);
    for (uint32_t i = 0; i < count; i++) {
        if (batch[i].id & SENDING_ID)
            frame_is_sent(batch[i].id & ~SENDING_ID);
        else
            frame_has_come(&batch[i]);
    }
    give_more();
    return count;
}

void card_publish(void)
{
    bool is_asked_for = ring_publish(&card.out);
    if (ring_release(&card.in) || is_asked_for)
        environment_notify(ENVIRONMENT_CARD);
}

bool card_waits(void)
{
    return ring_pair_waits_for_entries(&card, 1);
}
