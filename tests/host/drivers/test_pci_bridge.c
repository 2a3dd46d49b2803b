/* Devices behind bridges: what is placed there is handed down, and they may use memory. */
#include "drivers/pci/bridge.h"

#include "machine.h"
#include "pci_bus.h"
#include "test.h"

enum { MEMORY = 0, COMMAND = 4, WINDOW = 0x20 };
enum { FIRST_BRIDGE, SECOND_BRIDGE, INNER_BRIDGE, NEAR, MIDDLE, FAR, COUNT };

/*
 *   bus 0 -+- first bridge --- bus 1 -+- inner bridge --- bus 3 --- far
 *          |                          +- middle
 *          +- second bridge -- bus 2
 *          +- near
 */
struct world {
    struct bus bus;
    struct pci_access access;
    struct pci_function functions[BUS_MOST_FUNCTIONS];
    unsigned count;
};

static struct pci_function *found(struct world *world, unsigned number)
{
    struct pci_address address = world->bus.functions[number].address;
    for (unsigned i = 0; i < world->count; i++) {
        if (world->functions[i].address.bus == address.bus && world->functions[i].address.device == address.device)
            return &world->functions[i];
    }
    test_fail(__FILE__, __LINE__, "function %u is not found", number);
}

/* As this component finds it, also after its restart. */
static void find_all(struct world *world)
{
    world->count = pci_enumerate(&world->access, world->functions, BUS_MOST_FUNCTIONS);
}

static struct world *world_start(void)
{
    static struct world world;
    machine_reset();
    world = (struct world){.count = 0};
    struct bus *bus = &world.bus;
    bus_add_bridge(bus, (struct pci_address){0, 1, 0}, 1);
    bus_add_bridge(bus, (struct pci_address){0, 2, 0}, 2);
    bus_add_bridge(bus, (struct pci_address){1, 4, 0}, 3);
    static const struct pci_address places[] = {{0, 3, 0}, {1, 2, 0}, {3, 0, 0}};
    for (unsigned i = 0; i < 3; i++) {
        struct bus_function *device = bus_add(bus, places[i], 0x1af4, 0x1042, false);
        bus_add_bar(device, 1, MEMORY, 0xfe800000 + 0x10000 * i, 4096);
        bus_add_bar(device, 4, MEMORY, 0xfe900000 + 0x10000 * i, 16384);
    }
    world.access = bus_through_ports(bus);
    find_all(&world);
    expect_eq(world.count, COUNT);
    return &world;
}

static bool place(struct world *world, unsigned number, unsigned bar, uint64_t address)
{
    return pci_bar_move(&world->access, found(world, number), bar, address);
}

static uint32_t window(struct world *world, unsigned number)
{
    return pci_read32(&world->access, world->bus.functions[number].address, WINDOW);
}

static bool is_reachable(struct world *world, unsigned number)
{
    return pci_is_reachable(world->functions, found(world, number));
}

TEST(pci_bridge, windows_hold_what_is_placed_behind_them)
{
    struct world *world = world_start();
    uint32_t second = window(world, SECOND_BRIDGE);
    expect(place(world, FAR, 4, 0xe0000000) && place(world, FAR, 1, 0xe0010000));
    expect(place(world, MIDDLE, 4, 0xe01fc000));
    expect(place(world, NEAR, 4, 0xe0200000));
    expect(!is_reachable(world, FAR) && !is_reachable(world, MIDDLE) && is_reachable(world, NEAR));
    pci_bridges_open(&world->access, world->functions, world->count);
    expect_eq(window(world, FIRST_BRIDGE), 0xe010e000); /* first and last MiB */
    expect_eq(window(world, INNER_BRIDGE), 0xe000e000);
    expect_eq(window(world, SECOND_BRIDGE), second); /* nothing was placed there */
    expect(is_reachable(world, FAR) && is_reachable(world, MIDDLE) && is_reachable(world, NEAR));
}

