#include "pci_bus.h"

#include "machine.h"
#include "test.h"
#include <string.h>

enum { MEMORY = 0, MEMORY_64 = 0xc, PORTS = 1 };

/* A host bridge, a device with three ranges, a bridge to bus 3, and a device of two functions behind it. */
static void add_devices(struct bus *bus)
{
    bus_add(bus, (struct pci_address){0, 0, 0}, 0x8086, 0x29c0, false);
    struct bus_function *disk = bus_add(bus, (struct pci_address){0, 2, 0}, 0x1af4, 0x1042, false);
    disk->bytes[9] = 0;
    disk->bytes[10] = 0;
    disk->bytes[11] = 1;
    disk->bytes[4] = 7;
    disk->bytes[0x3d] = 1;
    bus_add_bar(disk, 0, PORTS, 0xc000, 128);
    bus_add_bar(disk, 1, MEMORY, 0xfebd1000, 4096);
    bus_add_bar(disk, 4, MEMORY_64, 0x800000000, 0x200000000);
    bus_add_bridge(bus, (struct pci_address){0, 31, 0}, 3);
    struct bus_function *first = bus_add(bus, (struct pci_address){3, 0, 0}, 0x1234, 1, false);
    first->bytes[14] = 0x80;
    bus_add(bus, (struct pci_address){3, 0, 5}, 0x1234, 2, false);
}

static void check_devices(const struct pci_access *access)
{
    struct pci_function functions[BUS_MOST_FUNCTIONS];
    expect_eq(pci_enumerate(access, functions, BUS_MOST_FUNCTIONS), 5);
    const struct pci_function *disk = &functions[1];
    expect_eq(disk->vendor, 0x1af4);
    expect_eq(disk->device, 0x1042);
    expect_eq(disk->class_code, 1);
    expect_eq(disk->interrupt_pin, 1);
    expect_eq(disk->bars[0].bytes, 128);
    expect_eq(disk->bars[0].address, 0xc000);
    expect(disk->bars[0].is_ports);
    expect_eq(disk->bars[1].bytes, 4096);
    expect_eq(disk->bars[1].address, 0xfebd1000);
    expect(!disk->bars[1].is_64_bits);
    expect_eq(disk->bars[2].bytes, 0);
    expect_eq(disk->bars[4].bytes, 0x200000000);
    expect_eq(disk->bars[4].address, 0x800000000);
    expect(disk->bars[4].is_64_bits && disk->bars[4].is_prefetchable);
    expect_eq(disk->bars[5].bytes, 0);
    expect(functions[2].is_bridge);
    expect_eq(functions[2].above, PCI_NO_BRIDGE);
    expect_eq(functions[2].window.first, 0xfe800000);
    expect_eq(functions[2].window.end, 0xfea00000);
    expect_eq(functions[3].address.bus, 3);
    expect_eq(functions[3].above, 2);
    expect_eq(functions[4].address.function, 5);
    expect_eq(functions[4].device, 2);
}

TEST(pci, devices_are_found_through_memory)
{
    machine_reset();
    struct bus bus = {0};
    add_devices(&bus);
    struct pci_access access = bus_through_memory(&bus, 4);
    check_devices(&access);
}

TEST(pci, devices_are_found_through_ports)
{
    machine_reset();
    struct bus bus = {0};
    add_devices(&bus);
    struct pci_access access = bus_through_ports(&bus);
    check_devices(&access);
}

TEST(pci, measuring_leaves_the_registers_as_they_were_and_the_device_deaf)
{
    machine_reset();
    struct bus bus = {0};
    add_devices(&bus);
    uint8_t before[PCI_CONFIG_BYTES];
    memcpy(before, bus.functions[1].bytes, sizeof before);
    struct pci_access access = bus_through_ports(&bus);
    struct pci_function functions[2];
    expect_eq(pci_enumerate(&access, functions, 2), 5); /* more than there was room for */
    expect(memcmp(before, bus.functions[1].bytes, sizeof before) == 0);
    expect_eq(bus.functions[1].measured_while_decoding, 0);
}

TEST(pci, a_host_bridge_is_left_alone)
{
    machine_reset();
    struct bus bus = {0};
    struct bus_function *bridge = bus_add(&bus, (struct pci_address){0, 0, 0}, 0x8086, 0x1237, false);
    bridge->bytes[11] = 6;
    bus_add_bar(bridge, 0, MEMORY, 0xf0000000, 4096);
    struct pci_access access = bus_through_ports(&bus);
    struct pci_function function;
    expect_eq(pci_enumerate(&access, &function, 1), 1);
    expect_eq(function.bars[0].bytes, 0);
    expect_eq(bus.writes, 0);
}

