#include "core/captree.h"

#include "abi/object.h"
#include "hal/hal.h"
#include "lib/assert.h"
#include "object/thread.h"

static void set_next(struct cap_slot *slot, struct cap_slot *next)
{
    slot->next_word = (slot->next_word & CAP_SLOT_MARKS) | (uintptr_t)next;
}

static void set_prev(struct cap_slot *slot, struct cap_slot *prev)
{
    slot->prev_word = (uintptr_t)prev;
}

/* Fills a slot. Marks of the capability come with `next_word`, that of the place stays. */
static void fill(struct cap_slot *slot, struct cap cap, uint64_t prev_word, uint64_t next_word)
{
    uint64_t of_thread = slot->next_word & CAP_SLOT_OF_THREAD;
    slot->cap = cap;
    slot->prev_word = prev_word;
    slot->next_word = (next_word & ~(uint64_t)CAP_SLOT_OF_THREAD) | of_thread;
    if (UNLIKELY(of_thread))
        thread_slot_changed(slot);
}

static void vacate(struct cap_slot *slot)
{
    fill(slot, CAP_NULL, 0, 0);
}

static void link_behind(struct cap_slot *before, struct cap_slot *slot, struct cap cap, unsigned marks)
{
    assert(cap_slot_is_empty(slot));
    struct cap_slot *after = cap_slot_next(before);
    fill(slot, cap, (uintptr_t)before, (uintptr_t)after | marks);
    set_next(before, slot);
    if (after)
        set_prev(after, slot);
}

/* Whether a capability placed behind `src` is an original of its own: see the table in docs/kernel.md. */
static unsigned marks_of_new(struct cap cap, const struct cap_slot *src)
{
    switch (cap_type(cap)) {
    case ABI_CAP_TYPE_ENDPOINT:
    case ABI_CAP_TYPE_NOTIFICATION:
        return cap_badge(cap) != cap_badge(src->cap) ? CAP_SLOT_ORIGINAL | CAP_SLOT_FIRST_BADGED : 0;
    case ABI_CAP_TYPE_UNTYPED:
        return CAP_SLOT_ORIGINAL;
    case ABI_CAP_TYPE_IRQ_HANDLER:
        return cap_type(src->cap) == ABI_CAP_TYPE_IRQ_CONTROL ? CAP_SLOT_ORIGINAL : 0;
    default:
        return cap_is_arch(cap) && hal_cap_issues(src->cap, cap) ? CAP_SLOT_ORIGINAL : 0;
    }
}

void captree_insert(struct cap_slot *src, struct cap_slot *dst, struct cap cap)
{
    /* Memory named twice: nothing is allocated from the source until the copy is gone and the source was reset. */
    if (cap_type(cap) == ABI_CAP_TYPE_UNTYPED && cap_type(src->cap) == ABI_CAP_TYPE_UNTYPED)
        src->cap = cap_untyped_new(cap_paddr(src->cap), cap_untyped_size_bits(src->cap),
                                   cap_untyped_is_device(src->cap), BIT(cap_untyped_size_bits(src->cap)));
    link_behind(src, dst, cap, marks_of_new(cap, src));
}

void captree_insert_original(struct cap_slot *parent, struct cap_slot *dst, struct cap cap)
{
    link_behind(parent, dst, cap, CAP_SLOT_ORIGINAL);
}

void captree_insert_root(struct cap_slot *dst, struct cap cap)
{
    assert(cap_slot_is_empty(dst));
    fill(dst, cap, 0, CAP_SLOT_ORIGINAL);
}

/* Lets the neighbours of a slot whose node was copied point to it. */
static void adopt_place(struct cap_slot *slot)
{
    struct cap_slot *prev = cap_slot_prev(slot), *next = cap_slot_next(slot);
    if (prev)
        set_next(prev, slot);
    if (next)
        set_prev(next, slot);
}

void captree_move(struct cap_slot *src, struct cap_slot *dst, struct cap cap)
{
    assert(cap_slot_is_empty(dst));
    fill(dst, cap, src->prev_word, src->next_word);
    adopt_place(dst);
    vacate(src);
}

