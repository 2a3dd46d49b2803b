/* Which device goes to whom: a table of the system's, linked with the component that owns the PCI buses. */
#pragma once

#include "drivers/pci/pci.h"

struct pci_grant {
    unsigned channel;               /* the driver's */
    unsigned kind;                  /* the device: that kind of virtio device, */
    uint16_t vendor, device;        /* or, if the kind is 0, what this tells; */
    unsigned number;                /* which of those, counted from 0 in the order of the buses */
    uint64_t places[PCI_BAR_COUNT]; /* where the description has its ranges; 0: it stays where it is */
    unsigned msix_range;            /* which of them has the table of message interrupts, */
    struct mmio msix;               /* mapped; no bytes: the line is used */
    uint8_t vector;                 /* of the message interrupt in the description */
};

/*
 * A virtio device as QEMU makes them: its registers are range 4, of 16 KiB, and the table of message interrupts is range 1, of 4 KiB, which gets its place
 * 64 KiB behind the other. `table` is where the owner of the buses has that mapped.
 */
#define PCI_GRANT_VIRTIO(virtio_kind, driver_channel, place, table, message_vector)                                    \
    {                                                                                                                  \
        .channel = (driver_channel), .kind = (virtio_kind), .places = {[1] = (place) + 0x10000, [4] = (place)},        \
        .msix_range = 1, .msix = {(volatile void *)(table), 4096}, .vector = (message_vector)                          \
    }

extern const struct pci_grant pci_grants[];
extern const unsigned pci_grant_count;
