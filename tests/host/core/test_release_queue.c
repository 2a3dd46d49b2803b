/* Contexts that wait for their refill: a heap against a sorted array. */
#include "core/release_queue.h"

#include "world.h"

#include <string.h>

enum { CONTEXTS = 64 };
static struct schedctx context[CONTEXTS];
static struct schedctx *root;

static unsigned rank_of(const struct schedctx *sc)
{
    return sc ? sc->heap_rank : 0;
}

static unsigned count_checked(struct schedctx *sc, const struct schedctx *parent)
{
    if (!sc)
        return 0;
    expect_ptr_eq(sc->heap_parent, parent);
    expect(sc->in_release_queue);
    if (parent)
        expect(parent->refill[0].time <= sc->refill[0].time);
    expect(rank_of(sc->heap_left) >= rank_of(sc->heap_right));
    expect_eq(sc->heap_rank, rank_of(sc->heap_right) + 1);
    return 1 + count_checked(sc->heap_left, sc) + count_checked(sc->heap_right, sc);
}

static uint64_t earliest(void)
{
    uint64_t first = UINT64_MAX;
    for (unsigned i = 0; i < CONTEXTS; i++)
        if (context[i].in_release_queue && context[i].refill[0].time < first)
            first = context[i].refill[0].time;
    return first;
}

static void start(void)
{
    world_reset();
    memset(context, 0, sizeof(context));
    root = NULL;
    for (unsigned i = 0; i < CONTEXTS; i++)
        context[i].refill_max = context[i].refill_count = 1;
}

TEST(release_queue, the_root_is_the_earliest_whatever_comes_and_goes)
{
    start();
    unsigned count = 0;
    for (unsigned round = 0; round < 20000; round++) {
        struct schedctx *sc = &context[world_random(CONTEXTS)];
        if (sc->in_release_queue) {
            release_queue_remove(&root, sc);
            count--;
        } else {
            sc->refill[0].time = world_random(50);
            release_queue_insert(&root, sc);
            count++;
        }
        expect_eq(count_checked(root, NULL), count);
        if (root)
            expect_eq(root->refill[0].time, earliest());
    }
}

static unsigned spine(const struct schedctx *sc)
{
    unsigned length = 0;
    for (; sc; sc = sc->heap_right)
        length++;
    return length;
}

/* Ascending, descending and random arrival: the walk that an insertion takes stays short. */
TEST(release_queue, right_spines_are_logarithmic)
{
    for (unsigned order = 0; order < 3; order++) {
        start();
        for (unsigned i = 0; i < CONTEXTS; i++) {
            context[i].refill[0].time = order == 0 ? i : order == 1 ? CONTEXTS - i : world_random(1000);
            release_queue_insert(&root, &context[i]);
            expect(spine(root) <= 7); /* log2(64 + 1) */
        }
        uint64_t last = 0;
        while (root) {
            expect(root->refill[0].time >= last);
            last = root->refill[0].time;
            release_queue_remove(&root, root);
        }
    }
}
