#include "arch/x86_64/arch_cap.h"
#include "hal/hal.h"
#include "test.h"

static const uint64_t addresses[] = {0, 0x1000, 0x12345000, 0x7fffffffe000, 0x800000000000, 0xfffffffff000};

TEST(arch_cap, frame_keeps_its_fields)
{
    static const unsigned sizes[] = {12, 21, 30};
    for (unsigned a = 0; a < ARRAY_LENGTH(addresses); a++)
        for (unsigned size = 0; size < 3; size++)
            for (unsigned rights = 0; rights < 16; rights++)
                for (unsigned device = 0; device < 2; device++) {
                    struct cap cap = cap_frame_new(addresses[a], sizes[size], device, (struct rights){(uint8_t)rights});
                    expect_eq(cap_type(cap), ABI_CAP_TYPE_FRAME);
                    expect_eq(cap_paddr(cap), addresses[a]);
                    expect_eq(cap_frame_size_bits(cap), sizes[size]);
                    expect_eq(cap_frame_is_device(cap), device);
                    expect_eq(cap_frame_rights(cap).bits, rights & RIGHT_READ ? rights & 3 : 0);
                    expect(!cap_is_mapped(cap));
                }
}

TEST(arch_cap, mapping_keeps_its_fields)
{
    static const unsigned asids[] = {1, 511, 512, 4095};
    for (unsigned a = 0; a < ARRAY_LENGTH(addresses); a++)
        for (unsigned i = 0; i < ARRAY_LENGTH(asids); i++) {
            struct cap frame = cap_frame_new(0x5000, 12, true, RIGHTS_ALL);
            struct cap mapped = cap_with_mapping(frame, asids[i], addresses[a]);
            expect(cap_is_mapped(mapped));
            expect_eq(cap_mapped_asid(mapped), asids[i]);
            expect_eq(cap_mapped_address(mapped), addresses[a]);
            expect(cap_equal(cap_without_mapping(mapped), frame));
        }
}

TEST(arch_cap, rights_only_shrink)
{
    for (unsigned has = 0; has < 16; has++)
        for (unsigned mask = 0; mask < 16; mask++) {
            struct cap cap = cap_frame_new(0x200000, 21, false, (struct rights){(uint8_t)has});
            struct cap less = hal_cap_mask_rights(cap, (struct rights){(uint8_t)mask});
            unsigned both = has & mask & 3;
            /* Write without Read gives nothing, and what the first capability lost does not come back. */
            unsigned wanted = (has & RIGHT_READ) && (both & RIGHT_READ) ? both : 0;
            expect_eq(cap_frame_rights(less).bits, wanted);
            expect_eq(cap_paddr(less), 0x200000);
            expect_eq(cap_frame_size_bits(less), 21);
        }
}

TEST(arch_cap, table_spans)
{
    expect_eq(cap_table_span_bits(cap_table_new(ABI_CAP_TYPE_PAGE_TABLE, 0x1000)), 21);
    expect_eq(cap_table_span_bits(cap_table_new(ABI_CAP_TYPE_PAGE_DIRECTORY, 0x1000)), 30);
    expect_eq(cap_table_span_bits(cap_table_new(ABI_CAP_TYPE_PDPT, 0x1000)), 39);
    expect_eq(cap_table_span_bits(cap_table_new(ABI_CAP_TYPE_PML4, 0x1000)), 48);
    expect_eq(cap_paddr(cap_table_new(ABI_CAP_TYPE_PML4, 0xfffffffff000)), 0xfffffffff000);
}

TEST(arch_cap, ports_and_pools_keep_their_fields)
{
    struct cap ports = cap_ioport_new(0x3f8, 0xffff);
    expect_eq(cap_ioport_first(ports), 0x3f8);
    expect_eq(cap_ioport_last(ports), 0xffff);
    struct cap pool = cap_asid_pool_new(0x7000, 7);
    expect_eq(cap_asid_pool_number(pool), 7);
    expect_eq(cap_paddr(pool), 0x7000);
}

TEST(arch_cap, region_holds_what_lies_wholly_inside)
{
    struct cap large = cap_frame_new(0x400000, 21, false, RIGHTS_ALL);
    expect(hal_cap_in_region(large, 0x400000, 21));
    expect(hal_cap_in_region(large, 0, 23));
    expect(!hal_cap_in_region(large, 0x400000, 20));
    expect(!hal_cap_in_region(large, 0x600000, 21));
    expect(!hal_cap_in_region(large, 0, 22));
    expect(hal_cap_in_region(cap_asid_pool_new(0x1000, 0), 0x1000, 12));
    expect(!hal_cap_in_region(cap_ioport_control_new(), 0, 47));
    expect(!hal_cap_in_region(cap_ioport_new(0, 5), 0, 47));
}

TEST(arch_cap, same_object_is_same_type_and_place)
{
    struct cap frame = cap_frame_new(0x200000, 12, false, RIGHTS_ALL);
    expect(hal_cap_same_object(frame, cap_with_mapping(hal_cap_mask_rights(frame, (struct rights){2}), 3, 0x5000)));
    expect(!hal_cap_same_object(frame, cap_frame_new(0x200000, 21, false, RIGHTS_ALL)));
    expect(!hal_cap_same_object(frame, cap_table_new(ABI_CAP_TYPE_PAGE_TABLE, 0x200000)));
    expect(!hal_cap_same_object(cap_ioport_new(1, 2), cap_ioport_new(3, 4)));
    expect(hal_cap_same_object(cap_ioport_new(1, 2), cap_ioport_new(1, 2)));
    expect(hal_cap_issues(cap_ioport_control_new(), cap_ioport_new(1, 2)));
    expect(!hal_cap_issues(cap_ioport_new(1, 2), cap_ioport_new(1, 2)));
}
