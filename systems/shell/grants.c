/* The places are those of shell.system. */
#include "drivers/pci/grants.h"
#include "drivers/framebuffer/bochs_display.h"
#include "drivers/virtio/layout.h"

const struct pci_grant pci_grants[] = {
    {.channel = 4,
     .kind = VIRTIO_BLK,
     .places = {[1] = 0xe0010000, [4] = 0xe0000000},
     .msix = {(volatile void *)0x10002000, 4096},
     .vector = 60},
    {.channel = 1,
     .kind = VIRTIO_NET,
     .places = {[1] = 0xe0110000, [4] = 0xe0100000},
     .msix = {(volatile void *)0x10000000, 4096},
     .vector = 61},
    {.channel = 2,
     .kind = VIRTIO_RNG,
     .places = {[1] = 0xe0210000, [4] = 0xe0200000},
     .msix = {(volatile void *)0x10001000, 4096},
     .vector = 62},
    {.channel = 3,
     .vendor = BOCHS_DISPLAY_VENDOR,
     .device = BOCHS_DISPLAY_DEVICE,
     .places = {[BOCHS_DISPLAY_MEMORY_BAR] = 0xe1000000, [BOCHS_DISPLAY_REGISTERS_BAR] = 0xe0300000}},
};
const unsigned pci_grant_count = sizeof pci_grants / sizeof *pci_grants;
