/*
 * The component of a virtio network card: memory for frames, and frames, come through a ring, and what became of them goes back through
 * another one (protocols/net.h). It never sees the frames: the device reads and writes the client's buffers.
 */
#include "drivers/virtio/component.h"
#include "drivers/virtio_net/virtio_net.h"
#include "protocols/net.h"
#include <microkit.h>
#include <pecan/component.h>

/* Filled in from the description: the client's buffers, of which there may be one only, and the rings. */
uint64_t buffer0_address, buffer0_bytes;
uint64_t buffer1_address, buffer1_bytes;
uintptr_t client_region, card_region;

static struct virtio_resources resources;
static struct virtio_net card;
static bool has_card;
static struct ring_pair client;
static unsigned under_way;                         /* at the device */
static struct net_request batch[NET_RING_ENTRIES]; /* taken; those from batch_next on wait for room at the device */
static uint32_t batch_count, batch_next;

static void answer(uint64_t id, enum net_result result, uint32_t bytes)
{
    /* There is room: no more requests are taken. */
    struct net_answer entry = {.id = id, .result = result, .bytes = bytes};
    ring_put(&client.out, &entry, 1);
}

static void answer_all(void)
{
    struct virtio_net_answer done;
    while (has_card && virtio_net_take_received(&card, &done)) {
        under_way--;
        answer(done.token, NET_OK, done.bytes);
    }
    while (has_card && virtio_net_take_sent(&card, &done)) {
        under_way--;
        answer(done.token, NET_OK, 0);
    }
    if (ring_publish(&client.out))
        microkit_notify(CLIENT);
}

/*
 * Accepts a client that has started (again), and says how the pair stands then. Memory that waits for frames may wait for ever: the
 * device is made to forget what the client before gave it.
 */
static enum ring_state accept_client(void)
{
    enum ring_state state = ring_pair_state(&client);
    if (state != RING_PEER_STARTED)
        return state;
    if (under_way) {
        has_card = virtio_check_start(virtio_net_start(&card, &resources));
        under_way = 0;
    }
    batch_count = batch_next = 0;
    if (ring_pair_accept(&client))
        microkit_notify(CLIENT);
    return ring_pair_state(&client);
}

/* How many requests may be taken: each is certain of room for its answer. */
static unsigned requests_room(void)
{
    unsigned room = ring_room(&client.out);
    return room > under_way ? room - under_way : 0;
}

/* Where the device finds a piece; false: in no buffer. */
static bool piece_find(const struct net_piece *piece, struct virtio_net_piece *found)
{
    const uint64_t addresses[NET_MOST_BUFFERS] = {buffer0_address, buffer1_address};
    const uint64_t sizes[NET_MOST_BUFFERS] = {buffer0_bytes, buffer1_bytes};
    if (piece->buffer >= NET_MOST_BUFFERS || !ring_range_fits(piece->offset, piece->bytes, sizes[piece->buffer]))
        return false;
    *found = (struct virtio_net_piece){addresses[piece->buffer] + piece->offset, piece->bytes};
    return true;
}

static bool submit(const struct net_request *request)
{
    struct virtio_net_piece pieces[NET_MOST_PIECES];
    if (!has_card || request->piece_count > NET_MOST_PIECES)
        return false;
    for (unsigned i = 0; i < request->piece_count; i++) {
        if (!piece_find(&request->pieces[i], &pieces[i]))
            return false;
    }
    if (request->operation == NET_GIVE)
        return request->piece_count == 1 && virtio_net_give(&card, pieces[0], request->id);
    return request->operation == NET_SEND && virtio_net_send(&card, pieces, request->piece_count, request->id);
}

/* Whether the request can be decided now: frames in many pieces may have to wait for room that others take. */
static bool has_room(const struct net_request *request)
{
    return !has_card || (request->operation == NET_GIVE   ? virtio_net_can_give(&card)
                         : request->operation == NET_SEND ? virtio_net_can_send(&card)
                                                          : true);
}

/* Takes requests, at most `room`, and says how many more there was room for. */
static unsigned take_requests(unsigned room)
{
    if (batch_next == batch_count) {
        batch_count = ring_take(&client.in, batch, room);
        batch_next = 0;
        room -= batch_count;
    }
    while (batch_next < batch_count && has_room(&batch[batch_next])) {
        const struct net_request *request = &batch[batch_next++];
        if (submit(request))
            under_way++;
        else
            answer(request->id, NET_REFUSED, 0);
    }
    if (has_card)
        virtio_net_publish(&card);
    bool is_asked_for = ring_publish(&client.out);
    if (ring_release(&client.in) || is_asked_for)
        microkit_notify(CLIENT);
    return room;
}

/* Whether there is nothing to do until the device or the client notifies. */
static bool must_wait(bool is_open, unsigned room)
{
    if (has_card && !virtio_net_waits(&card))
        return false;
    if (batch_next < batch_count)
        return ring_pair_state(&client) != RING_PEER_STARTED;
    if (is_open && !room)
        return ring_pair_waits_for_room(&client, under_way + 1);
    return ring_pair_waits_for_entries(&client, 1);
}

static void serve(void)
{
    bool is_open;
    unsigned room;
    do {
        answer_all();
        is_open = accept_client() == RING_OPEN;
        room = take_requests(is_open ? requests_room() : 0);
        if (has_card && virtio_net_is_broken(&card))
            pecan_give_up("the device breaks the rules");
    } while (!must_wait(is_open, room));
}

void init(void)
{
    has_card = virtio_open(&resources) && virtio_check_start(virtio_net_start(&card, &resources));
    microkit_dbg_puts(has_card ? "virtio-net: started\n" : "virtio-net: no card\n");
    ring_pair_start(&client, (void *)card_region, (const void *)client_region, NET_ANSWERS, NET_REQUESTS);
    microkit_notify(CLIENT);
    serve();
}

void notified(microkit_channel ch)
{
    virtio_end_interrupt(ch, has_card ? &card.device : NULL, &resources);
    serve();
    if (ch == MESSAGE_INTERRUPT || ch == LINE_INTERRUPT)
        microkit_irq_ack(ch);
}

microkit_msginfo protected(microkit_channel ch, microkit_msginfo msginfo)
{
    if (ch != CLIENT || microkit_msginfo_get_label(msginfo) != NET_ADDRESS)
        return microkit_msginfo_new(NET_CALL_BAD, 0);
    if (!has_card)
        return microkit_msginfo_new(NET_CALL_NO_CARD, 0);
    seL4_Word address = 0;
    for (unsigned i = 0; i < NET_ADDRESS_BYTES; i++)
        address |= (seL4_Word)card.address[i] << 8 * i;
    microkit_mr_set(0, address);
    return microkit_msginfo_new(NET_CALL_OK, 1);
}
