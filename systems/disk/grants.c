/* The places are those of disk.system. */
#include "drivers/pci/grants.h"
#include "drivers/virtio/layout.h"

const struct pci_grant pci_grants[] = {
    PCI_GRANT_VIRTIO(VIRTIO_BLK, 1, 0xe0000000, 0x10000000, 60),
};
const unsigned pci_grant_count = sizeof pci_grants / sizeof *pci_grants;
