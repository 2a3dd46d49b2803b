/* Frames and page tables: every check and its place in the order, and what is mapped afterwards. */
#include "test.h"
#include "world.h"

#define ADDRESS 0x10000000000 /* not 0 in any index but the last */
#define RW      3
#define RO      2

static struct cap_slot *tables[3];
static struct cap_slot *frame;

static void with_tables(void)
{
    world_reset(false);
    world_map_tables(world.space, ADDRESS, tables);
    frame = world_new(ABI_OBJECT_4K_PAGE);
}

static struct refusal invoke(struct cap_slot *slot, uint64_t label)
{
    return world_invoke(slot, (struct message){.label = label});
}

TEST(frame, map_gives_what_was_asked)
{
    with_tables();
    expect_done(world_map(frame, world.space, ADDRESS, RW, 0));
    struct translation found = fake_translate(ADDRESS + 5);
    expect(found.is_present && found.may_write);
    expect_eq(found.paddr, cap_paddr(frame->cap) + 5);
    expect_eq(found.cache_type, 0);
    expect_eq(cap_mapped_address(frame->cap), ADDRESS);
}

TEST(frame, rights_are_masked_by_the_capability)
{
    with_tables();
    frame->cap = hal_cap_mask_rights(frame->cap, (struct rights){RO});
    expect_done(world_map(frame, world.space, ADDRESS, RW, 0));
    expect(fake_translate(ADDRESS).is_present && !fake_translate(ADDRESS).may_write);
    /* Neither right, or Write alone: nothing for users. */
    expect_done(world_map(frame, world.space, ADDRESS, 1, 0));
    expect(!fake_translate(ADDRESS).is_present);
    expect_done(world_map(frame, world.space, ADDRESS, 0, 0));
    expect(!fake_translate(ADDRESS).is_present);
}

/* row: page.map.attributes */
TEST(frame, attributes_choose_the_cache_type)
{
    static const unsigned types[] = {ABI_OBJECT_4K_PAGE, ABI_OBJECT_LARGE_PAGE};
    for (unsigned i = 0; i < 2; i++)
        for (unsigned attributes = 0; attributes < 16; attributes++) {
            with_tables();
            if (i == 1)
                expect_done(invoke(tables[2], ABI_LABEL_X86_PAGE_TABLE_UNMAP));
            frame = world_new(types[i]);
            expect_done(world_map(frame, world.space, ADDRESS, RW, attributes));
            expect_eq(fake_translate(ADDRESS).cache_type, attributes & 7);
            expect_eq(fake_translate(ADDRESS).paddr, cap_paddr(frame->cap));
        }
}

TEST(frame, map_again_changes_rights)
{
    with_tables();
    expect_done(world_map(frame, world.space, ADDRESS, RW, 0));
    fake_touch(ADDRESS);
    expect_done(world_map(frame, world.space, ADDRESS, RO, 3));
    expect(!fake_has_stale_translation());
    expect(!fake_translate(ADDRESS).may_write);
    expect_eq(fake_translate(ADDRESS).cache_type, 3);
}

TEST(frame, other_frame_replaces_it)
{
    with_tables();
    struct cap_slot *other = world_new(ABI_OBJECT_4K_PAGE);
    expect_done(world_map(frame, world.space, ADDRESS, RW, 0));
    fake_touch(ADDRESS);
    expect_done(world_map(other, world.space, ADDRESS, RW, 0));
    expect(!fake_has_stale_translation());
    expect_eq(fake_translate(ADDRESS).paddr, cap_paddr(other->cap));
    /* The first one's capability is out of date: it must not take the other's mapping away. */
    expect_done(invoke(frame, ABI_LABEL_X86_PAGE_UNMAP));
    expect_eq(fake_translate(ADDRESS).paddr, cap_paddr(other->cap));
    expect(!cap_is_mapped(frame->cap));
}

TEST(frame, unmap_and_delete_take_it_away)
{
    with_tables();
    expect_done(world_map(frame, world.space, ADDRESS, RW, 0));
    fake_touch(ADDRESS);
    expect_done(invoke(frame, ABI_LABEL_X86_PAGE_UNMAP));
    expect(!fake_translate(ADDRESS).is_present && !fake_has_stale_translation());
    expect_done(invoke(frame, ABI_LABEL_X86_PAGE_UNMAP));

    expect_done(world_map(frame, world.space, ADDRESS, RW, 0));
    fake_touch(ADDRESS);
    world_delete(frame, false);
    expect(!fake_translate(ADDRESS).is_present && !fake_has_stale_translation());
}

