/* Capability words: what is put in comes out, whatever else is in the word. */
#include "object/cap_slot.h"
#include "world.h"

/* Object addresses as the host has them, and as kernels in the upper half have them. */
static const void *some_address(void)
{
    uint64_t address = (world_random(BIT(31)) << 20) & ~UINT64_C(15);
    return (const void *)(uintptr_t)((uint64_t)((int64_t)(address << 16) >> 16));
}

static uint64_t some_word(void)
{
    return world_random(BIT(31)) << 33 | world_random(BIT(31)) << 2 | world_random(4);
}

TEST(cap, endpoints_and_notifications_keep_object_rights_and_badge)
{
    for (unsigned i = 0; i < 1000; i++) {
        const void *object = some_address();
        struct rights rights = rights_from_word(some_word());
        uint64_t badge = some_word();
        struct cap endpoint = cap_endpoint_new(object, rights, badge);
        struct cap notification = cap_notification_new(object, rights, badge);
        expect_eq(cap_type(endpoint), ABI_CAP_TYPE_ENDPOINT);
        expect_eq(cap_type(notification), ABI_CAP_TYPE_NOTIFICATION);
        expect_ptr_eq(cap_pointer(endpoint), object);
        expect_ptr_eq(cap_pointer(notification), object);
        expect_eq(cap_rights(endpoint).bits, rights.bits);
        expect_eq(cap_rights(notification).bits, rights.bits);
        expect_eq(cap_badge(endpoint), badge);
        expect_eq(cap_badge(notification), badge);
        expect_eq(cap_endpoint_may_call(endpoint), (rights.bits & 1) && (rights.bits & 12));
    }
}

TEST(cap, untypeds_keep_memory_size_and_watermark)
{
    for (unsigned i = 0; i < 1000; i++) {
        unsigned bits = 4 + (unsigned)world_random(44);
        uint64_t paddr = align_down(some_word() & mask_low(48), 4), watermark = some_word();
        bool is_device = world_random(2);
        struct cap cap = cap_untyped_new(paddr, bits, is_device, watermark);
        expect_eq(cap_type(cap), ABI_CAP_TYPE_UNTYPED);
        expect_eq(cap_paddr(cap), paddr);
        expect_eq(cap_untyped_size_bits(cap), bits);
        expect_eq(cap_untyped_is_device(cap), is_device);
        expect_eq(cap_untyped_watermark(cap), watermark);
    }
}

TEST(cap, cnodes_cut_their_guard_to_its_size)
{
    for (unsigned i = 0; i < 1000; i++) {
        const void *slots = some_address();
        unsigned radix = (unsigned)world_random(48);
        uint64_t data = some_word();
        unsigned guard_size = data & 63;
        struct cap cap = cap_cnode_new(slots, radix, data);
        expect_ptr_eq(cap_pointer(cap), slots);
        expect_eq(cap_cnode_radix(cap), radix);
        expect_eq(cap_cnode_guard_size(cap), guard_size);
        expect_eq(cap_cnode_guard(cap), (data >> 6) & mask_low(guard_size));
    }
}

TEST(cap, zombies_and_contexts_keep_their_fields)
{
    for (unsigned i = 0; i < 1000; i++) {
        const void *object = some_address();
        unsigned radix = (unsigned)world_random(48), bits = 7 + (unsigned)world_random(40);
        bool is_thread = world_random(2);
        uint64_t remaining = some_word();
        struct cap zombie = cap_zombie_new(object, radix, is_thread, remaining),
                   schedctx = cap_schedctx_new(object, bits);
        expect_eq(cap_type(zombie), ABI_CAP_TYPE_ZOMBIE);
        expect_ptr_eq(cap_pointer(zombie), object);
        expect_eq(cap_cnode_radix(zombie), radix);
        expect_eq(cap_zombie_is_thread(zombie), is_thread);
        expect_eq(cap_zombie_remaining(zombie), remaining);
        expect_eq(cap_type(schedctx), ABI_CAP_TYPE_SCHED_CONTEXT);
        expect_ptr_eq(cap_pointer(schedctx), object);
        expect_eq(cap_schedctx_size_bits(schedctx), bits);
    }
}

TEST(cap, small_ones_keep_what_they_have)
{
    int object[4];
    expect_ptr_eq(cap_pointer(cap_thread_new(object)), object);
    expect_ptr_eq(cap_pointer(cap_reply_new(object, true)), object);
    expect(cap_allows(cap_reply_new(object, true), RIGHT_GRANT));
    expect(!cap_allows(cap_reply_new(object, false), RIGHT_GRANT));
    expect_eq(cap_irq_handler_irq(cap_irq_handler_new(107)), 107);
    expect_eq(cap_type(cap_domain_new()), ABI_CAP_TYPE_DOMAIN);
    expect_eq(cap_type(cap_irq_control_new()), ABI_CAP_TYPE_IRQ_CONTROL);
    expect_eq(cap_type(cap_sched_control_new(3)), ABI_CAP_TYPE_SCHED_CONTROL);
    expect(cap_is_null(CAP_NULL));
    expect(!cap_is_arch(cap_domain_new()));
}

TEST(cap, rights_of_a_copy_are_those_both_have)
{
    int object[4];
    for (unsigned have = 0; have < 16; have++)
        for (unsigned mask = 0; mask < 16; mask++) {
            struct rights rights = {(uint8_t)have}, masked = {(uint8_t)mask};
            struct cap endpoint = cap_mask_rights(cap_endpoint_new(object, rights, 5), masked);
            struct cap notification = cap_mask_rights(cap_notification_new(object, rights, 5), masked);
            expect_eq(cap_rights(endpoint).bits, have & mask);
            expect_eq(cap_rights(notification).bits, have & mask);
            expect_eq(cap_endpoint_may_call(endpoint), (have & mask & 1) && (have & mask & 12));
            expect_eq(cap_badge(endpoint), 5);
            expect_eq(cap_allows(cap_mask_rights(cap_reply_new(object, true), masked), RIGHT_GRANT),
                      (mask & RIGHT_GRANT) != 0);
        }
}

TEST(cap, badges_are_given_once)
{
    int object[4];
    struct cap plain = cap_endpoint_new(object, RIGHTS_ALL, 0), badged = cap_endpoint_new(object, RIGHTS_ALL, 7);
    expect_eq(cap_badge(cap_update_data(plain, false, 9)), 9);
    expect(cap_is_null(cap_update_data(plain, true, 9)));
    expect(cap_is_null(cap_update_data(badged, false, 9)));
    expect(cap_is_null(cap_update_data(badged, false, 0)));
    struct cap signal = cap_notification_new(object, RIGHTS_ALL, 0);
    expect_eq(cap_badge(cap_update_data(signal, false, 9)), 9);
    expect(cap_is_null(cap_update_data(signal, true, 0)));
}

TEST(cap, guards_fit_into_64_bits_with_the_radix)
{
    int object[4];
    struct cap cnode = cap_cnode_new(object, 12, 0);
    expect(!cap_is_null(cap_update_data(cnode, false, 52)));
    expect(cap_is_null(cap_update_data(cnode, false, 53)));
    expect(cap_is_null(cap_update_data(cnode, true, 63)));
}