void captree_swap(struct cap_slot *a, struct cap cap_a, struct cap_slot *b, struct cap cap_b)
{
    if (a == b)
        return;
    struct cap_slot old_a = *a, old_b = *b;
    fill(a, cap_b, old_b.prev_word, old_b.next_word);
    fill(b, cap_a, old_a.prev_word, old_a.next_word);
    /* Neighbours of each other: what pointed to the partner must now point to itself's new place. */
    if (cap_slot_prev(&old_a) == b)
        set_prev(b, a);
    if (cap_slot_next(&old_a) == b)
        set_next(b, a);
    if (cap_slot_prev(&old_b) == a)
        set_prev(a, b);
    if (cap_slot_next(&old_b) == a)
        set_next(a, b);
    adopt_place(a);
    adopt_place(b);
}

void captree_remove(struct cap_slot *slot)
{
    struct cap_slot *prev = cap_slot_prev(slot), *next = cap_slot_next(slot);
    if (prev)
        set_next(prev, next);
    if (next)
        set_prev(next, prev);
    /* Copies with this badge that are left must not be taken for children of the badge that stands before them. */
    if (next && cap_slot_is_first_badged(slot))
        next->next_word |= CAP_SLOT_FIRST_BADGED;
    vacate(slot);
}

void captree_replace(struct cap_slot *slot, struct cap cap)
{
    fill(slot, cap, slot->prev_word, slot->next_word);
}

/* The kernel object that an untyped's memory may hold: its physical address; false for capabilities without memory. */
static bool object_memory(struct cap cap, uint64_t *paddr)
{
    switch (cap_type(cap)) {
    case ABI_CAP_TYPE_ENDPOINT:
    case ABI_CAP_TYPE_NOTIFICATION:
    case ABI_CAP_TYPE_REPLY:
    case ABI_CAP_TYPE_CNODE:
    case ABI_CAP_TYPE_TCB:
    case ABI_CAP_TYPE_ZOMBIE:
    case ABI_CAP_TYPE_SCHED_CONTEXT:
        *paddr = hal_paddr(cap_pointer(cap));
        return true;
    case ABI_CAP_TYPE_UNTYPED:
        *paddr = cap_paddr(cap);
        return true;
    default:
        return false;
    }
}

static bool untyped_contains(struct cap untyped, struct cap cap)
{
    uint64_t start = cap_paddr(untyped), paddr;
    unsigned size_bits = cap_untyped_size_bits(untyped);
    if (cap_is_arch(cap))
        return hal_cap_in_region(cap, start, size_bits);
    if (!object_memory(cap, &paddr) || paddr - start > mask_low(size_bits))
        return false;
    return cap_type(cap) != ABI_CAP_TYPE_UNTYPED || cap_untyped_size_bits(cap) <= size_bits;
}

bool cap_same_object(struct cap a, struct cap b)
{
    if (cap_is_arch(a) || cap_is_arch(b))
        return cap_is_arch(a) && cap_is_arch(b) && hal_cap_same_object(a, b);
    unsigned type_a = cap_type(a), type_b = cap_type(b);
    switch (type_a) {
    case ABI_CAP_TYPE_ENDPOINT:
    case ABI_CAP_TYPE_NOTIFICATION:
    case ABI_CAP_TYPE_REPLY:
    case ABI_CAP_TYPE_CNODE:
    case ABI_CAP_TYPE_TCB:
    case ABI_CAP_TYPE_SCHED_CONTEXT:
        return type_a == type_b && cap_pointer(a) == cap_pointer(b);
    case ABI_CAP_TYPE_UNTYPED:
        /* Memory is nobody's object: a region and a copy of it are parent and child, never the same. */
        return false;
    case ABI_CAP_TYPE_IRQ_HANDLER:
        return type_b == type_a && cap_irq_handler_irq(a) == cap_irq_handler_irq(b);
    case ABI_CAP_TYPE_SCHED_CONTROL:
        return type_b == type_a && a.word[1] == b.word[1];
    case ABI_CAP_TYPE_IRQ_CONTROL:
    case ABI_CAP_TYPE_DOMAIN:
        return type_b == type_a;
    default:
        return false; /* null; a zombie is the last capability to its object */
    }
}

