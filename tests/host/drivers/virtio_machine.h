/*
 * A simulated virtio device: registers as on the PCI bus, queues in the machine's memory. It works when told to, honestly or
 * as the test wants.
 */
#pragma once

#include "drivers/virtio/device.h"
#include "pci_bus.h"

enum { VIRTIO_MOST_QUEUES = 2, VIRTIO_MOST_SEGMENTS = 8, VIRTIO_CONFIG_BYTES = 64 };

/* A piece of the driver's memory in a request. */
struct virtio_piece {
    uint8_t *bytes;
    uint32_t count;
};

/* A request as the device sees it. */
struct virtio_work {
    uint16_t head;
    struct virtio_piece readable[VIRTIO_MOST_SEGMENTS], writable[VIRTIO_MOST_SEGMENTS];
    unsigned readable_count, writable_count;
};

struct virtio_machine {
    uint64_t features;    /* offered */
    bool refuses;         /* does not accept what it offered */
    bool never_resets;    /* its status never becomes 0 */
    bool agrees_always;   /* claims that features are agreed on, whatever the driver says */
    bool takes_no_vector; /* message interrupts cannot be set */
    bool is_wild;         /* every register reads as something random */
    bool is_restless;     /* the generation of its configuration changes with every read */
    uint8_t config[VIRTIO_CONFIG_BYTES];
    struct {
        uint16_t most; /* descriptors; 0: no such queue */
        uint16_t size, vector, enabled;
        uint64_t descriptors, available, used;
        uint16_t seen, answered; /* indices */
        unsigned notifications;
    } queues[VIRTIO_MOST_QUEUES];
    uint64_t accepted;
    uint32_t feature_select, driver_select;
    uint8_t status, interrupt_status, generation;
    uint16_t queue_select;
    unsigned interrupts; /* raised */
};

/* Resources for a driver of the device, with `memory_bytes` of memory; the machine is empty before. */
struct virtio_resources virtio_machine_start(struct virtio_machine *device, size_t memory_bytes);

/* The next request of a queue; false if there is none. Fails the test if it is not in the driver's memory. */
bool virtio_machine_take(struct virtio_machine *device, unsigned queue, struct virtio_work *work);
/* Answers with any number and length, and interrupts if the driver asked for it. */
void virtio_machine_answer(struct virtio_machine *device, unsigned queue, uint32_t head, uint32_t written_bytes);
/* Sets the index of answers to anything. */
void virtio_machine_set_index(struct virtio_machine *device, unsigned queue, uint16_t index);

/* A work's bytes written by the device: copies to the writable pieces; returns how many fitted. */
uint32_t virtio_work_write(const struct virtio_work *work, const void *bytes, uint32_t count);