TEST(pci, buses_beyond_the_mapped_ones_are_left_out)
{
    machine_reset();
    struct bus bus = {0};
    add_devices(&bus);
    struct pci_access access = bus_through_memory(&bus, 2);
    struct pci_function functions[BUS_MOST_FUNCTIONS];
    expect_eq(pci_enumerate(&access, functions, BUS_MOST_FUNCTIONS), 3);
}

TEST(pci, bridges_in_a_circle_end)
{
    machine_reset();
    struct bus bus = {0};
    bus_add(&bus, (struct pci_address){0, 1, 0}, 1, 1, true)->bytes[0x19] = 1;
    bus_add(&bus, (struct pci_address){1, 1, 0}, 1, 1, true)->bytes[0x19] = 0;
    struct pci_access access = bus_through_memory(&bus, 2);
    struct pci_function functions[4];
    expect_eq(pci_enumerate(&access, functions, 4), 2);
}

TEST(pci, a_range_moves_to_where_it_fits)
{
    machine_reset();
    struct bus bus = {0};
    add_devices(&bus);
    struct pci_access access = bus_through_ports(&bus);
    struct pci_function functions[5];
    pci_enumerate(&access, functions, 5);
    struct pci_function *disk = &functions[1];
    expect(pci_bar_move(&access, disk, 1, 0xfe000000));
    expect_eq(pci_read32(&access, disk->address, 0x14), 0xfe000000);
    expect(pci_bar_move(&access, disk, 4, 0x400000000));
    expect_eq(pci_read32(&access, disk->address, 0x24), 4);
    expect_eq(pci_read16(&access, disk->address, 4), 7); /* answers again */
    expect(!pci_bar_move(&access, disk, 1, 0xfe000800)); /* not a multiple of its size */
    expect(!pci_bar_move(&access, disk, 1, 0x100000000));
    expect(!pci_bar_move(&access, disk, 0, 0x10000));
    expect(!pci_bar_move(&access, disk, 2, 0x10000)); /* no such range */
    expect(!pci_bar_move(&access, disk, 6, 0x10000));
    expect_eq(disk->bars[1].address, 0xfe000000);
}

TEST(pci, what_a_device_may_do_changes_bit_by_bit)
{
    machine_reset();
    struct bus bus = {0};
    add_devices(&bus);
    struct pci_access access = bus_through_ports(&bus);
    struct pci_function functions[5];
    pci_enumerate(&access, functions, 5);
    pci_command_change(&access, &functions[1], PCI_NO_LINE_INTERRUPT, PCI_USE_PORTS | PCI_USE_DMA);
    expect_eq(pci_read16(&access, functions[1].address, 4), PCI_USE_MEMORY | PCI_NO_LINE_INTERRUPT);
    pci_command_change(&access, &functions[1], PCI_USE_DMA, 0);
    expect_eq(pci_read16(&access, functions[1].address, 4), PCI_USE_MEMORY | PCI_USE_DMA | PCI_NO_LINE_INTERRUPT);
}

TEST(pci, a_64_bit_range_in_the_last_register_is_left_out)
{
    machine_reset();
    struct bus bus = {0};
    bus_add_bar(bus_add(&bus, (struct pci_address){0, 0, 0}, 1, 1, false), 5, MEMORY_64, 0x1000, 4096);
    struct pci_access access = bus_through_ports(&bus);
    struct pci_function function;
    expect_eq(pci_enumerate(&access, &function, 1), 1);
    expect_eq(function.bars[5].bytes, 0);
}

TEST(pci, capabilities_are_found_in_turn)
{
    machine_reset();
    struct bus bus = {0};
    struct pci_address address = {0, 0, 0};
    struct bus_function *device = bus_add(&bus, address, 1, 1, false);
    struct pci_access access = bus_through_ports(&bus);
    expect_eq(pci_capability_find(&access, address, PCI_CAPABILITY_VENDOR, 0), 0);
    bus_add_capability(device, 0x40, PCI_CAPABILITY_VENDOR, "", 1);
    bus_add_capability(device, 0x50, PCI_CAPABILITY_MSIX, "", 1);
    bus_add_capability(device, 0x60, PCI_CAPABILITY_VENDOR, "", 1);
    unsigned first = pci_capability_find(&access, address, PCI_CAPABILITY_VENDOR, 0);
    expect_eq(first, 0x60);
    expect_eq(pci_capability_find(&access, address, PCI_CAPABILITY_VENDOR, first), 0x40);
    expect_eq(pci_capability_find(&access, address, PCI_CAPABILITY_VENDOR, 0x40), 0);
}

