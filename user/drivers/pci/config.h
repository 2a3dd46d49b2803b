/* PCI configuration space of one segment, through memory (ECAM) or through ports 0xcf8 and 0xcfc. */
#pragma once

#include "drivers/mmio.h"
#include <sel4/sel4.h>

enum { PCI_FIRST_PORT = 0xcf8, PCI_LAST_PORT = 0xcff };
enum { PCI_DEVICES_PER_BUS = 32, PCI_FUNCTIONS_PER_DEVICE = 8, PCI_CONFIG_BYTES = 256 };
/* One bus in ECAM: 4 KiB for each function. */
enum { PCI_ECAM_BUS_BYTES = 1 << 20 };

struct pci_address {
    uint8_t bus, device, function;
};

/* How configuration space is reached; the caller alone uses it. */
struct pci_access {
    struct mmio ecam; /* from bus 0 on, as many buses as are mapped; no bytes: ports are used */
    seL4_CPtr ports;  /* a capability to PCI_FIRST_PORT ... PCI_LAST_PORT */
};

/* How many buses can be reached. */
unsigned pci_bus_count(const struct pci_access *access);

/*
 * Registers at `offset`, a multiple of the access's size below PCI_CONFIG_BYTES. What does not exist, or cannot be reached,
 * reads as all ones and ignores writes.
 */
uint8_t pci_read8(const struct pci_access *access, struct pci_address address, unsigned offset);
uint16_t pci_read16(const struct pci_access *access, struct pci_address address, unsigned offset);
uint32_t pci_read32(const struct pci_access *access, struct pci_address address, unsigned offset);
void pci_write16(const struct pci_access *access, struct pci_address address, unsigned offset, uint16_t value);
void pci_write32(const struct pci_access *access, struct pci_address address, unsigned offset, uint32_t value);
