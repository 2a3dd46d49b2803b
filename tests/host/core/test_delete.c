/*
 * Deleting objects that hold slots of their own, in every shape, stopped at every single point.
 *
 * A shape is a few CNodes and threads whose only capabilities lie in each other's slots, or outside. All come from one untyped
 * capability. Whatever the shape and wherever the work was stopped: revoking that capability leaves nothing, and deleting the
 * outer capability takes exactly what was reachable by last capabilities.
 */
#include "core/preempt.h"
#include "world.h"

#include <string.h>

enum { OBJECTS = 6, OUTSIDE = 4, MAX_SLOTS = 8, REGIONS = 2, REGION_BITS = 16 };

struct holder {
    bool is_thread;
    unsigned region, radix, slot_count;
    struct cap_slot *slots;
    struct cap_slot *home; /* where its only capability was put */
};

static struct shape {
    struct cap_slot untyped; /* of all the memory */
    struct cap_slot
        region[REGIONS]; /* its children: of parts of it; objects come from the first, or from one by chance */
    uint64_t region_used[REGIONS];
    struct cap_slot outside[OUTSIDE];
    struct holder holder[OBJECTS];
    unsigned count;
} shape;

static void *region_memory(unsigned region, uint64_t bytes)
{
    uint8_t *memory = hal_window(cap_paddr(shape.region[region].cap));
    memory += shape.region_used[region];
    shape.region_used[region] += align_up(bytes, 6);
    expect(shape.region_used[region] <= BIT(REGION_BITS));
    return memory;
}

static void make_holder_in(struct holder *holder, unsigned region, bool is_thread, unsigned radix)
{
    holder->region = region;
    holder->is_thread = is_thread;
    holder->radix = radix;
    holder->slot_count = is_thread ? THREAD_SLOT_COUNT : 1u << radix;
    if (is_thread) {
        struct thread *thread = region_memory(region, BIT(ABI_TCB_BITS));
        thread_init(thread, 0);
        holder->slots = thread->slot;
    } else {
        holder->slots = region_memory(region, sizeof(struct cap_slot) << radix);
    }
}

static void make_holder(struct holder *holder, bool is_thread, unsigned radix)
{
    make_holder_in(holder, 0, is_thread, radix);
}

static struct cap holder_cap(const struct holder *holder)
{
    return holder->is_thread ? cap_thread_new(holder->slots) : cap_cnode_new(holder->slots, holder->radix, 0);
}

static void start_shape(void)
{
    memset(&shape, 0, sizeof(shape));
    world_reset();
    captree_insert_root(&shape.untyped, cap_untyped_new(HOST_RAM_START, 22, false, 0));
    uint64_t start = align_up(hal_paddr(world_memory((REGIONS + 1) << REGION_BITS)), REGION_BITS);
    memset(hal_window(start), 0, REGIONS << REGION_BITS);
    for (unsigned i = 0; i < REGIONS; i++)
        captree_insert_original(&shape.untyped, &shape.region[i],
                                cap_untyped_new(start + (i << REGION_BITS), REGION_BITS, false, 0));
}

static void place(struct holder *holder, struct cap_slot *slot)
{
    captree_insert_original(&shape.region[holder->region], slot, holder_cap(holder));
    holder->home = slot;
}

/* --- what must be true ---------------------------------------------------------------------------------------------- */

static void expect_links_are_whole(void)
{
    if (shape.count == 0)
        return; /* not made of holders */
    unsigned listed = 0, held = 0;
    for (const struct cap_slot *slot = &shape.untyped; slot; slot = cap_slot_next(slot), listed++)
        expect_tree_is_whole(slot);
    for (unsigned i = 0; i < OUTSIDE; i++)
        held += !cap_slot_is_empty(&shape.outside[i]);
    for (unsigned i = 0; i < REGIONS; i++)
        held += !cap_slot_is_empty(&shape.region[i]);
    for (unsigned i = 0; i < shape.count; i++)
        for (unsigned j = 0; j < shape.holder[i].slot_count; j++) {
            expect_tree_is_whole(&shape.holder[i].slots[j]);
            held += !cap_slot_is_empty(&shape.holder[i].slots[j]);
        }
    expect_eq(listed, held + 1); /* no slot is lost */
}

