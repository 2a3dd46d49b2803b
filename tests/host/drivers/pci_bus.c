#include "pci_bus.h"

#include "machine.h"
#include "test.h"
#include <string.h>

enum { COMMAND = 4, STATUS = 6, HEADER = 14, BAR = 16, SECONDARY_BUS = 25, WINDOW = 32, CAPABILITIES = 0x34 };

static struct bus_function *find(struct bus *bus, struct pci_address address)
{
    for (unsigned i = 0; i < bus->count; i++) {
        struct pci_address other = bus->functions[i].address;
        if (other.bus == address.bus && other.device == address.device && other.function == address.function)
            return &bus->functions[i];
    }
    return NULL;
}

static uint32_t config_read(struct bus *bus, struct pci_address address, unsigned offset, unsigned bytes)
{
    struct bus_function *function = find(bus, address);
    uint32_t value = UINT32_MAX;
    if (function && function->is_wild)
        value = machine_random();
    else if (function)
        memcpy(&value, function->bytes + offset, bytes);
    return bytes == 4 ? value : value & ((1u << 8 * bytes) - 1);
}

static void config_write(struct bus *bus, struct pci_address address, unsigned offset, unsigned bytes, uint32_t value)
{
    struct bus_function *function = find(bus, address);
    bus->writes++;
    if (!function)
        return;
    if (offset >= BAR && offset < BAR + 24 && value == UINT32_MAX && function->bytes[COMMAND] & 3)
        function->measured_while_decoding++;
    for (unsigned i = 0; i < bytes; i++) {
        uint8_t mask = function->writable[offset + i];
        function->bytes[offset + i] = (uint8_t)((function->bytes[offset + i] & ~mask) | (value >> 8 * i & mask));
    }
}

struct bus_function *bus_add(struct bus *bus, struct pci_address address, uint16_t vendor, uint16_t device,
                             bool is_bridge)
{
    struct bus_function *function = &bus->functions[bus->count++];
    *function = (struct bus_function){.address = address};
    memcpy(function->bytes, &vendor, 2);
    memcpy(function->bytes + 2, &device, 2);
    function->bytes[HEADER] = is_bridge;
    function->writable[COMMAND] = 7;
    function->writable[COMMAND + 1] = 4;
    return function;
}

struct bus_function *bus_add_bridge(struct bus *bus, struct pci_address address, uint8_t behind)
{
    struct bus_function *bridge = bus_add(bus, address, 0x1b36, 0x000c, true);
    bridge->bytes[SECONDARY_BUS] = behind;
    /* First and last MiB: 0xfe800000 to 0xfe9fffff, as firmware has it. */
    memcpy(bridge->bytes + WINDOW, (uint8_t[]){0x80, 0xfe, 0x90, 0xfe}, 4);
    memcpy(bridge->writable + WINDOW, (uint8_t[]){0xf0, 0xff, 0xf0, 0xff}, 4);
    return bridge;
}

void bus_add_bar(struct bus_function *function, unsigned index, uint32_t kind, uint64_t address, uint64_t bytes)
{
    uint32_t low = (uint32_t)address | kind, mask = (uint32_t) ~(bytes - 1), high = (uint32_t)(address >> 32),
             high_mask = (uint32_t)(~(bytes - 1) >> 32);
    memcpy(function->bytes + BAR + 4 * index, &low, 4);
    memcpy(function->writable + BAR + 4 * index, &mask, 4);
    if ((kind & 7) == 4 && index < 5) {
        memcpy(function->bytes + BAR + 4 * index + 4, &high, 4);
        memcpy(function->writable + BAR + 4 * index + 4, &high_mask, 4);
    }
}

void bus_add_capability(struct bus_function *function, uint8_t offset, uint8_t number, const void *body, size_t length)
{
    function->bytes[STATUS] |= 0x10;
    function->bytes[offset] = number;
    function->bytes[offset + 1] = function->bytes[CAPABILITIES];
    memcpy(function->bytes + offset + 2, body, length);
    function->bytes[CAPABILITIES] = offset;
}

static struct pci_address ecam_address(size_t offset)
{
    return (struct pci_address){(uint8_t)(offset >> 20), offset >> 15 & 31, offset >> 12 & 7};
}

static uint32_t ecam_read(void *device, size_t offset, unsigned bytes)
{
    expect(offset % 4096 < PCI_CONFIG_BYTES);
    return config_read(device, ecam_address(offset), offset % 4096, bytes);
}

static void ecam_write(void *device, size_t offset, unsigned bytes, uint32_t value)
{
    expect(offset % 4096 < PCI_CONFIG_BYTES);
    config_write(device, ecam_address(offset), offset % 4096, bytes, value);
}

struct pci_access bus_through_memory(struct bus *bus, unsigned bus_count)
{
    size_t bytes = (size_t)bus_count * PCI_ECAM_BUS_BYTES;
    struct machine_registers registers = {bus, ecam_read, ecam_write};
    return (struct pci_access){.ecam = {machine_add_registers(bytes, registers), bytes}};
}

static struct pci_address port_address(uint32_t selected)
{
    expect(selected & 0x80000000u);
    return (struct pci_address){(uint8_t)(selected >> 16), selected >> 11 & 31, selected >> 8 & 7};
}

static uint32_t port_read(void *device, size_t offset, unsigned bytes)
{
    struct bus *bus = device;
    expect(offset >= 4);
    return config_read(bus, port_address(bus->selected), (bus->selected & 0xfc) + (unsigned)(offset & 3), bytes);
}

static void port_write(void *device, size_t offset, unsigned bytes, uint32_t value)
{
    struct bus *bus = device;
    if (offset == 0 && bytes == 4)
        bus->selected = value;
    else
        config_write(bus, port_address(bus->selected), (bus->selected & 0xfc) + (unsigned)(offset & 3), bytes, value);
}

struct pci_access bus_through_ports(struct bus *bus)
{
    machine_add_ports(PCI_FIRST_PORT, PCI_LAST_PORT, (struct machine_registers){bus, port_read, port_write});
    return (struct pci_access){.ports = MACHINE_PORTS_CAPABILITY};
}
