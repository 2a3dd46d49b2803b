#include "core/release_queue.h"

#include "lib/assert.h"

/*
 * Leftist: the rank (length of the right spine) of a left child is never less than that of the right, so right spines are at
 * most log2(n + 1) long. Merging walks down right spines; removing mends ranks upward, and stops where a rank does not change.
 */
static uint8_t rank(const struct schedctx *sc)
{
    return sc ? sc->heap_rank : 0;
}

static bool is_before(struct schedctx *a, struct schedctx *b)
{
    return schedctx_head(a)->time < schedctx_head(b)->time;
}

static void set_right(struct schedctx *sc, struct schedctx *child)
{
    sc->heap_right = child;
    if (child)
        child->heap_parent = sc;
}

/* Puts the higher rank on the left and computes the rank; says whether that changed. */
static bool mend(struct schedctx *sc)
{
    if (rank(sc->heap_left) < rank(sc->heap_right)) {
        struct schedctx *left = sc->heap_left;
        sc->heap_left = sc->heap_right;
        sc->heap_right = left;
    }
    uint8_t old = sc->heap_rank;
    sc->heap_rank = (uint8_t)(rank(sc->heap_right) + 1);
    return sc->heap_rank != old;
}

static struct schedctx *merge(struct schedctx *a, struct schedctx *b)
{
    if (!a || !b)
        return a ? a : b;
    if (is_before(b, a)) {
        struct schedctx *swap = a;
        a = b;
        b = swap;
    }
    struct schedctx *root = a;
    /* Down: hang the later heap into the right spine of the earlier, node by node. */
    while (a->heap_right) {
        struct schedctx *right = a->heap_right;
        if (is_before(b, right)) {
            set_right(a, b);
            b = right;
        }
        a = a->heap_right;
    }
    set_right(a, b);
    /* Up again: the spine's ranks, all of them. */
    for (struct schedctx *node = a;; node = node->heap_parent) {
        mend(node);
        if (node == root)
            return root;
    }
}

void release_queue_insert(struct schedctx **root, struct schedctx *sc)
{
    assert(!sc->in_release_queue);
    sc->heap_left = sc->heap_right = sc->heap_parent = NULL;
    sc->heap_rank = 1;
    sc->in_release_queue = true;
    *root = merge(*root, sc);
    (*root)->heap_parent = NULL;
}

void release_queue_remove(struct schedctx **root, struct schedctx *sc)
{
    assert(sc->in_release_queue);
    struct schedctx *parent = sc->heap_parent;
    struct schedctx *rest = merge(sc->heap_left, sc->heap_right);
    if (rest)
        rest->heap_parent = parent;
    if (!parent) {
        *root = rest;
    } else {
        if (parent->heap_left == sc)
            parent->heap_left = rest;
        else
            parent->heap_right = rest;
        while (parent && mend(parent))
            parent = parent->heap_parent;
    }
    sc->heap_left = sc->heap_right = sc->heap_parent = NULL;
    sc->in_release_queue = false;
}
