#include "servers/net/packet.h"

#include <lwip/pbuf.h>

struct packet {
    struct pbuf_custom pbuf; /* first: lwIP hands it back as pbuf */
    uint16_t next_free;
};

static uint8_t *region;
static size_t region_bytes;
static struct packet packets[PACKET_MOST];
static unsigned first_free = PACKET_NONE, free_count;

static void pbuf_freed(struct pbuf *pbuf)
{
    packet_put_back((unsigned)((struct packet *)pbuf - packets));
}

void packet_start(void *start, size_t bytes)
{
    size_t count = bytes / PACKET_BYTES;
    region = start;
    region_bytes = bytes;
    for (unsigned i = count < PACKET_MOST ? (unsigned)count : PACKET_MOST; i-- > 0;) {
        packets[i].pbuf.custom_free_function = pbuf_freed;
        packet_put_back(i);
    }
}

unsigned packet_free_count(void)
{
    return free_count;
}

unsigned packet_take(void)
{
    unsigned packet = first_free;
    if (packet != PACKET_NONE) {
        first_free = packets[packet].next_free;
        free_count--;
    }
    return packet;
}

void packet_put_back(unsigned packet)
{
    packets[packet].next_free = (uint16_t)first_free;
    first_free = packet;
    free_count++;
}

void *packet_memory(unsigned packet)
{
    return region + packet_offset(packet);
}

uint32_t packet_offset(unsigned packet)
{
    return packet * PACKET_BYTES;
}

struct pbuf *packet_pbuf(unsigned packet, uint16_t bytes)
{
    return pbuf_alloced_custom(PBUF_RAW, bytes, PBUF_REF, &packets[packet].pbuf, packet_memory(packet), PACKET_BYTES);
}

struct pbuf *packet_copy(const struct pbuf *original)
{
    struct pbuf *copy = NULL;
    uint16_t copied = 0;
    do {
        uint16_t bytes = (uint16_t)(original->tot_len - copied);
        unsigned packet = packet_take();
        if (packet == PACKET_NONE) {
            if (copy)
                pbuf_free(copy);
            return NULL;
        }
        if (bytes > PACKET_BYTES)
            bytes = PACKET_BYTES;
        pbuf_copy_partial(original, packet_memory(packet), bytes, copied);
        copied = (uint16_t)(copied + bytes);
        if (copy)
            pbuf_cat(copy, packet_pbuf(packet, bytes));
        else
            copy = packet_pbuf(packet, bytes);
    } while (copied < original->tot_len);
    return copy;
}

bool packet_region_holds(const void *start, size_t bytes, uint32_t *offset)
{
    uintptr_t address = (uintptr_t)start, first = (uintptr_t)region;
    if (address < first || address - first > region_bytes || bytes > region_bytes - (address - first))
        return false;
    *offset = (uint32_t)(address - first);
    return true;
}
