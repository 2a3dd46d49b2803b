/*
 * Random operations on frames, tables and spaces, with a processor that caches every translation it uses. After each step
 * nothing that it could use may contradict the tables, and the tables must say what the capabilities' owners did.
 */
#include "test.h"
#include "world.h"

#include <string.h>

#define SPACES 3
#define TABLES 4 /* of each level */
#define FRAMES 8
#define PLACES 4 /* addresses in play, in all combinations of levels */
#define STEPS  30000

static const uint64_t places[PLACES] = {0x400000, 0x401000, 0x600000, 0x40000000};

/* What should be seen: for each space and place the frame mapped there last and its rights, until a table above goes. */
struct expectation {
    bool is_present, may_write;
    uint64_t paddr;
};

static uint32_t seed;
static unsigned choose(unsigned count)
{
    seed = seed * 1664525 + 1013904223;
    return (seed >> 8) % count;
}

static struct cap_slot *spaces[SPACES], *tables[3][TABLES], *frames[FRAMES];
static struct expectation expected[SPACES][PLACES];

static unsigned place_of(uint64_t address)
{
    unsigned place = 0;
    while (place < PLACES && places[place] != address)
        place++;
    return place;
}

static unsigned space_of(struct cap cap)
{
    unsigned space = 0;
    while (space < SPACES && cap_mapped_asid(spaces[space]->cap) != cap_mapped_asid(cap))
        space++;
    return space;
}

/* Where the capability thinks it is, forget what it gave, if it is still what is there. */
static void forget_frame(struct cap frame)
{
    unsigned space = space_of(frame), place = place_of(cap_mapped_address(frame));
    if (!cap_is_mapped(frame) || space == SPACES || place == PLACES)
        return;
    if (expected[space][place].paddr == cap_paddr(frame))
        expected[space][place] = (struct expectation){0};
}

/* The table that hangs at that level above the place, by the tables in memory. */
static uint64_t table_above(unsigned space, unsigned place, unsigned span_bits)
{
    struct page_walk walk = page_walk(cap_paddr(spaces[space]->cap), places[place], span_bits);
    return walk.entry && page_entry_is_table(*walk.entry) ? page_entry_address(*walk.entry) : 0;
}

static void forget_table(struct cap table)
{
    for (unsigned space = 0; cap_is_mapped(table) && space < SPACES; space++)
        for (unsigned place = 0; place < PLACES; place++)
            if (cap_mapped_asid(spaces[space]->cap) == cap_mapped_asid(table) &&
                table_above(space, place, cap_table_span_bits(table)) == cap_paddr(table))
                expected[space][place] = (struct expectation){0};
}

static void step_frame(struct cap_slot *frame)
{
    unsigned space = choose(SPACES), place = choose(PLACES), rights = 2 + choose(2);
    if (choose(3) == 0) {
        forget_frame(frame->cap);
        expect_done(world_invoke(frame, (struct message){.label = ABI_LABEL_X86_PAGE_UNMAP}));
        return;
    }
    struct refusal refusal = world_map(frame, spaces[space], places[place], rights, 0);
    if (!refused(refusal))
        expected[space][place] = (struct expectation){true, rights == 3, cap_paddr(frame->cap)};
}

static void step_table(struct cap_slot *table)
{
    static const uint64_t unmap[] = {[ABI_CAP_TYPE_PAGE_TABLE] = ABI_LABEL_X86_PAGE_TABLE_UNMAP,
                                     [ABI_CAP_TYPE_PAGE_DIRECTORY] = ABI_LABEL_X86_PAGE_DIRECTORY_UNMAP,
                                     [ABI_CAP_TYPE_PDPT] = ABI_LABEL_X86_PDPT_UNMAP};
    unsigned space = choose(SPACES), place = choose(PLACES);
    if (choose(4) != 0) {
        world_map_table(table, spaces[space], places[place]);
        return;
    }
    forget_table(table->cap);
    expect_done(world_invoke(table, (struct message){.label = unmap[cap_type(table->cap)]}));
}

/* The space goes, and one with (most likely) the same number comes. */
static void step_space(unsigned space)
{
    uint64_t *pml4 = fake_window(cap_paddr(spaces[space]->cap));
    struct cap fresh = cap_table_new(ABI_CAP_TYPE_PML4, cap_paddr(spaces[space]->cap));
    bool was_current = cap_equal(world.thread.slot[THREAD_SLOT_VSPACE].cap, spaces[space]->cap);
    world_delete(spaces[space], true);
    memset(pml4, 0, 511 * sizeof pml4[0]);
    spaces[space]->cap = fresh;
    expect_done(world_invoke(
        world.pool, (struct message){.label = ABI_LABEL_X86_ASID_POOL_ASSIGN, .cap_count = 1, .cap = {spaces[space]}}));
    memset(expected[space], 0, sizeof expected[space]);
    if (was_current)
        world_enter(spaces[space]);
}

static void check(void)
{
    expect(!fake_has_stale_translation());
    unsigned space = space_of(world.thread.slot[THREAD_SLOT_VSPACE].cap);
    for (unsigned place = 0; place < PLACES; place++) {
        struct translation found = fake_touch(places[place]);
        expect_eq(found.is_present, expected[space][place].is_present);
        if (found.is_present) {
            expect_eq(found.paddr, expected[space][place].paddr);
            expect_eq(found.may_write, expected[space][place].may_write);
        }
    }
}

static void run(bool has_contexts, uint32_t first_seed)
{
    static const unsigned types[3] = {ABI_OBJECT_PAGE_TABLE, ABI_OBJECT_PAGE_DIRECTORY, ABI_OBJECT_PDPT};
    world_reset(has_contexts);
    seed = first_seed;
    memset(expected, 0, sizeof expected);
    for (unsigned i = 0; i < SPACES; i++)
        spaces[i] = i == 0 ? world.space : world_new_space();
    for (unsigned level = 0; level < 3; level++)
        for (unsigned i = 0; i < TABLES; i++)
            tables[level][i] = world_new(types[level]);
    for (unsigned i = 0; i < FRAMES; i++)
        frames[i] = world_new(ABI_OBJECT_4K_PAGE);
    for (unsigned step = 0; step < STEPS; step++) {
        switch (choose(16)) {
        case 0:
            step_space(choose(SPACES));
            break;
        case 1:
        case 2:
            world_enter(spaces[choose(SPACES)]);
            break;
        case 3:
        case 4:
        case 5:
        case 6:
        case 7:
        case 8:
            step_table(tables[choose(3)][choose(TABLES)]);
            break;
        default:
            step_frame(frames[choose(FRAMES)]);
            break;
        }
        check();
    }
}

TEST(random_mappings, without_contexts)
{
    run(false, 1);
    run(false, 2);
}

TEST(random_mappings, with_contexts)
{
    run(true, 3);
    run(true, 4);
}
