/*
 * A virtio device on the PCI bus, by its registers (virtio 1.2, 3.1 and 4.1): waking it, agreeing on features, setting up queues.
 * Shared by the drivers for each kind of device.
 */
#pragma once

#include "drivers/virtio/layout.h"
#include "drivers/virtio/queue.h"

#define VIRTIO_FEATURE_EVENTS    (1ull << 29)
#define VIRTIO_FEATURE_VERSION_1 (1ull << 32)

enum { VIRTIO_NO_VECTOR = 0xffff };

enum virtio_result {
    VIRTIO_OK,
    VIRTIO_NO_REGISTERS, /* the layout does not fit what is mapped */
    VIRTIO_NO_RESET,     /* the device does not answer */
    VIRTIO_NO_FEATURES,  /* it lacks a needed feature, or refuses what it offered */
    VIRTIO_NO_QUEUE,     /* it lacks a queue, or a usable size or place for notifications */
    VIRTIO_NO_MEMORY,    /* the memory given to the driver does not suffice */
    VIRTIO_NO_INTERRUPT  /* it does not take the message interrupt */
};

/* What a driver is given to drive one device. */
struct virtio_resources {
    struct virtio_layout layout;
    struct mmio bars[PCI_BAR_COUNT]; /* those that the layout names, as far as they are mapped */
    struct dma memory;
    uint16_t vector; /* the entry of the table of message interrupts for all queues; VIRTIO_NO_VECTOR: the line */
};

struct virtio_device {
    struct mmio groups[VIRTIO_GROUP_COUNT];
    uint32_t notify_multiplier;
    struct dma memory; /* what is left of it */
    uint16_t vector;
    uint64_t features; /* agreed on */
};

/* Resets the device and agrees on the features that it offers of `wanted`; it must have `needed`. */
enum virtio_result virtio_start(struct virtio_device *device, const struct virtio_resources *resources, uint64_t wanted,
                                uint64_t needed);

/* Sets up a queue of at least `least` descriptors, at most `most`, a power of two up to VIRTQUEUE_MOST. */
enum virtio_result virtio_queue_start(struct virtio_device *device, struct virtqueue *queue, uint16_t number,
                                      uint16_t least, uint16_t most);

/* The device begins to work; all queues are there. */
void virtio_run(struct virtio_device *device);

/* Stops the device: afterwards it touches no memory. False if it does not answer. */
bool virtio_stop(struct virtio_device *device);

/* Why the line interrupt came, which ends with this: 1 a queue has answers, 2 the configuration changed, 0 not from here. */
uint8_t virtio_interrupt_status(struct virtio_device *device);

/* Copies from the device's own configuration, all of one moment; false if that is shorter or never stands still. */
bool virtio_config_read(struct virtio_device *device, size_t offset, void *bytes, size_t count);