TEST(pci_bridge, a_window_that_would_take_what_is_in_front_stays)
{
    struct world *world = world_start();
    uint32_t first = window(world, FIRST_BRIDGE);
    expect(place(world, FAR, 4, 0xe0000000));
    expect(place(world, NEAR, 4, 0xe00f0000)); /* in the same MiB */
    pci_bridges_open(&world->access, world->functions, world->count);
    expect_eq(window(world, FIRST_BRIDGE), first);
    expect(!is_reachable(world, FAR) && is_reachable(world, NEAR));
    /* Nor is what lies between two ranges handed down. */
    world = world_start();
    expect(place(world, FAR, 4, 0xe0000000) && place(world, FAR, 1, 0xe0200000));
    expect(place(world, NEAR, 4, 0xe0100000));
    pci_bridges_open(&world->access, world->functions, world->count);
    expect_eq(window(world, FIRST_BRIDGE), first);
    /* A device beside the inner bridge is in front of that, and behind the first. */
    world = world_start();
    expect(place(world, FAR, 4, 0xe0000000) && place(world, MIDDLE, 4, 0xe0080000));
    pci_bridges_open(&world->access, world->functions, world->count);
    expect(!is_reachable(world, FAR) && is_reachable(world, MIDDLE));
}

TEST(pci_bridge, a_bridge_that_does_not_take_its_window_leads_nowhere)
{
    struct world *world = world_start();
    for (unsigned i = 0; i < 4; i++)
        world->bus.functions[INNER_BRIDGE].writable[WINDOW + i] = 0;
    expect(place(world, FAR, 4, 0xe0000000) && place(world, MIDDLE, 4, 0xe0100000));
    pci_bridges_open(&world->access, world->functions, world->count);
    expect(!is_reachable(world, FAR) && is_reachable(world, MIDDLE));
}

TEST(pci_bridge, what_lies_above_4_gib_is_not_handed_down)
{
    struct world *world = world_start();
    bus_add_bar(&world->bus.functions[FAR], 4, 0xc, 0x800000000, 16384);
    find_all(world);
    expect(place(world, FAR, 4, 0x400000000));
    pci_bridges_open(&world->access, world->functions, world->count);
    expect(!is_reachable(world, FAR));
}

TEST(pci_bridge, all_bridges_in_front_are_allowed_what_the_device_is)
{
    struct world *world = world_start();
    pci_path_allow(&world->access, world->functions, found(world, FAR), PCI_USE_MEMORY | PCI_USE_DMA);
    for (unsigned number = 0; number < COUNT; number++) {
        bool is_on_path = number == FIRST_BRIDGE || number == INNER_BRIDGE || number == FAR;
        expect_eq(world->bus.functions[number].bytes[COMMAND], is_on_path ? PCI_USE_MEMORY | PCI_USE_DMA : 0);
    }
}

TEST(pci_bridge, a_second_start_finds_all_in_place_and_writes_nothing)
{
    struct world *world = world_start();
    expect(place(world, FAR, 4, 0xe0000000));
    pci_bridges_open(&world->access, world->functions, world->count);
    find_all(world);
    unsigned writes = world->bus.writes;
    expect(place(world, FAR, 4, 0xe0000000));
    pci_bridges_open(&world->access, world->functions, world->count);
    expect(is_reachable(world, FAR));
    expect_eq(world->bus.writes, writes);
}

TEST(pci_bridge, bridges_that_say_anything_do_no_harm)
{
    struct world *world = world_start();
    unsigned reachable = 0;
    for (unsigned round = 0; round < 1000; round++) {
        unsigned wild = machine_random() % COUNT;
        world->bus.functions[wild].is_wild = true;
        find_all(world);
        if (world->count > BUS_MOST_FUNCTIONS)
            world->count = BUS_MOST_FUNCTIONS;
        for (unsigned i = 0; i < world->count; i++) {
            pci_bar_move(&world->access, &world->functions[i], 4, 0xe0000000 + 0x100000 * i);
            expect(world->functions[i].above < (int)i);
        }
        pci_bridges_open(&world->access, world->functions, world->count);
        for (unsigned i = 0; i < world->count; i++) {
            reachable += pci_is_reachable(world->functions, &world->functions[i]);
            pci_path_allow(&world->access, world->functions, &world->functions[i], PCI_USE_DMA);
        }
        world->bus.functions[wild].is_wild = false;
    }
    expect(reachable > 100);
}
