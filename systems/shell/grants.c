/* The places are those of shell.system. */
#include "drivers/pci/grants.h"
#include "drivers/framebuffer/bochs_display.h"
#include "drivers/virtio/layout.h"

const struct pci_grant pci_grants[] = {
    PCI_GRANT_VIRTIO(VIRTIO_BLK, 4, 0xe0000000, 0x10002000, 60),
    PCI_GRANT_VIRTIO(VIRTIO_NET, 1, 0xe0100000, 0x10000000, 61),
    PCI_GRANT_VIRTIO(VIRTIO_RNG, 2, 0xe0200000, 0x10001000, 62),
    {.channel = 3,
     .vendor = BOCHS_DISPLAY_VENDOR,
     .device = BOCHS_DISPLAY_DEVICE,
     .places = {[BOCHS_DISPLAY_MEMORY_BAR] = 0xe1000000, [BOCHS_DISPLAY_REGISTERS_BAR] = 0xe0300000}},
};
const unsigned pci_grant_count = sizeof pci_grants / sizeof *pci_grants;