/* Whether what is in `slot` covers what `cap` names: the same object, memory inside, or issued by a control. */
static bool covers(const struct cap_slot *slot, struct cap cap)
{
    switch (cap_type(slot->cap)) {
    case ABI_CAP_TYPE_UNTYPED:
        return untyped_contains(slot->cap, cap);
    case ABI_CAP_TYPE_IRQ_CONTROL:
        return cap_type(cap) == ABI_CAP_TYPE_IRQ_CONTROL || cap_type(cap) == ABI_CAP_TYPE_IRQ_HANDLER;
    default:
        return cap_same_object(slot->cap, cap) || (cap_is_arch(slot->cap) && hal_cap_issues(slot->cap, cap));
    }
}

/* Whether the capability behind `slot` is among its descendants, given that all between them are. */
static bool is_ancestor(const struct cap_slot *slot, const struct cap_slot *other)
{
    if (!cap_slot_is_original(slot) || !covers(slot, other->cap))
        return false;
    unsigned type = cap_type(slot->cap);
    if (type != ABI_CAP_TYPE_ENDPOINT && type != ABI_CAP_TYPE_NOTIFICATION)
        return true;
    uint64_t badge = cap_badge(slot->cap);
    return badge == 0 || (badge == cap_badge(other->cap) && !cap_slot_is_first_badged(other));
}

bool captree_has_children(const struct cap_slot *slot)
{
    const struct cap_slot *next = cap_slot_next(slot);
    return next && is_ancestor(slot, next);
}

bool captree_is_final(const struct cap_slot *slot)
{
    const struct cap_slot *prev = cap_slot_prev(slot), *next = cap_slot_next(slot);
    return !(prev && cap_same_object(prev->cap, slot->cap)) && !(next && cap_same_object(slot->cap, next->cap));
}

struct derived_cap cap_derive(const struct cap_slot *slot, struct cap cap)
{
    struct derived_cap derived = {NO_REFUSAL, cap};
    switch (cap_type(cap)) {
    case ABI_CAP_TYPE_UNTYPED:
        if (captree_has_children(slot))
            derived.refusal = refuse(ABI_ERROR_REVOKE_FIRST);
        break;
    case ABI_CAP_TYPE_IRQ_CONTROL:
    case ABI_CAP_TYPE_ZOMBIE:
        derived.cap = CAP_NULL;
        break;
    default:
        if (cap_is_arch(cap))
            derived.cap = hal_cap_derive(cap);
        break;
    }
    if (refused(derived.refusal))
        derived.cap = CAP_NULL;
    return derived;
}

struct cap cap_mask_rights(struct cap cap, struct rights rights)
{
    struct rights kept = {cap_rights(cap).bits & rights.bits};
    switch (cap_type(cap)) {
    case ABI_CAP_TYPE_ENDPOINT:
        return cap_endpoint_new(cap_pointer(cap), kept, cap_badge(cap));
    case ABI_CAP_TYPE_NOTIFICATION:
        return cap_notification_new(cap_pointer(cap), kept, cap_badge(cap));
    case ABI_CAP_TYPE_REPLY:
        return cap_reply_new(cap_pointer(cap), kept.bits & RIGHT_GRANT);
    default:
        return cap_is_arch(cap) ? hal_cap_mask_rights(cap, rights) : cap;
    }
}

struct cap cap_update_data(struct cap cap, bool preserve, uint64_t data)
{
    switch (cap_type(cap)) {
    case ABI_CAP_TYPE_ENDPOINT:
        if (preserve || cap_badge(cap) != 0)
            return CAP_NULL;
        return cap_endpoint_new(cap_pointer(cap), cap_rights(cap), data);
    case ABI_CAP_TYPE_NOTIFICATION:
        if (preserve || cap_badge(cap) != 0)
            return CAP_NULL;
        return cap_notification_new(cap_pointer(cap), cap_rights(cap), data);
    case ABI_CAP_TYPE_CNODE:
        if ((data & 63) + cap_cnode_radix(cap) > 64)
            return CAP_NULL;
        return cap_cnode_new(cap_pointer(cap), cap_cnode_radix(cap), data);
    default:
        return cap;
    }
}
