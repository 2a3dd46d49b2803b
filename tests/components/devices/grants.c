/* The places are those of devices.system. */
#include "drivers/pci/grants.h"
#include "drivers/virtio/layout.h"

const struct pci_grant pci_grants[] = {
    PCI_GRANT_VIRTIO(VIRTIO_NET, 1, 0xe0100000, 0x10000000, 61),
    PCI_GRANT_VIRTIO(VIRTIO_RNG, 2, 0xe0200000, 0x10001000, 62),
};
const unsigned pci_grant_count = sizeof pci_grants / sizeof *pci_grants;
