/* The derivation tree: who is a child of whom after copies, mints, moves, swaps and removals. */
#include "world.h"

#include <string.h>

static struct cap_slot slot[16];
static int objects[16][4] ALIGNED(16);

static void start(void)
{
    memset(slot, 0, sizeof(slot));
}

static struct cap endpoint(unsigned object, uint64_t badge)
{
    return cap_endpoint_new(objects[object], RIGHTS_ALL, badge);
}

static struct cap memory(void)
{
    return cap_untyped_new(hal_paddr(objects) & mask_low(48), 12, false, 0);
}

static void expect_order(unsigned count, const unsigned *order)
{
    for (unsigned i = 0; i < count; i++) {
        expect_tree_is_whole(&slot[order[i]]);
        expect_ptr_eq(cap_slot_next(&slot[order[i]]), i + 1 < count ? &slot[order[i + 1]] : NULL);
    }
}

TEST(captree, copies_of_an_original_are_its_children_and_siblings_of_each_other)
{
    start();
    captree_insert_root(&slot[0], cap_domain_new());
    captree_insert(&slot[0], &slot[1], cap_domain_new());
    captree_insert(&slot[1], &slot[2], cap_domain_new());
    expect_order(3, (unsigned[]){0, 1, 2});
    expect(captree_has_children(&slot[0]));
    expect(!captree_has_children(&slot[1]));
    expect(!captree_is_final(&slot[1]));
    captree_remove(&slot[0]);
    expect(!captree_has_children(&slot[1]));
    captree_remove(&slot[2]);
    expect(captree_is_final(&slot[1]));
}

TEST(captree, copies_with_a_badge_belong_to_the_first_with_it)
{
    start();
    captree_insert_root(&slot[0], endpoint(0, 0));
    captree_insert(&slot[0], &slot[1], endpoint(0, 7));
    captree_insert(&slot[1], &slot[2], endpoint(0, 7));
    captree_insert(&slot[0], &slot[3], endpoint(0, 7)); /* minted anew: no child of the other 7 */
    expect_order(4, (unsigned[]){0, 3, 1, 2});
    expect(!captree_has_children(&slot[3]));
    expect(captree_has_children(&slot[1]));
    expect(captree_has_children(&slot[0]));
}

/* What a removal must not do: the copies of badge 7 whose first is gone stand right behind another first 7. */
TEST(captree, orphans_with_a_badge_do_not_get_a_new_parent)
{
    start();
    captree_insert_root(&slot[0], endpoint(0, 0));
    captree_insert(&slot[0], &slot[1], endpoint(0, 7));
    captree_insert(&slot[1], &slot[2], endpoint(0, 7));
    captree_insert(&slot[1], &slot[3], endpoint(0, 7));
    captree_insert(&slot[0], &slot[4], endpoint(0, 7));
    captree_remove(&slot[1]);
    expect_order(4, (unsigned[]){0, 4, 3, 2});
    expect(!captree_has_children(&slot[4]));
    captree_remove(&slot[3]);
    expect(!captree_has_children(&slot[4]));
    captree_remove(&slot[4]);
    expect(captree_has_children(&slot[0]));
}

TEST(captree, an_untyped_covers_what_lies_inside)
{
    world_reset();
    uint64_t untyped = world_new(ABI_OBJECT_UNTYPED, 12);
    struct cap_slot *parent = world_slot(untyped);
    uint64_t root = ABI_OBJECT_ENDPOINT;
    expect(!captree_has_children(parent));
    expect_eq(
        world_invoke(untyped, (struct world_message){ABI_LABEL_UNTYPED_RETYPE, WORDS(root, 0, 0, 0, 200, 3), CAPS(2)}),
        0);
    expect(captree_has_children(parent));
    expect_eq(cap_untyped_watermark(parent->cap), 48);
    /* Its own parent covers both, and the children stay when the middle one goes. */
    expect_eq(world_invoke(2, (struct world_message){ABI_LABEL_CNODE_DELETE, WORDS(untyped, 64)}), 0);
    expect(captree_has_children(world_slot(62)));
    expect_eq(cap_type(world_slot(200)->cap), ABI_CAP_TYPE_ENDPOINT);
    expect_eq(world_invoke(2, (struct world_message){ABI_LABEL_CNODE_REVOKE, WORDS(62, 64)}), 0);
    expect(cap_slot_is_empty(world_slot(200)));
}

