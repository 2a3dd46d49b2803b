#include "drivers/pci/config.h"

#include "drivers/port.h"

enum { ADDRESS_PORT = 0xcf8, DATA_PORT = 0xcfc };
#define ADDRESS_ENABLE 0x80000000u

unsigned pci_bus_count(const struct pci_access *access)
{
    return access->ecam.bytes ? (unsigned)(access->ecam.bytes / PCI_ECAM_BUS_BYTES) : 256;
}

static bool is_reachable(const struct pci_access *access, struct pci_address address, unsigned offset)
{
    return address.bus < pci_bus_count(access) && address.device < PCI_DEVICES_PER_BUS &&
           address.function < PCI_FUNCTIONS_PER_DEVICE && offset < PCI_CONFIG_BYTES;
}

static size_t ecam_offset(struct pci_address address, unsigned offset)
{
    return (size_t)address.bus << 20 | (size_t)address.device << 15 | (size_t)address.function << 12 | offset;
}

/* Chooses the register behind the data port; returns the port of the byte at `offset`. */
static uint16_t port_select(const struct pci_access *access, struct pci_address address, unsigned offset)
{
    port_write32(access->ports, ADDRESS_PORT,
                 ADDRESS_ENABLE | (uint32_t)address.bus << 16 | (uint32_t)address.device << 11 |
                     (uint32_t)address.function << 8 | (offset & ~3u));
    return (uint16_t)(DATA_PORT + (offset & 3));
}

uint8_t pci_read8(const struct pci_access *access, struct pci_address address, unsigned offset)
{
    if (!is_reachable(access, address, offset))
        return UINT8_MAX;
    if (access->ecam.bytes)
        return mmio_read8(access->ecam, ecam_offset(address, offset));
    return port_read8(access->ports, port_select(access, address, offset));
}

uint16_t pci_read16(const struct pci_access *access, struct pci_address address, unsigned offset)
{
    if (!is_reachable(access, address, offset))
        return UINT16_MAX;
    if (access->ecam.bytes)
        return mmio_read16(access->ecam, ecam_offset(address, offset));
    return port_read16(access->ports, port_select(access, address, offset));
}

uint32_t pci_read32(const struct pci_access *access, struct pci_address address, unsigned offset)
{
    if (!is_reachable(access, address, offset))
        return UINT32_MAX;
    if (access->ecam.bytes)
        return mmio_read32(access->ecam, ecam_offset(address, offset));
    return port_read32(access->ports, port_select(access, address, offset));
}

void pci_write16(const struct pci_access *access, struct pci_address address, unsigned offset, uint16_t value)
{
    if (!is_reachable(access, address, offset))
        return;
    if (access->ecam.bytes)
        mmio_write16(access->ecam, ecam_offset(address, offset), value);
    else
        port_write16(access->ports, port_select(access, address, offset), value);
}

void pci_write32(const struct pci_access *access, struct pci_address address, unsigned offset, uint32_t value)
{
    if (!is_reachable(access, address, offset))
        return;
    if (access->ecam.bytes)
        mmio_write32(access->ecam, ecam_offset(address, offset), value);
    else
        port_write32(access->ports, port_select(access, address, offset), value);
}
