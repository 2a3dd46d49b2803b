/*
 * A virtio source of random bytes (virtio 1.2, 5.4). One request at a time, into the driver's own memory, from where the bytes are
 * copied once and erased.
 */
#pragma once

#include "drivers/virtio/device.h"

/* A request's most bytes, and what the driver takes of the memory it is given. */
enum { VIRTIO_RNG_MOST_BYTES = 256, VIRTIO_RNG_MEMORY_BYTES = 512 };

struct virtio_rng {
    struct virtio_device device;
    struct virtqueue queue;
    struct dma bytes;
    bool is_asked;
};

enum virtio_result virtio_rng_start(struct virtio_rng *rng, const struct virtio_resources *resources);

/* Asks for up to VIRTIO_RNG_MOST_BYTES; an interrupt follows. Nothing if that is under way. */
void virtio_rng_ask(struct virtio_rng *rng);

/* The bytes that were asked for: copies up to `count` and says how many; 0 if there are none (yet). The rest is discarded. */
size_t virtio_rng_take(struct virtio_rng *rng, void *bytes, size_t count);

/* The device broke the rules: nothing more comes from it. */
bool virtio_rng_is_broken(const struct virtio_rng *rng);
