/* The places are those of display.system. */
#include "drivers/pci/grants.h"
#include "drivers/framebuffer/bochs_display.h"

const struct pci_grant pci_grants[] = {
    {.channel = 1,
     .vendor = BOCHS_DISPLAY_VENDOR,
     .device = BOCHS_DISPLAY_DEVICE,
     .places = {[BOCHS_DISPLAY_MEMORY_BAR] = 0xe1000000, [BOCHS_DISPLAY_REGISTERS_BAR] = 0xe0300000}},
};
const unsigned pci_grant_count = sizeof pci_grants / sizeof *pci_grants;
