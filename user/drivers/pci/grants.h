/* Which device goes to whom: a table of the system's, linked with the component that owns the PCI buses. */
#pragma once

#include "drivers/pci/pci.h"

struct pci_grant {
    unsigned channel;               /* the driver's */
    unsigned kind;                  /* the device: that kind of virtio device, */
    uint16_t vendor, device;        /* or, if the kind is 0, what this tells; */
    unsigned number;                /* which of those, counted from 0 in the order of the buses */
    uint64_t places[PCI_BAR_COUNT]; /* where the description has its ranges; 0: it stays where it is */
    struct mmio msix; /* the range with the table of message interrupts, mapped; no bytes: the line is used */
    uint8_t vector;   /* of the message interrupt in the description */
};

extern const struct pci_grant pci_grants[];
extern const unsigned pci_grant_count;