TEST(frame, copy_is_not_mapped)
{
    with_tables();
    expect_done(world_map(frame, world.space, ADDRESS, RW, 0));
    struct cap_slot *copy = world_put(world_derived(frame));
    expect(!cap_is_mapped(copy->cap));
    expect_done(world_map(copy, world.space, ADDRESS + 0x1000, RW, 0));
    world_delete(copy, false);
    expect(!fake_translate(ADDRESS + 0x1000).is_present);
    expect(fake_translate(ADDRESS).is_present);
}

TEST(frame, get_address)
{
    with_tables();
    expect_done(invoke(frame, ABI_LABEL_X86_PAGE_GET_ADDRESS));
    expect_eq(world.result, cap_paddr(frame->cap));
}

TEST(frame, wrong_labels_are_illegal)
{
    with_tables();
    expect_refused(invoke(frame, ABI_LABEL_X86_PAGE_TABLE_MAP), ABI_ERROR_ILLEGAL_OPERATION);
    expect_refused(invoke(frame, 0), ABI_ERROR_ILLEGAL_OPERATION);
    expect_refused(invoke(frame, UINT64_MAX), ABI_ERROR_ILLEGAL_OPERATION);
    expect_refused(invoke(tables[2], ABI_LABEL_X86_PAGE_DIRECTORY_MAP), ABI_ERROR_ILLEGAL_OPERATION);
    expect_refused(invoke(tables[1], ABI_LABEL_X86_PDPT_UNMAP), ABI_ERROR_ILLEGAL_OPERATION);
    expect_refused(invoke(tables[0], ABI_LABEL_X86_PAGE_MAP), ABI_ERROR_ILLEGAL_OPERATION);
    expect_refused(invoke(world.space, ABI_LABEL_X86_PDPT_MAP), ABI_ERROR_ILLEGAL_OPERATION);
}

TEST(frame, map_checks_length)
{
    with_tables();
    struct message message = {
        .label = ABI_LABEL_X86_PAGE_MAP, .length = 2, .word = {ADDRESS, RW, 0}, .cap_count = 1, .cap = {world.space}};
    expect_refused(world_invoke(frame, message), ABI_ERROR_TRUNCATED_MESSAGE);
    message.length = 3;
    message.cap_count = 0;
    expect_refused(world_invoke(frame, message), ABI_ERROR_TRUNCATED_MESSAGE);
}

TEST(frame, map_checks_space_first)
{
    with_tables();
    struct cap_slot *unassigned = world_new(ABI_OBJECT_PML4);
    expect_refused_number(world_map(frame, unassigned, BIT(60), RW, 0), ABI_ERROR_INVALID_CAPABILITY, 1);
    expect_refused_number(world_map(frame, frame, BIT(60), RW, 0), ABI_ERROR_INVALID_CAPABILITY, 1);
    expect_refused_number(world_map(frame, world_slot(), BIT(60), RW, 0), ABI_ERROR_INVALID_CAPABILITY, 1);
}

TEST(frame, mapped_frame_keeps_its_place)
{
    with_tables();
    struct cap_slot *other = world_new_space();
    expect_done(world_map(frame, world.space, ADDRESS, RW, 0));
    expect_refused_number(world_map(frame, other, ADDRESS + 1, RW, 0), ABI_ERROR_INVALID_CAPABILITY, 1);
    expect_refused_number(world_map(frame, world.space, ADDRESS + 1, RW, 0), ABI_ERROR_INVALID_ARGUMENT, 0);
}

