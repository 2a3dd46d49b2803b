/*
 * Where a virtio device on the PCI bus has its registers (virtio 1.2, 4.1.4). Whoever owns configuration space finds it and
 * hands it to the driver, which needs the device's ranges only.
 */
#pragma once

#include "drivers/pci/pci.h"

enum { VIRTIO_NET = 1, VIRTIO_BLK = 2, VIRTIO_RNG = 4 };

/* The four groups of registers. */
enum virtio_group { VIRTIO_COMMON, VIRTIO_NOTIFY, VIRTIO_ISR, VIRTIO_CONFIG, VIRTIO_GROUP_COUNT };

struct virtio_layout {
    struct {
        uint8_t bar;
        uint32_t offset, bytes; /* no bytes: the device has no such group */
    } groups[VIRTIO_GROUP_COUNT];
    uint32_t notify_multiplier;
};

/* The kind of virtio device (VIRTIO_BLK, ...), 0 if it is not one. */
unsigned virtio_kind(const struct pci_access *access, const struct pci_function *function);

/* False if the device lacks a group that every driver needs, or names registers outside of its ranges. */
bool virtio_layout_find(const struct pci_access *access, const struct pci_function *function,
                        struct virtio_layout *layout);
