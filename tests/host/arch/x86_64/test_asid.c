/* Address spaces: their numbers, which one is loaded, and what happens when they go. */
#include "test.h"
#include "world.h"

#define ADDRESS 0x400000

static struct cap_slot *control, *root;

static void with_control(bool has_contexts)
{
    world_reset(has_contexts);
    control = world_put(cap_asid_control_new());
    root = world_put(cap_cnode_new(world.slot, 9, 0));
}

static struct cap_slot *untyped_new(unsigned size_bits, bool is_device)
{
    return world_put(cap_untyped_new(fake_memory_take(size_bits), size_bits, is_device, 0));
}

static struct refusal make_pool(struct cap_slot *untyped, struct cap_slot *cnode, struct cap_slot *destination)
{
    return world_invoke(control, (struct message){.label = ABI_LABEL_X86_ASID_CONTROL_MAKE_POOL,
                                                  .length = 2,
                                                  .word = {(uint64_t)(destination - world.slot), 64},
                                                  .cap_count = 2,
                                                  .cap = {untyped, cnode}});
}

static struct refusal assign(struct cap_slot *pool, struct cap_slot *space)
{
    struct message message = {.label = ABI_LABEL_X86_ASID_POOL_ASSIGN, .cap_count = 1, .cap = {space}};
    return world_invoke(pool, message);
}

static uint64_t loaded_pml4(void)
{
    return fake_cr3 & ~(uint64_t)0xfff;
}

TEST(asid_control, make_pool_checks_in_order)
{
    with_control(false);
    struct cap_slot *empty = world_slot(), *page = untyped_new(12, false);
    struct message short_message = {
        .label = ABI_LABEL_X86_ASID_CONTROL_MAKE_POOL, .length = 2, .cap_count = 1, .cap = {page}};
    expect_refused(world_invoke(control, short_message), ABI_ERROR_TRUNCATED_MESSAGE);
    short_message.length = 1;
    short_message.cap_count = 2;
    short_message.cap[1] = root;
    expect_refused(world_invoke(control, short_message), ABI_ERROR_TRUNCATED_MESSAGE);

    expect_refused_number(make_pool(untyped_new(13, false), page, empty), ABI_ERROR_INVALID_CAPABILITY, 1);
    expect_refused_number(make_pool(untyped_new(11, false), page, empty), ABI_ERROR_INVALID_CAPABILITY, 1);
    expect_refused_number(make_pool(untyped_new(12, true), page, empty), ABI_ERROR_INVALID_CAPABILITY, 1);
    expect_refused_number(make_pool(root, page, empty), ABI_ERROR_INVALID_CAPABILITY, 1);
    struct cap_slot *parent = untyped_new(12, false);
    world_set_parent(parent);
    expect_refused(make_pool(parent, page, empty), ABI_ERROR_REVOKE_FIRST);
    expect_lookup_failed(make_pool(page, page, empty), ABI_LOOKUP_INVALID_ROOT, 0);
    expect_refused(make_pool(page, root, root), ABI_ERROR_DELETE_FIRST);
    expect_eq(cap_untyped_watermark(page->cap), 0);

    expect_refused(world_invoke(control, (struct message){.label = ABI_LABEL_X86_ASID_POOL_ASSIGN}),
                   ABI_ERROR_ILLEGAL_OPERATION);
}

TEST(asid_control, pool_takes_the_whole_untyped)
{
    with_control(false);
    struct cap_slot *pool = world_slot(), *page = untyped_new(12, false);
    uint8_t *bytes = fake_window(cap_paddr(page->cap));
    for (unsigned i = 0; i < 4096; i++)
        bytes[i] = 0xa5;
    expect_done(make_pool(page, root, pool));
    for (unsigned i = 0; i < 4096; i++)
        expect_eq(bytes[i], 0);
    expect_eq(cap_untyped_watermark(page->cap), 4096);
    expect_eq(cap_asid_pool_number(pool->cap), 1);
    expect(hal_cap_in_region(pool->cap, cap_paddr(page->cap), 12));
    expect(cap_equal(world_derived(pool), pool->cap));
}