TEST(frame, map_stays_below_the_top)
{
    with_tables();
    struct cap_slot *high[3];
    world_map_tables(world.space, 0x7fffffffe000, high);
    struct cap_slot *large = world_new(ABI_OBJECT_LARGE_PAGE);
    expect_refused_number(world_map(frame, world.space, 0x7ffffffff000, RW, 0), ABI_ERROR_INVALID_ARGUMENT, 0);
    expect_refused_number(world_map(frame, world.space, 0x800000000000, RW, 0), ABI_ERROR_INVALID_ARGUMENT, 0);
    expect_refused_number(world_map(frame, world.space, UINT64_MAX, RW, 0), ABI_ERROR_INVALID_ARGUMENT, 0);
    expect_refused_number(world_map(frame, world.space, 0xffffffff80000000, RW, 0), ABI_ERROR_INVALID_ARGUMENT, 0);
    expect_refused_number(world_map(large, world.space, 0x7fffffe00000, RW, 0), ABI_ERROR_INVALID_ARGUMENT, 0);
    /* Out of range is reported before unaligned. */
    expect_refused_number(world_map(frame, world.space, 0x7ffffffff001, RW, 0), ABI_ERROR_INVALID_ARGUMENT, 0);
    expect_refused(world_map(frame, world.space, 0x7fffffffefff, RW, 0), ABI_ERROR_ALIGNMENT_ERROR);
    expect_done(world_map(frame, world.space, 0x7fffffffe000, RW, 0));
}

TEST(frame, map_checks_asid_then_alignment_then_tables)
{
    with_tables();
    /* A capability whose ASID another space has now. */
    struct cap_slot *old = world_new_space(), *old_copy = world_put(old->cap);
    world_delete(old, true);
    expect_lookup_failed(world_map(frame, old_copy, 1, RW, 0), ABI_LOOKUP_INVALID_ROOT, 0);
    world_new_space();
    expect_refused_number(world_map(frame, old_copy, 1, RW, 0), ABI_ERROR_INVALID_CAPABILITY, 1);

    expect_refused(world_map(frame, world.space, 1, RW, 0), ABI_ERROR_ALIGNMENT_ERROR);
    expect_refused(world_map(world_new(ABI_OBJECT_LARGE_PAGE), world.space, 0x1000, RW, 0), ABI_ERROR_ALIGNMENT_ERROR);
    expect_lookup_failed(world_map(frame, world.space, 0, RW, 0), ABI_LOOKUP_MISSING_CAPABILITY, 39);
    expect_lookup_failed(world_map(frame, world.space, ADDRESS + BIT(30), RW, 0), ABI_LOOKUP_MISSING_CAPABILITY, 30);
    expect_lookup_failed(world_map(frame, world.space, ADDRESS + BIT(21), RW, 0), ABI_LOOKUP_MISSING_CAPABILITY, 21);
}

TEST(frame, large_page_does_not_replace_a_table)
{
    with_tables();
    struct cap_slot *large = world_new(ABI_OBJECT_LARGE_PAGE);
    struct cap_slot *huge = world_put(cap_frame_new(BIT(30), 30, true, RIGHTS_ALL));
    expect_refused(world_map(large, world.space, ADDRESS, RW, 0), ABI_ERROR_DELETE_FIRST);
    expect_refused(world_map(huge, world.space, ADDRESS, RW, 0), ABI_ERROR_DELETE_FIRST);
    expect_lookup_failed(world_map(huge, world.space, 0, RW, 0), ABI_LOOKUP_MISSING_CAPABILITY, 39);
    expect_done(world_map(huge, world.space, ADDRESS + BIT(30), RW, 0));
    expect_eq(fake_translate(ADDRESS + BIT(30) + 0x12345678).paddr, BIT(30) + 0x12345678);
}

TEST(frame, nothing_hangs_below_a_large_page)
{
    with_tables();
    struct cap_slot *large = world_new(ABI_OBJECT_LARGE_PAGE), *table = world_new(ABI_OBJECT_PAGE_TABLE);
    expect_done(world_map(large, world.space, ADDRESS + BIT(21), RW, 0));
    expect_lookup_failed(world_map(frame, world.space, ADDRESS + BIT(21), RW, 0), ABI_LOOKUP_MISSING_CAPABILITY, 21);
    expect_refused(world_map_table(table, world.space, ADDRESS + BIT(21)), ABI_ERROR_DELETE_FIRST);
    struct cap_slot *huge = world_put(cap_frame_new(BIT(30), 30, true, RIGHTS_ALL));
    expect_done(world_map(huge, world.space, ADDRESS + BIT(30), RW, 0));
    expect_lookup_failed(world_map_table(table, world.space, ADDRESS + BIT(30)), ABI_LOOKUP_MISSING_CAPABILITY, 30);
    expect_lookup_failed(world_map(large = world_new(ABI_OBJECT_LARGE_PAGE), world.space, ADDRESS + BIT(30), RW, 0),
                         ABI_LOOKUP_MISSING_CAPABILITY, 30);
}

