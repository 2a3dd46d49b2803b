#include "drivers/virtio_net/virtio_net.h"

#define FEATURE_ADDRESS (1ull << 5)

enum { RECEIVE_QUEUE, SEND_QUEUE };
enum { CONFIG_ADDRESS = 0 };
/* The header and the frame. */
enum { MOST_SEGMENTS = 1 + VIRTIO_NET_MOST_PIECES, QUEUE_SIZE = 2 * VIRTIO_NET_MOST_FRAMES };
/* All zeros: no offloading was agreed on. The device fills in its own, which says nothing then. */
enum { HEADER_BYTES = 12 };

static enum virtio_result direction_start(struct virtio_net *card, struct virtio_net_queue *direction, uint16_t number)
{
    enum virtio_result result = virtio_queue_start(&card->device, &direction->queue, number, MOST_SEGMENTS, QUEUE_SIZE);
    if (result != VIRTIO_OK)
        return result;
    if (!dma_take(&card->device.memory, HEADER_BYTES * VIRTIO_NET_MOST_FRAMES, 4, &direction->headers))
        return VIRTIO_NO_MEMORY;
    for (unsigned i = 0; i < VIRTIO_NET_MOST_FRAMES / 64; i++)
        direction->free_slots[i] = UINT64_MAX;
    return VIRTIO_OK;
}

enum virtio_result virtio_net_start(struct virtio_net *card, const struct virtio_resources *resources)
{
    *card = (struct virtio_net){0};
    enum virtio_result result = virtio_start(&card->device, resources, 0, FEATURE_ADDRESS);
    if (result == VIRTIO_OK)
        result = direction_start(card, &card->receive, RECEIVE_QUEUE);
    if (result == VIRTIO_OK)
        result = direction_start(card, &card->send, SEND_QUEUE);
    if (result != VIRTIO_OK)
        return result;
    if (!virtio_config_read(&card->device, CONFIG_ADDRESS, card->address, sizeof card->address))
        return VIRTIO_NO_REGISTERS;
    virtio_run(&card->device);
    return VIRTIO_OK;
}

/* A free header, or VIRTIO_NET_MOST_FRAMES. */
static unsigned slot_find(const struct virtio_net_queue *direction)
{
    for (unsigned i = 0; i < VIRTIO_NET_MOST_FRAMES / 64; i++) {
        if (direction->free_slots[i])
            return 64 * i + (unsigned)__builtin_ctzll(direction->free_slots[i]);
    }
    return VIRTIO_NET_MOST_FRAMES;
}

static bool has_room(const struct virtio_net_queue *direction, unsigned piece_count)
{
    return direction->queue.free_count > piece_count && slot_find(direction) != VIRTIO_NET_MOST_FRAMES;
}

static bool frame_add(struct virtio_net_queue *direction, const struct virtio_net_piece *pieces, unsigned count,
                      bool is_received, uint64_t token)
{
    unsigned slot = slot_find(direction);
    if (!has_room(direction, count))
        return false;
    volatile uint8_t *header = (volatile uint8_t *)direction->headers.memory + HEADER_BYTES * slot;
    for (unsigned i = 0; i < HEADER_BYTES; i++)
        header[i] = 0;
    struct virtqueue_segment segments[MOST_SEGMENTS] = {
        {direction->headers.address + HEADER_BYTES * slot, HEADER_BYTES}};
    for (unsigned i = 0; i < count; i++)
        segments[1 + i] = (struct virtqueue_segment){pieces[i].address, pieces[i].bytes};
    if (!virtqueue_add(&direction->queue, segments, is_received ? 0 : 1 + count, is_received ? 1 + count : 0, slot))
        return false;
    direction->free_slots[slot / 64] &= ~(1ull << slot % 64);
    direction->tokens[slot] = token;
    return true;
}

static bool frame_take(struct virtio_net_queue *direction, struct virtio_net_answer *answer)
{
    struct virtqueue_answer taken;
    if (!virtqueue_take(&direction->queue, &taken))
        return false;
    unsigned slot = (unsigned)taken.token;
    uint32_t bytes = taken.written_bytes > HEADER_BYTES ? taken.written_bytes - HEADER_BYTES : 0;
    *answer = (struct virtio_net_answer){direction->tokens[slot], bytes >= VIRTIO_NET_LEAST_FRAME_BYTES ? bytes : 0};
    direction->free_slots[slot / 64] |= 1ull << slot % 64;
    return true;
}

bool virtio_net_can_give(const struct virtio_net *card)
{
    return has_room(&card->receive, 1);
}

bool virtio_net_can_send(const struct virtio_net *card)
{
    return has_room(&card->send, VIRTIO_NET_MOST_PIECES);
}

bool virtio_net_give(struct virtio_net *card, struct virtio_net_piece memory, uint64_t token)
{
    if (memory.bytes > VIRTIO_NET_MOST_FRAME_BYTES)
        memory.bytes = VIRTIO_NET_MOST_FRAME_BYTES;
    return memory.bytes >= VIRTIO_NET_LEAST_FRAME_BYTES && frame_add(&card->receive, &memory, 1, true, token);
}

bool virtio_net_send(struct virtio_net *card, const struct virtio_net_piece *pieces, unsigned count, uint64_t token)
{
    uint64_t bytes = 0;
    if (count > VIRTIO_NET_MOST_PIECES)
        return false;
    for (unsigned i = 0; i < count; i++) {
        if (!pieces[i].bytes)
            return false;
        bytes += pieces[i].bytes;
    }
    return bytes >= VIRTIO_NET_LEAST_FRAME_BYTES && bytes <= VIRTIO_NET_MOST_FRAME_BYTES &&
           frame_add(&card->send, pieces, count, false, token);
}

void virtio_net_publish(struct virtio_net *card)
{
    virtqueue_publish(&card->receive.queue);
    virtqueue_publish(&card->send.queue);
}

bool virtio_net_take_received(struct virtio_net *card, struct virtio_net_answer *answer)
{
    return frame_take(&card->receive, answer);
}

bool virtio_net_take_sent(struct virtio_net *card, struct virtio_net_answer *answer)
{
    return frame_take(&card->send, answer);
}

bool virtio_net_waits(struct virtio_net *card)
{
    bool receive_waits = virtqueue_waits(&card->receive.queue);
    return virtqueue_waits(&card->send.queue) && receive_waits;
}

bool virtio_net_is_broken(const struct virtio_net *card)
{
    return card->receive.queue.is_broken || card->send.queue.is_broken;
}