static void expect_nothing_left(void)
{
    expect(!captree_has_children(&shape.untyped));
    expect(cap_slot_next(&shape.untyped) == NULL);
    expect_links_are_whole();
    for (unsigned i = 0; i < shape.count; i++)
        for (unsigned j = 0; j < shape.holder[i].slot_count; j++)
            expect(cap_slot_is_empty(&shape.holder[i].slots[j]));
}

/* --- stopping ------------------------------------------------------------------------------------------------------- */

typedef struct refusal operation(void);

static struct refusal revoke_all(void)
{
    return cap_revoke(&shape.untyped);
}
static struct refusal revoke_first_region(void)
{
    return cap_revoke(&shape.region[0]);
}
static struct refusal delete_first(void)
{
    return cap_delete(&shape.outside[0]);
}

/*
 * Runs to the end, stopped once after `polls` looks, or (`at_every`) again and again after as many; says how often it stopped.
 */
static unsigned run_stopped(operation *work, bool at_every, unsigned polls)
{
    unsigned stops = 0;
    host_preempt_units = 1;
    for (;;) {
        if (at_every || stops == 0)
            host_interrupt_after(polls);
        struct refusal refusal = work();
        host_no_interrupt();
        if (!refused(refusal))
            return stops;
        expect_eq(refusal_error(refusal), REFUSAL_PREEMPTED);
        expect_links_are_whole();
        if (++stops > 100000)
            test_fail(__FILE__, __LINE__, "a deletion never ends");
    }
}

static void build_random(uint64_t seed, unsigned regions)
{
    start_shape();
    for (uint64_t i = 0; i < seed; i++)
        world_random(2);
    for (uint64_t i = world_random(50) + seed % 97; i > 0; i--)
        world_random(2);
    shape.count = 2 + (unsigned)world_random(OBJECTS - 1);
    for (unsigned i = 0; i < shape.count; i++)
        make_holder_in(&shape.holder[i], (unsigned)world_random(regions), world_random(4) == 0,
                       1 + (unsigned)world_random(3));
    place(&shape.holder[0], &shape.outside[0]);
    for (unsigned i = 1; i < shape.count; i++)
        for (;;) {
            struct holder *where = &shape.holder[world_random(shape.count)];
            struct cap_slot *slot = world_random(12) ? &where->slots[world_random(where->slot_count)]
                                                     : &shape.outside[1 + world_random(OUTSIDE - 1)];
            if (!cap_slot_is_empty(slot))
                continue;
            place(&shape.holder[i], slot);
            break;
        }
    /* Further capabilities to some of them. */
    for (unsigned copies = (unsigned)world_random(4); copies > 0; copies--) {
        struct holder *of = &shape.holder[world_random(shape.count)], *where = &shape.holder[world_random(shape.count)];
        struct cap_slot *slot = &where->slots[world_random(where->slot_count)];
        if (cap_slot_is_empty(slot))
            captree_insert(of->home, slot, of->home->cap);
    }
}

TEST(deletion, random_shapes_are_revoked_wherever_it_stops)
{
    for (uint64_t seed = 0; seed < 120; seed++) {
        build_random(seed, 1);
        unsigned polls_before = host.polls;
        expect_eq(run_stopped(revoke_all, false, 1000000), 0);
        expect_nothing_left();
        unsigned points = host.polls - polls_before;
        for (unsigned point = 0; point < points; point += 1 + points / 25) {
            build_random(seed, 1);
            expect(run_stopped(revoke_all, false, point) <= 1); /* the last look may come too late */
            expect_nothing_left();
        }
        build_random(seed, 1);
        run_stopped(revoke_all, true, 0);
        expect_nothing_left();
    }
}

