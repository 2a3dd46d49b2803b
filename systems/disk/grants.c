/* The places are those of disk.system. */
#include "drivers/pci/grants.h"
#include "drivers/virtio/layout.h"

/* QEMU's virtio devices have the table of message interrupts in range 1 and their registers in range 4. */
const struct pci_grant pci_grants[] = {
    {.channel = 1,
     .kind = VIRTIO_BLK,
     .places = {[1] = 0xe0010000, [4] = 0xe0000000},
     .msix = {(volatile void *)0x10000000, 4096},
     .vector = 60},
};
const unsigned pci_grant_count = sizeof pci_grants / sizeof *pci_grants;