TEST(asid_control, eight_pools)
{
    with_control(false);
    struct cap_slot *pools[8];
    for (unsigned i = 1; i < 8; i++)
        expect_done(make_pool(untyped_new(12, false), root, pools[i] = world_slot()));
    /* No number is left: said before anything else. */
    expect_refused(make_pool(root, root, root), ABI_ERROR_DELETE_FIRST);
    world_delete(pools[3], true);
    struct cap_slot *again = world_slot();
    expect_done(make_pool(untyped_new(12, false), root, again));
    expect_eq(cap_asid_pool_number(again->cap), 3);
}

TEST(asid_pool, assign_checks_in_order)
{
    with_control(false);
    struct cap_slot *pool = world_slot(), *space = world_new(ABI_OBJECT_PML4);
    expect_done(make_pool(untyped_new(12, false), root, pool));
    expect_refused(world_invoke(pool, (struct message){.label = ABI_LABEL_X86_ASID_POOL_ASSIGN}),
                   ABI_ERROR_TRUNCATED_MESSAGE);
    expect_refused(world_invoke(pool, (struct message){.label = ABI_LABEL_X86_PAGE_MAP}), ABI_ERROR_ILLEGAL_OPERATION);

    struct cap_slot *stale = world_put(pool->cap);
    world_delete(pool, true);
    expect_refused_number(assign(stale, world.space), ABI_ERROR_INVALID_CAPABILITY, 1);
    expect_refused_number(assign(stale, root), ABI_ERROR_INVALID_CAPABILITY, 1);
    expect_lookup_failed(assign(stale, space), ABI_LOOKUP_INVALID_ROOT, 0);
    expect_done(make_pool(untyped_new(12, false), root, pool = world_slot()));
    expect_refused_number(assign(stale, space), ABI_ERROR_INVALID_CAPABILITY, 0);
    expect_done(assign(pool, space));
    expect_eq(cap_mapped_asid(space->cap), 512);
    expect(hal_cap_is_vspace(space->cap));
}

TEST(asid_pool, gives_all_but_zero)
{
    world_reset(false);
    struct cap_slot *last = world_slot();
    for (unsigned asid = 2; asid < 512; asid++) {
        last->cap = hal_object_create(ABI_OBJECT_PML4, fake_memory_take(12), false);
        expect_done(assign(world.pool, last));
        expect_eq(cap_mapped_asid(last->cap), asid);
    }
    struct cap_slot *next = world_new(ABI_OBJECT_PML4);
    expect_refused(assign(world.pool, next), ABI_ERROR_DELETE_FIRST);
    world_delete(last, true);
    expect_done(assign(world.pool, next));
    expect_eq(cap_mapped_asid(next->cap), 511);
}

TEST(vspace, is_loaded_once)
{
    world_reset(false);
    expect_eq(loaded_pml4(), cap_paddr(world.space->cap));
    unsigned writes = fake_cr3_writes;
    hal_activate_space(&world.thread);
    expect_eq(fake_cr3_writes, writes);
}

TEST(vspace, all_share_the_kernel)
{
    world_reset(false);
    const uint64_t *kernel = fake_window(page_entry_address(machine_state.kernel_space.root));
    const uint64_t *pml4 = fake_window(cap_paddr(world.space->cap));
    expect_eq(pml4[511], kernel[511]);
    for (unsigned i = 0; i < 510; i++)
        expect_eq(pml4[i], 0);
    expect_eq(pml4[510] & 1, 0); /* to the processor not present, whatever the kernel keeps there */
}

TEST(vspace, thread_without_space_has_only_the_kernel)
{
    world_reset(false);
    uint64_t kernel = page_entry_address(machine_state.kernel_space.root);
    world_enter(NULL);
    expect_eq(loaded_pml4(), kernel);
    world_enter(world.space);
    /* The idle thread does not care and need not pay. */
    struct thread idle = {.state = THREAD_IDLE};
    hal_activate_space(&idle);
    expect_eq(loaded_pml4(), cap_paddr(world.space->cap));
}