/* A 4 KiB frame that was mapped where a large page came later, at the same physical address. */
TEST(frame, unmap_tells_sizes_apart)
{
    with_tables();
    struct cap_slot *large = world_new(ABI_OBJECT_LARGE_PAGE);
    struct cap_slot *small = world_put(cap_frame_new(cap_paddr(large->cap), 12, false, RIGHTS_ALL));
    expect_done(world_map(small, world.space, ADDRESS, RW, 0));
    expect_done(invoke(tables[2], ABI_LABEL_X86_PAGE_TABLE_UNMAP));
    expect_done(world_map(large, world.space, ADDRESS, RW, 0));
    world_delete(small, true);
    expect(fake_translate(ADDRESS).is_present);
    struct cap_slot *below = world_put(cap_with_mapping(large->cap, 1, ADDRESS));
    below->cap = cap_with_mapping(cap_frame_new(cap_paddr(large->cap), 12, false, RIGHTS_ALL), 1, ADDRESS + 0x1000);
    world_delete(below, true);
    expect(fake_translate(ADDRESS).is_present);
    world_delete(large, true);
    expect(!fake_translate(ADDRESS).is_present);
}

TEST(table, map_checks_in_order)
{
    with_tables();
    struct cap_slot *table = world_new(ABI_OBJECT_PAGE_TABLE), *unassigned = world_new(ABI_OBJECT_PML4);
    struct message message = {.label = ABI_LABEL_X86_PAGE_TABLE_MAP, .length = 1, .cap_count = 1, .cap = {world.space}};
    expect_refused(world_invoke(table, message), ABI_ERROR_TRUNCATED_MESSAGE);
    message.length = 2;
    message.cap_count = 0;
    expect_refused(world_invoke(table, message), ABI_ERROR_TRUNCATED_MESSAGE);

    expect_refused_number(world_map_table(tables[2], unassigned, 0), ABI_ERROR_INVALID_CAPABILITY, 0);
    expect_refused_number(world_map_table(table, unassigned, BIT(47)), ABI_ERROR_INVALID_CAPABILITY, 1);
    expect_refused_number(world_map_table(table, world.space, BIT(47)), ABI_ERROR_INVALID_ARGUMENT, 0);
    expect_refused_number(world_map_table(table, world.space, UINT64_MAX), ABI_ERROR_INVALID_ARGUMENT, 0);
    expect_lookup_failed(world_map_table(table, world.space, 0), ABI_LOOKUP_MISSING_CAPABILITY, 39);
    expect_lookup_failed(world_map_table(table, world.space, ADDRESS + BIT(30)), ABI_LOOKUP_MISSING_CAPABILITY, 30);
    expect_lookup_failed(world_map_table(world_new(ABI_OBJECT_PAGE_DIRECTORY), world.space, 0),
                         ABI_LOOKUP_MISSING_CAPABILITY, 39);
    expect_refused(world_map_table(table, world.space, ADDRESS), ABI_ERROR_DELETE_FIRST);
    expect_refused(world_map_table(world_new(ABI_OBJECT_PAGE_DIRECTORY), world.space, ADDRESS), ABI_ERROR_DELETE_FIRST);
    expect_refused(world_map_table(world_new(ABI_OBJECT_PDPT), world.space, ADDRESS), ABI_ERROR_DELETE_FIRST);

    struct cap_slot *old = world_new_space(), *old_copy = world_put(old->cap);
    world_delete(old, true);
    expect_lookup_failed(world_map_table(table, old_copy, ADDRESS), ABI_LOOKUP_INVALID_ROOT, 0);
    world_new_space();
    expect_refused_number(world_map_table(table, old_copy, ADDRESS), ABI_ERROR_INVALID_CAPABILITY, 1);
}

TEST(table, address_is_rounded_down)
{
    with_tables();
    struct cap_slot *high[3] = {world_new(ABI_OBJECT_PDPT), world_new(ABI_OBJECT_PAGE_DIRECTORY),
                                world_new(ABI_OBJECT_PAGE_TABLE)};
    for (unsigned i = 0; i < 3; i++)
        expect_done(world_map_table(high[i], world.space, 0x7fffffffffff));
    expect_eq(cap_mapped_address(high[0]->cap), 0x7f8000000000);
    expect_eq(cap_mapped_address(high[1]->cap), 0x7fffc0000000);
    expect_eq(cap_mapped_address(high[2]->cap), 0x7fffffe00000);
}