/* --- deleting one capability ----------------------------------------------------------------------------------------- */

static unsigned holder_of(struct cap cap)
{
    for (unsigned i = 0; i < shape.count; i++)
        if (cap_pointer(cap) == shape.holder[i].slots)
            return i;
    return OBJECTS;
}

/* What deleting takes, by recursion over a table of who holds what. */
struct reach {
    unsigned references[OBJECTS];
    bool is_gone[OBJECTS];
};

static void lose(struct reach *reach, unsigned object)
{
    if (object == OBJECTS || --reach->references[object] > 0 || reach->is_gone[object])
        return;
    reach->is_gone[object] = true;
    for (unsigned j = 0; j < shape.holder[object].slot_count; j++)
        if (!cap_slot_is_empty(&shape.holder[object].slots[j]))
            lose(reach, holder_of(shape.holder[object].slots[j].cap));
}

static struct reach count_references(void)
{
    struct reach reach = {{0}, {false}};
    for (const struct cap_slot *slot = cap_slot_next(&shape.untyped); slot; slot = cap_slot_next(slot))
        if (cap_type(slot->cap) != ABI_CAP_TYPE_UNTYPED)
            reach.references[holder_of(slot->cap)]++;
    return reach;
}

static struct reach expected_of_delete(void)
{
    struct reach reach = count_references();
    lose(&reach, 0);
    return reach;
}

/* All of the first region goes, and what only that reached. */
static struct reach expected_of_revoke(void)
{
    struct reach reach = count_references();
    for (unsigned i = 0; i < shape.count; i++)
        while (shape.holder[i].region == 0 && !reach.is_gone[i])
            lose(&reach, i);
    return reach;
}

static void expect_reach(const struct reach *reach)
{
    expect_links_are_whole();
    for (unsigned i = 0; i < shape.count; i++) {
        unsigned references = 0;
        for (const struct cap_slot *slot = cap_slot_next(&shape.untyped); slot; slot = cap_slot_next(slot)) {
            references += holder_of(slot->cap) == i;
            expect(cap_type(slot->cap) != ABI_CAP_TYPE_ZOMBIE);
        }
        expect_eq(references == 0, reach->is_gone[i]);
        for (unsigned j = 0; reach->is_gone[i] && j < shape.holder[i].slot_count; j++)
            expect(cap_slot_is_empty(&shape.holder[i].slots[j]));
    }
}

TEST(deletion, random_shapes_lose_what_was_reachable_and_no_more)
{
    for (uint64_t seed = 0; seed < 300; seed++) {
        build_random(seed, 1);
        struct reach reach = expected_of_delete();
        run_stopped(delete_first, seed % 2, seed % 3);
        expect_reach(&reach);
        run_stopped(revoke_all, true, 0);
        expect_nothing_left();
    }
}

/*
 * The story: a preempted Revoke left a zombie in the slot that had held the revoked CNode, because that CNode had held the last
 * capability to a CNode of other memory, and the two had been exchanged.
 */
TEST(deletion, a_revoke_takes_what_it_reaches_in_other_memory_too)
{
    for (uint64_t seed = 0; seed < 2000; seed++) {
        build_random(seed, REGIONS);
        struct reach reach = expected_of_revoke();
        if (seed % 3 == 0)
            run_stopped(revoke_first_region, false, (unsigned)(seed / 3 % 40));
        else
            run_stopped(revoke_first_region, true, seed % 3 - 1);
        expect(!captree_has_children(&shape.region[0]));
        expect_reach(&reach);
        run_stopped(revoke_all, true, 0);
        expect_nothing_left();
    }
}