TEST(vspace, loaded_one_is_left_when_it_goes)
{
    for (unsigned has_contexts = 0; has_contexts < 2; has_contexts++) {
        world_reset(has_contexts);
        uint64_t kernel = page_entry_address(machine_state.kernel_space.root);
        struct cap_slot *other = world_new_space();
        world_delete(other, true);
        expect_eq(loaded_pml4(), cap_paddr(world.space->cap));
        world_delete(world.space, false);
        expect_eq(loaded_pml4(), cap_paddr(world.thread.slot[THREAD_SLOT_VSPACE].cap));

        struct cap_slot *last = world_put(world.thread.slot[THREAD_SLOT_VSPACE].cap);
        world_delete(last, true);
        expect_eq(loaded_pml4(), kernel);
        hal_activate_space(&world.thread);
        expect_eq(loaded_pml4(), kernel);
    }
}

TEST(vspace, pool_takes_its_spaces_along)
{
    for (unsigned has_contexts = 0; has_contexts < 2; has_contexts++) {
        with_control(has_contexts);
        struct cap_slot *pool = world_slot(), *space = world_new(ABI_OBJECT_PML4);
        expect_done(make_pool(untyped_new(12, false), root, pool));
        expect_done(assign(pool, space));
        /* Another pool's end does not disturb the current thread. */
        struct cap_slot *copy = world_put(pool->cap);
        world_delete(copy, false);
        world_enter(space);
        expect_eq(loaded_pml4(), cap_paddr(space->cap));
        world_delete(pool, true);
        expect_eq(loaded_pml4(), page_entry_address(machine_state.kernel_space.root));

        world_enter(world.space);
        struct cap_slot *second = world_slot();
        expect_done(make_pool(untyped_new(12, false), root, second));
        world_delete(second, true);
        expect_eq(loaded_pml4(), cap_paddr(world.space->cap));
        /* The space that lost its number keeps none of its rights. */
        world_enter(space);
        expect_eq(loaded_pml4(), page_entry_address(machine_state.kernel_space.root));
    }
}

/* A capability to a space whose number another one has now is good for nothing. */
TEST(vspace, old_owner_of_a_number_has_no_space)
{
    world_reset(false);
    struct cap_slot *first = world_new_space(), *stale = world_put(first->cap);
    world_delete(first, true);
    struct cap_slot *second = world_new_space();
    expect_eq(cap_mapped_asid(second->cap), cap_mapped_asid(stale->cap));
    world_enter(stale);
    expect_eq(loaded_pml4(), page_entry_address(machine_state.kernel_space.root));
    world_delete(stale, true);
    world_enter(second);
    expect_eq(loaded_pml4(), cap_paddr(second->cap));
}

/* A number that is given anew must not find what the processor kept of its last owner. */
TEST(vspace, new_owner_of_a_number_finds_nothing)
{
    world_reset(true);
    struct cap_slot *tables[3], *first = world_new_space(), *frame = world_new(ABI_OBJECT_4K_PAGE);
    world_map_tables(first, ADDRESS, tables);
    expect_done(world_map(frame, first, ADDRESS, 3, 0));
    world_enter(first);
    expect(fake_touch(ADDRESS).is_present);
    unsigned asid = cap_mapped_asid(first->cap);
    world_enter(world.space);
    world_delete(first, true);
    struct cap_slot *second = world_new_space();
    expect_eq(cap_mapped_asid(second->cap), asid);
    world_enter(second);
    expect(!fake_has_stale_translation());
}

TEST(vspace, contexts_survive_a_visit_elsewhere)
{
    world_reset(true);
    struct cap_slot *tables[3], *frame = world_new(ABI_OBJECT_4K_PAGE), *other = world_new_space();
    world_map_tables(world.space, ADDRESS, tables);
    expect_done(world_map(frame, world.space, ADDRESS, 3, 0));
    fake_touch(ADDRESS);
    world_enter(other);
    world_enter(world.space);
    expect(machine_state.asid_table.pool[0][1] & ROOT_KEEPS_CONTEXT);
    /* Unmapped while away: must not be found on return. */
    world_enter(other);
    world_delete(frame, true);
    world_enter(world.space);
    expect(!fake_has_stale_translation());
}