TEST(captree, a_copied_untyped_is_full_and_a_child)
{
    start();
    captree_insert_root(&slot[0], memory());
    captree_insert(&slot[0], &slot[1], memory());
    expect(captree_has_children(&slot[0]));
    expect_eq(cap_untyped_watermark(slot[0].cap), 4096);
    expect_eq(cap_untyped_watermark(slot[1].cap), 0);
    expect_eq(refusal_error(cap_derive(&slot[0], slot[0].cap).refusal), ABI_ERROR_REVOKE_FIRST);
    expect_eq(refusal_error(cap_derive(&slot[1], slot[1].cap).refusal), ABI_ERROR_NONE);
}

TEST(captree, a_moved_capability_keeps_its_place)
{
    start();
    captree_insert_root(&slot[0], endpoint(0, 0));
    captree_insert(&slot[0], &slot[1], endpoint(0, 7));
    captree_insert(&slot[1], &slot[2], endpoint(0, 7));
    captree_move(&slot[1], &slot[5], slot[1].cap);
    expect(cap_slot_is_empty(&slot[1]));
    expect_tree_is_whole(&slot[1]);
    expect_order(3, (unsigned[]){0, 5, 2});
    expect(captree_has_children(&slot[5]));
}

/* All pairs of a list of four, neighbours in both directions among them. */
TEST(captree, swapping_exchanges_places_whoever_stands_between)
{
    for (unsigned a = 0; a < 4; a++)
        for (unsigned b = 0; b < 4; b++) {
            unsigned order[4] = {0, 1, 2, 3};
            start();
            captree_insert_root(&slot[0], endpoint(0, 0));
            for (unsigned i = 1; i < 4; i++)
                captree_insert(&slot[i - 1], &slot[i], endpoint(0, 0));
            captree_swap(&slot[a], endpoint(a, 1), &slot[b], endpoint(b, 2));
            order[a] = b;
            order[b] = a;
            expect_order(4, order);
            if (a == b)
                continue;
            expect(cap_equal(slot[b].cap, endpoint(a, 1)));
            expect(cap_equal(slot[a].cap, endpoint(b, 2)));
            expect_eq(cap_slot_is_original(&slot[order[0]]), 1);
        }
}

/* A list of slots beside, kept in order by plain means. */
TEST(captree, random_changes_keep_the_list_whole)
{
    enum { SLOTS = 16 };
    world_reset();
    start();
    unsigned order[SLOTS] = {0}, count = 1;
    captree_insert_root(&slot[0], endpoint(0, 0));
    for (unsigned round = 0; round < 20000; round++) {
        unsigned at = (unsigned)world_random(count), from = order[at], to = (unsigned)world_random(SLOTS), other;
        switch (world_random(4)) {
        case 0:
        case 1:
            if (!cap_slot_is_empty(&slot[to]))
                break;
            captree_insert(&slot[from], &slot[to], endpoint(0, world_random(3)));
            memmove(&order[at + 2], &order[at + 1], (count - at - 1) * sizeof(order[0]));
            order[at + 1] = to;
            count++;
            break;
        case 2:
            if (count == 1)
                break;
            captree_remove(&slot[from]);
            memmove(&order[at], &order[at + 1], (count - at - 1) * sizeof(order[0]));
            count--;
            break;
        default:
            other = (unsigned)world_random(count);
            captree_swap(&slot[from], slot[from].cap, &slot[order[other]], slot[order[other]].cap);
            order[at] = order[other];
            order[other] = from;
            break;
        }
        expect_order(count, order);
    }
}

TEST(captree, same_object_tells_types_and_numbers_apart)
{
    struct cap one = cap_irq_handler_new(1), two = cap_irq_handler_new(2);
    expect(cap_same_object(one, one));
    expect(!cap_same_object(one, two));
    expect(!cap_same_object(endpoint(0, 0), endpoint(1, 0)));
    expect(cap_same_object(endpoint(0, 3), endpoint(0, 4)));
    expect(!cap_same_object(endpoint(0, 0), cap_notification_new(objects[0], RIGHTS_ALL, 0)));
    expect(!cap_same_object(memory(), memory()));
    expect(cap_same_object(cap_sched_control_new(0), cap_sched_control_new(0)));
    expect(!cap_same_object(cap_sched_control_new(0), cap_sched_control_new(1)));
    expect(!cap_same_object(CAP_NULL, CAP_NULL));
    expect(!cap_same_object(cap_domain_new(), cap_irq_control_new()));
}