TEST(pci, a_list_of_capabilities_that_loops_ends)
{
    machine_reset();
    struct bus bus = {0};
    struct pci_address address = {0, 0, 0};
    struct bus_function *device = bus_add(&bus, address, 1, 1, false);
    struct pci_access access = bus_through_ports(&bus);
    bus_add_capability(device, 0x40, PCI_CAPABILITY_VENDOR, "", 1);
    device->bytes[0x41] = 0x40;
    expect_eq(pci_capability_find(&access, address, PCI_CAPABILITY_MSIX, 0), 0);
    unsigned found = 0;
    for (unsigned offset = 0; (offset = pci_capability_find(&access, address, PCI_CAPABILITY_VENDOR, offset));)
        expect(++found < 2);
    device->bytes[0x41] = 0x10; /* into the header */
    expect_eq(pci_capability_find(&access, address, PCI_CAPABILITY_MSIX, 0), 0);
}

/* A device with a table of `vectors` at `table` in BAR 1 of 8 KiB. */
static bool finds_msix(uint16_t vectors, uint32_t table, struct pci_msix *msix)
{
    struct bus bus = {0};
    struct bus_function *device = bus_add(&bus, (struct pci_address){0, 0, 0}, 1, 1, false);
    bus_add_bar(device, 1, MEMORY, 0xfe000000, 8192);
    struct {
        uint16_t control;
        uint32_t table, pending;
    } __attribute__((packed)) body = {(uint16_t)(vectors - 1), table, 0x1001};
    bus_add_capability(device, 0x40, PCI_CAPABILITY_MSIX, &body, sizeof body);
    device->writable[0x43] = 0xc0;
    machine_reset();
    struct pci_access access = bus_through_ports(&bus);
    struct pci_function function;
    pci_enumerate(&access, &function, 1);
    if (!pci_msix_find(&access, &function, msix))
        return false;
    pci_msix_enable(&access, &function, msix, true);
    expect_eq(device->bytes[0x43] & 0xc0, 0x80);
    pci_msix_enable(&access, &function, msix, false);
    expect_eq(device->bytes[0x43] & 0xc0, 0);
    return true;
}

TEST(pci, msix_tables_lie_in_the_ranges_of_the_device)
{
    struct pci_msix msix;
    expect(finds_msix(4, 0x1000 | 1, &msix));
    expect_eq(msix.vector_count, 4);
    expect_eq(msix.table_bar, 1);
    expect_eq(msix.table_offset, 0x1000);
    expect(finds_msix(256, 0x1000 | 1, &msix));
    expect(!finds_msix(257, 0x1000 | 1, &msix)); /* ends behind the range */
    expect(!finds_msix(1, 0x2000 | 1, &msix));
    expect(!finds_msix(1, 0xfffffff8 | 1, &msix));
    expect(!finds_msix(1, 2, &msix)); /* no such range */
    expect(!finds_msix(1, 7, &msix)); /* no such register */
}

static uint32_t table_words[16];

static uint32_t table_read(void *device, size_t offset, unsigned bytes)
{
    (void)device, (void)bytes;
    return table_words[offset / 4];
}

static void table_write(void *device, size_t offset, unsigned bytes, uint32_t value)
{
    (void)device, (void)bytes;
    bool is_masked = table_words[offset / 16 * 4 + 3];
    expect(is_masked || offset % 16 == 12); /* an entry changes only while it is masked */
    table_words[offset / 4] = value;
}

TEST(pci, an_entry_of_the_table_is_masked_while_it_changes)
{
    machine_reset();
    struct mmio table = {machine_add_registers(64, (struct machine_registers){0, table_read, table_write}), 64};
    pci_msix_set(table, 2, 0xfee01000, 0x41);
    expect_eq(table_words[8], 0xfee01000);
    expect_eq(table_words[9], 0);
    expect_eq(table_words[10], 0x41);
    expect_eq(table_words[11], 0);
}

TEST(pci, a_device_that_answers_at_random_does_no_harm)
{
    machine_reset();
    struct bus bus = {0};
    bus_add(&bus, (struct pci_address){0, 0, 0}, 1, 1, false)->is_wild = true;
    bus_add(&bus, (struct pci_address){1, 7, 0}, 1, 1, false)->is_wild = true;
    struct pci_access access = bus_through_memory(&bus, 2);
    for (int round = 0; round < 2000; round++) {
        struct pci_function functions[BUS_MOST_FUNCTIONS];
        unsigned count = pci_enumerate(&access, functions, BUS_MOST_FUNCTIONS);
        for (unsigned i = 0; i < count && i < BUS_MOST_FUNCTIONS; i++) {
            for (unsigned bar = 0; bar < PCI_BAR_COUNT; bar++)
                expect((functions[i].bars[bar].bytes & (functions[i].bars[bar].bytes - 1)) == 0);
            struct pci_msix msix;
            if (pci_msix_find(&access, &functions[i], &msix))
                expect(pci_msix_table_bytes(&msix) <= functions[i].bars[msix.table_bar].bytes);
        }
    }
}