TEST(table, unmap_needs_the_only_capability)
{
    with_tables();
    world_set_shared(tables[2]);
    expect_refused(invoke(tables[2], ABI_LABEL_X86_PAGE_TABLE_UNMAP), ABI_ERROR_REVOKE_FIRST);
}

TEST(table, unmapped_table_is_empty)
{
    with_tables();
    expect_done(world_map(frame, world.space, ADDRESS, RW, 0));
    fake_touch(ADDRESS);
    expect_done(invoke(tables[1], ABI_LABEL_X86_PAGE_DIRECTORY_UNMAP));
    expect(!fake_translate(ADDRESS).is_present && !fake_has_stale_translation());
    expect_done(world_map_table(tables[1], world.space, ADDRESS));
    expect(!fake_translate(ADDRESS).is_present);
    /* What hung below thinks that it is mapped, and can be unmapped and used again. */
    expect_refused_number(world_map_table(tables[2], world.space, ADDRESS), ABI_ERROR_INVALID_CAPABILITY, 0);
    expect_done(invoke(tables[2], ABI_LABEL_X86_PAGE_TABLE_UNMAP));
    expect_done(world_map_table(tables[2], world.space, ADDRESS));
    expect(!fake_translate(ADDRESS).is_present);
}

TEST(table, unmap_leaves_the_one_that_came_after)
{
    with_tables();
    struct cap_slot *second = world_new(ABI_OBJECT_PAGE_DIRECTORY), *second_table = world_new(ABI_OBJECT_PAGE_TABLE);
    expect_done(invoke(tables[1], ABI_LABEL_X86_PAGE_DIRECTORY_UNMAP));
    expect_done(world_map_table(second, world.space, ADDRESS));
    expect_done(world_map_table(second_table, world.space, ADDRESS));
    expect_done(world_map(frame, world.space, ADDRESS, RW, 0));
    world_delete(tables[2], true);
    expect(fake_translate(ADDRESS).is_present);
    world_delete(second_table, false);
    expect(fake_translate(ADDRESS).is_present);
}

TEST(table, delete_unmaps_the_last_one)
{
    with_tables();
    expect_done(world_map(frame, world.space, ADDRESS, RW, 0));
    fake_touch(ADDRESS);
    world_delete(tables[2], true);
    expect(!fake_translate(ADDRESS).is_present && !fake_has_stale_translation());
}

TEST(table, copies_only_while_mapped)
{
    with_tables();
    expect(cap_equal(world_derived(tables[1]), tables[1]->cap));
    expect(cap_is_null(world_derived(world_new(ABI_OBJECT_PAGE_TABLE))));
    expect(cap_is_null(world_derived(world_new(ABI_OBJECT_PML4))));
    expect(cap_equal(world_derived(world.space), world.space->cap));
}

TEST(frame, only_memory_holds_buffers)
{
    with_tables();
    struct cap device = cap_frame_new(0xfee00000, 12, true, RIGHTS_ALL);
    expect(hal_cap_is_buffer_frame(frame->cap) && !hal_cap_is_buffer_frame(device));
    expect(!hal_cap_is_buffer_frame(world.space->cap));
    expect_ptr_eq(hal_buffer_window(frame->cap, 0, RW), fake_window(cap_paddr(frame->cap)));
    expect_ptr_eq(hal_buffer_window(frame->cap, 0x12345c00, RW), fake_window(cap_paddr(frame->cap) + 0xc00));
    expect_ptr_eq(hal_buffer_window(world.space->cap, 0, RO), NULL);
    expect_ptr_eq(hal_buffer_window(device, 0, RO), NULL);
    struct cap readable = hal_cap_mask_rights(frame->cap, (struct rights){RO});
    expect_ptr_eq(hal_buffer_window(readable, 0, RW), NULL);
    expect_ptr_eq(hal_buffer_window(readable, 0x400, RO), fake_window(cap_paddr(frame->cap) + 0x400));
    expect_ptr_eq(hal_buffer_window(hal_cap_mask_rights(frame->cap, (struct rights){1}), 0, RO), NULL);
}
