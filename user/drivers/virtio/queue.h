/*
 * A split virtqueue (virtio 1.2, 2.7): requests to a device, each a chain of pieces of memory, and what became of them.
 *
 * All that the driver must know is in private memory. From shared memory it reads only what the device has to say, once, and
 * checks it: a device that answers what was not asked, or with impossible lengths, breaks the queue and nothing else.
 */
#pragma once

#include "drivers/dma.h"
#include "drivers/mmio.h"
#include <stdatomic.h>

enum { VIRTQUEUE_MOST = 256 };

/* A piece of memory that the device reads or writes. */
struct virtqueue_segment {
    uint64_t address;
    uint32_t bytes;
};

/* A request that the device has finished. */
struct virtqueue_answer {
    uint64_t token;         /* the caller's, from virtqueue_add */
    uint32_t written_bytes; /* how much of the writable segments the device says it filled, from their start on */
};

struct virtqueue {
    uint16_t size; /* descriptors: a power of two */
    uint16_t number;
    struct mmio notify; /* where the device is told of requests: two bytes */
    bool has_events;    /* both sides say by index when they want to be told: VIRTIO_FEATURE_EVENTS */
    bool is_broken;     /* the device broke the rules: only a reset helps */

    struct virtqueue_descriptor *descriptors; /* written only */
    _Atomic uint16_t *available;              /* flags, index, ring, event: written only */
    const _Atomic uint16_t *used;             /* flags, index, then pairs of 32 bits, event */

    uint16_t free_head, free_count;
    uint16_t added, published; /* indices of requests: made, and told to the device */
    uint16_t taken;            /* index of answers */
    uint16_t next[VIRTQUEUE_MOST];
    uint16_t length[VIRTQUEUE_MOST]; /* of the chain that begins here; 0: none does, or it is not with the device */
    uint32_t writable_bytes[VIRTQUEUE_MOST]; /* of that chain */
    uint64_t tokens[VIRTQUEUE_MOST];
};

/* Bytes of shared memory for a queue, which is aligned to 16. */
size_t virtqueue_bytes(uint16_t size);

/* An empty queue in `memory`, of virtqueue_bytes; `size` is a power of two, at most VIRTQUEUE_MOST. */
void virtqueue_initialise(struct virtqueue *queue, uint16_t number, uint16_t size, struct dma memory,
                          struct mmio notify, bool has_events);

/* Where the device finds the three parts: descriptors, available, used. */
struct virtqueue_parts {
    uint64_t descriptors, available, used;
};
struct virtqueue_parts virtqueue_parts(const struct virtqueue *queue, struct dma memory);

/*
 * Makes a request of segments that the device reads, then such that it writes; at least one. The memory belongs to the device until
 * the answer. False if there is no room, or the queue is broken.
 */
bool virtqueue_add(struct virtqueue *queue, const struct virtqueue_segment *segments, unsigned readable_count,
                   unsigned writable_count, uint64_t token);
/* Tells the device of all requests made since, if it wants to be told. */
void virtqueue_publish(struct virtqueue *queue);

/* The next answer; false if there is none. */
bool virtqueue_take(struct virtqueue *queue, struct virtqueue_answer *answer);
/* Asks for an interrupt at the next answer. True: there is none now, wait. False: take it. */
bool virtqueue_waits(struct virtqueue *queue);
