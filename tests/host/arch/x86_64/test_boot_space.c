/* The first address space. */
#include "abi/boot.h"
#include "hal/entry.h"
#include "test.h"
#include "world.h"

TEST(boot_space, size_of_tables)
{
    expect_eq(hal_boot_tables_size(0x400000, 0x401000), 3 * 4096);
    expect_eq(hal_boot_tables_size(0x3ff000, 0x401000), 4 * 4096);
    expect_eq(hal_boot_tables_size(0x3ffff000, 0x40001000), 5 * 4096);
    expect_eq(hal_boot_tables_size(0x7ffffff000, 0x8000001000), 6 * 4096);
    expect_eq(hal_boot_tables_size(0, 0x40000000), (1 + 1 + 512) * 4096);
}

TEST(boot_space, tables_in_the_order_of_the_interface)
{
    static struct cap_slot slots[8];
    uint64_t start = 0x3ffff000, end = 0x40002000;
    world_reset(false);
    for (unsigned i = 0; i < ARRAY_LENGTH(slots); i++)
        slots[i] = (struct cap_slot){0};
    uint64_t root = fake_memory_take(12), pool = fake_memory_take(12), size = hal_boot_tables_size(start, end);
    uint64_t tables = fake_memory_take(12);
    while (size > 4096) {
        fake_memory_take(12);
        size -= 4096;
    }
    struct cap_slot *next = slots;
    fake_cr3 = page_entry_address(machine_state.kernel_space.root);
    struct cap space = hal_boot_space_create(root, pool, tables, start, end, &next);
    static const unsigned types[] = {ABI_CAP_TYPE_PDPT, ABI_CAP_TYPE_PAGE_DIRECTORY, ABI_CAP_TYPE_PAGE_DIRECTORY,
                                     ABI_CAP_TYPE_PAGE_TABLE, ABI_CAP_TYPE_PAGE_TABLE};
    static const uint64_t addresses[] = {0, 0, 0x40000000, 0x3fe00000, 0x40000000};
    expect_eq(next - slots, 5);
    for (unsigned i = 0; i < 5; i++) {
        expect_eq(cap_type(slots[i].cap), types[i]);
        expect_eq(cap_mapped_address(slots[i].cap), addresses[i]);
        expect_eq(cap_paddr(slots[i].cap), tables + i * 4096);
        expect(cap_is_mapped(slots[i].cap));
    }
    expect(hal_cap_is_vspace(space));

    for (uint64_t address = start; address < end; address += 4096) {
        struct cap frame = hal_boot_map_page(space, 0x200000 + address - start, address);
        expect_eq(cap_mapped_address(frame), address);
        expect(hal_cap_is_buffer_frame(frame));
    }
    world.thread.slot[THREAD_SLOT_VSPACE].cap = space;
    hal_thread_space_changed(&world.thread);
    hal_activate_space(&world.thread);
    for (uint64_t address = start; address < end; address += 4096) {
        struct translation found = fake_translate(address);
        expect(found.is_present && found.may_write);
        expect_eq(found.paddr, 0x200000 + address - start);
    }
    expect(!fake_translate(end).is_present && !fake_translate(start - 4096).is_present);
    expect(cap_equal(hal_boot_asid_pool_cap(pool), cap_asid_pool_new(pool, 0)));
}

TEST(boot_space, fixed_slots_and_start)
{
    static struct cap_slot root[16];
    world_reset(false);
    hal_boot_fill_slots(root);
    for (unsigned i = 0; i < 16; i++)
        expect_eq(cap_type(root[i].cap), i == ABI_INIT_SLOT_IO_PORT_CONTROL ? ABI_CAP_TYPE_IO_PORT_CONTROL : 0);
    expect_eq(cap_type(hal_boot_asid_control_cap()), ABI_CAP_TYPE_ASID_CONTROL);
    hal_boot_thread_start(&world.thread, 0x401000, 0x500000);
    expect_eq(world.thread.context.rip, 0x401000);
    expect_eq(world.thread.context.rdi, 0x500000);
}