/* Each of three unfinished deletions is gone on with by the others, in turns. */
TEST(deletion, several_callers_may_delete_parts_of_one_shape_in_turns)
{
    for (uint64_t seed = 0; seed < 200; seed++) {
        build_random(seed, 1);
        host_preempt_units = 1;
        for (unsigned turns = 0; captree_has_children(&shape.untyped); turns++) {
            unsigned choice = (unsigned)world_random(OUTSIDE + OBJECTS + 1);
            host_interrupt_after((unsigned)world_random(3));
            struct cap_slot *slot = choice < OUTSIDE ? &shape.outside[choice] : NULL;
            if (choice >= OUTSIDE && choice < OUTSIDE + shape.count) {
                const struct holder *holder = &shape.holder[choice - OUTSIDE];
                slot = &holder->slots[world_random(holder->slot_count)];
            }
            if (slot)
                cap_delete(slot);
            else
                cap_revoke(&shape.untyped);
            host_no_interrupt();
            expect_links_are_whole();
            if (turns > 100000)
                test_fail(__FILE__, __LINE__, "the deletions never end");
        }
        expect_nothing_left();
    }
}

/* --- named shapes --------------------------------------------------------------------------------------------------- */

TEST(deletion, a_cnode_that_holds_its_own_last_capability)
{
    for (unsigned at = 0; at < 4; at++) {
        start_shape();
        shape.count = 1;
        make_holder(&shape.holder[0], false, 2);
        place(&shape.holder[0], &shape.holder[0].slots[at]);
        run_stopped(revoke_all, true, 0);
        expect_nothing_left();
    }
}

TEST(deletion, two_that_hold_each_other)
{
    for (unsigned at = 0; at < 16; at++)
        for (unsigned threads = 0; threads < 4; threads++) {
            start_shape();
            shape.count = 2;
            make_holder(&shape.holder[0], threads & 1, 2);
            make_holder(&shape.holder[1], threads & 2, 2);
            place(&shape.holder[0], &shape.holder[1].slots[at % 4]);
            place(&shape.holder[1], &shape.holder[0].slots[at / 4]);
            run_stopped(revoke_all, true, 0);
            expect_nothing_left();
        }
}

TEST(deletion, a_ring_of_six)
{
    for (unsigned at = 0; at < 4; at++) {
        start_shape();
        shape.count = OBJECTS;
        for (unsigned i = 0; i < OBJECTS; i++)
            make_holder(&shape.holder[i], i % 3 == 2, 2);
        for (unsigned i = 0; i < OBJECTS; i++)
            place(&shape.holder[(i + 1) % OBJECTS], &shape.holder[i].slots[(at + i) % 4]);
        run_stopped(revoke_all, true, 0);
        expect_nothing_left();
    }
}

/* The kernel has one stack: depth must cost nothing. */
TEST(deletion, a_chain_of_a_thousand)
{
    enum { LENGTH = 1000 };
    for (unsigned at = 0; at < 2; at++) {
        static struct cap_slot *cnode[LENGTH];
        start_shape();
        for (unsigned i = 0; i < LENGTH; i++)
            cnode[i] = world_memory(2 * sizeof(struct cap_slot));
        captree_insert_original(&shape.untyped, &shape.outside[0], cap_cnode_new(cnode[0], 1, 0));
        for (unsigned i = 1; i < LENGTH; i++)
            captree_insert_original(&shape.untyped, &cnode[i - 1][at], cap_cnode_new(cnode[i], 1, 0));
        unsigned stops = run_stopped(delete_first, true, 0);
        expect(stops > LENGTH);
        for (unsigned i = 0; i < LENGTH; i++)
            expect(cap_slot_is_empty(&cnode[i][0]) && cap_slot_is_empty(&cnode[i][1]));
    }
}

TEST(deletion, work_between_two_looks_is_bounded)
{
    start_shape();
    shape.count = 1;
    make_holder(&shape.holder[0], false, 10);
    place(&shape.holder[0], &shape.outside[0]);
    unsigned before = host.polls;
    host_preempt_units = 16;
    expect(!refused(delete_first()));
    expect_eq(host.polls - before, 1024 / 16);
}
