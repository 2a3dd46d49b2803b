/*
 * A virtio network card (virtio 1.2, 5.1): Ethernet frames, straight between the device and the caller's memory, which holds
 * nothing but frames: the device's header of each is in the driver's own memory.
 */
#pragma once

#include "drivers/virtio/device.h"

enum { VIRTIO_NET_ADDRESS_BYTES = 6, VIRTIO_NET_MOST_FRAME_BYTES = 1514, VIRTIO_NET_LEAST_FRAME_BYTES = 14 };
/* Frames that may be under way in each direction. */
enum { VIRTIO_NET_MOST_FRAMES = 128 };
/* A frame that is sent may lie in several pieces. */
enum { VIRTIO_NET_MOST_PIECES = 4 };
/* What the driver takes of the memory it is given. */
enum { VIRTIO_NET_MEMORY_BYTES = 20480 };

/* A piece of memory; `address` as the device sees it. */
struct virtio_net_piece {
    uint64_t address;
    uint32_t bytes;
};

/* A frame that came, or one that has been sent. */
struct virtio_net_answer {
    uint64_t token;
    uint32_t bytes; /* of a frame that came: within what was given; 0 if it was too short to be one */
};

/* One direction. */
struct virtio_net_queue {
    struct virtqueue queue;
    struct dma headers;
    uint64_t free_slots[VIRTIO_NET_MOST_FRAMES / 64]; /* a bit for each header */
    uint64_t tokens[VIRTIO_NET_MOST_FRAMES];
};

struct virtio_net {
    struct virtio_device device;
    struct virtio_net_queue receive, send;
    uint8_t address[VIRTIO_NET_ADDRESS_BYTES];
};

/* The device must have an address. */
enum virtio_result virtio_net_start(struct virtio_net *card, const struct virtio_resources *resources);

/* Whether there is room for one more frame under way, whatever its pieces. */
bool virtio_net_can_give(const struct virtio_net *card);
bool virtio_net_can_send(const struct virtio_net *card);
/*
 * Gives memory for a frame to come, up to VIRTIO_NET_MOST_FRAME_BYTES are used; `token` is the caller's. False if there is no room, or it is
 * shorter than any frame.
 */
bool virtio_net_give(struct virtio_net *card, struct virtio_net_piece memory, uint64_t token);
/* Sends a frame, up to VIRTIO_NET_MOST_PIECES. False if there is no room, or its length is not that of a frame. */
bool virtio_net_send(struct virtio_net *card, const struct virtio_net_piece *pieces, unsigned count, uint64_t token);
/* Tells the device of what was given and is to be sent. */
void virtio_net_publish(struct virtio_net *card);

/* The next frame that came, or that has been sent (its memory is the caller's again); false if there is none. */
bool virtio_net_take_received(struct virtio_net *card, struct virtio_net_answer *answer);
bool virtio_net_take_sent(struct virtio_net *card, struct virtio_net_answer *answer);

/* True: neither is there, an interrupt will tell. */
bool virtio_net_waits(struct virtio_net *card);
/* The device broke the rules: nothing more comes from it. */
bool virtio_net_is_broken(const struct virtio_net *card);
