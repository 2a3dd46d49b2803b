/* Slots and the capabilities in them: where an address leads, who is whose parent, what a copy is. */
#include "internal.h"

/* --- answers -------------------------------------------------------------------------------------------------------- */

struct answer done(void)
{
    return (struct answer){.error = ERROR_NONE};
}
struct answer fail(enum model_error error)
{
    return (struct answer){.error = error};
}
struct answer fail_with(enum model_error error, uint64_t word)
{
    return (struct answer){.error = error, .count = 1, .word = {word}};
}
struct answer fail_range(uint64_t low, uint64_t high)
{
    return (struct answer){.error = ERROR_RANGE, .count = 2, .word = {low, high}};
}
struct answer fail_lookup(bool is_source, struct model_failure failure)
{
    struct answer answer = {
        .error = ERROR_FAILED_LOOKUP, .count = 2 + failure.count, .word = {is_source, failure.type}};
    for (unsigned i = 0; i < failure.count; i++)
        answer.word[2 + i] = failure.word[i];
    return answer;
}

/* --- address resolution --------------------------------------------------------------------------------------------- */

struct model_failure lookup_failure(enum model_lookup_failure type, unsigned count, uint64_t a, uint64_t b, uint64_t c)
{
    return (struct model_failure){type, count, {a, b, c}};
}

/* `count` bits of `address` from bit `low` on. */
static uint64_t bits_of(uint64_t address, unsigned low, unsigned count)
{
    uint64_t bits = 0;
    for (unsigned i = 0; i < count; i++)
        bits |= (address >> (low + i) & 1) << i;
    return bits;
}

struct found resolve(struct model_cap root, uint64_t address, unsigned bits)
{
    if (root.kind != KIND_CNODE)
        return (struct found){.failure = lookup_failure(LOOKUP_INVALID_ROOT, 0, 0, 0, 0)};
    unsigned guard_bits = root.guard_bits, radix = root.object->radix;
    if (guard_bits > bits || bits_of(address, bits - guard_bits, guard_bits) != root.guard)
        return (struct found){.failure = lookup_failure(LOOKUP_GUARD, 3, bits, root.guard, guard_bits)};
    if (guard_bits + radix > bits)
        return (struct found){.failure = lookup_failure(LOOKUP_DEPTH, 2, bits, guard_bits + radix, 0)};
    bits -= guard_bits + radix;
    struct model_slot *slot = &root.object->slot[bits_of(address, bits, radix)];
    if (bits > 0 && slot->cap.kind == KIND_CNODE)
        return resolve(slot->cap, address, bits);
    return (struct found){.slot = slot, .bits_left = bits};
}

struct found resolve_cap(const struct model_thread *thread, uint64_t address)
{
    return resolve(thread->object->slot[SLOT_CSPACE].cap, address, 64);
}

struct model_slot *model_find(const struct model_thread *thread, uint64_t address)
{
    return resolve_cap(thread, address).slot;
}

struct found_slot find_slot(struct model_cap root, uint64_t index, uint64_t depth, bool is_source)
{
    if (root.kind != KIND_CNODE)
        return (struct found_slot){fail_lookup(is_source, lookup_failure(LOOKUP_INVALID_ROOT, 0, 0, 0, 0)), NULL};
    if (depth < 1 || depth > 64)
        return (struct found_slot){fail_range(1, 64), NULL};
    struct found found = resolve(root, index, (unsigned)depth);
    if (found.slot && found.bits_left > 0)
        found = (struct found){.failure = lookup_failure(LOOKUP_DEPTH, 2, found.bits_left, 0, 0)};
    if (!found.slot)
        return (struct found_slot){fail_lookup(is_source, found.failure), NULL};
    return (struct found_slot){done(), found.slot};
}

struct found_slot find_empty_slot(struct model_cap root, uint64_t index, uint64_t depth)
{
    struct found_slot found = find_slot(root, index, depth, false);
    if (found.slot && !slot_is_empty(found.slot))
        return (struct found_slot){fail(ERROR_DELETE_FIRST), NULL};
    return found;
}

/* --- the tree ------------------------------------------------------------------------------------------------------- */

/* Links `slot` in as a child of `parent` (null: nobody's) right behind `before` (null: first). */
static void link_child(struct model_slot *parent, struct model_slot *before, struct model_slot *slot)
{
    slot->parent = parent;
    slot->prev = before;
    slot->next = before ? before->next : parent ? parent->first_child : NULL;
    if (slot->next)
        slot->next->prev = slot;
    if (before)
        before->next = slot;
    else if (parent)
        parent->first_child = slot;
}

static void unlink_child(struct model_slot *slot)
{
    if (slot->prev)
        slot->prev->next = slot->next;
    else if (slot->parent)
        slot->parent->first_child = slot->next;
    if (slot->next)
        slot->next->prev = slot->prev;
}

void model_slot_root(struct model_slot *slot, struct model_cap cap)
{
    *slot = (struct model_slot){.cap = cap, .can_be_parent = true};
}

void tree_add_child(struct model_slot *parent, struct model_slot *slot, struct model_cap cap)
{
    *slot = (struct model_slot){.cap = cap, .can_be_parent = true};
    link_child(parent, NULL, slot);
}

static bool has_badge(struct model_cap cap)
{
    return cap.kind == KIND_ENDPOINT || cap.kind == KIND_NOTIFICATION;
}

void tree_copy(struct model_slot *from, struct model_slot *to, struct model_cap cap)
{
    bool is_untyped = cap.kind == KIND_UNTYPED;
    bool is_first_with_badge = has_badge(cap) && cap.badge != from->cap.badge;
    *to = (struct model_slot){.cap = cap, .can_be_parent = is_untyped || is_first_with_badge};
    if (is_untyped)
        from->cap.watermark = UINT64_C(1) << from->cap.size_bits;
    if (from->can_be_parent)
        link_child(from, NULL, to);
    else
        link_child(from->parent, from, to);
}

void model_slot_copy(struct model_slot *from, struct model_slot *to)
{
    tree_copy(from, to, from->cap);
}

/* All that names the slot as neighbour, parent or child names `to` now, to which it was copied. */
static void repoint(const struct model_slot *from, struct model_slot *to)
{
    if (to->prev)
        to->prev->next = to;
    else if (to->parent && to->parent->first_child == from)
        to->parent->first_child = to;
    if (to->next)
        to->next->prev = to;
    for (struct model_slot *child = to->first_child; child; child = child->next)
        child->parent = to;
}

void tree_move(struct model_slot *from, struct model_slot *to, struct model_cap cap)
{
    *to = *from;
    to->cap = cap;
    repoint(from, to);
    *from = (struct model_slot){0};
}

void tree_swap(struct model_slot *a, struct model_cap new_a, struct model_slot *b, struct model_cap new_b)
{
    struct model_slot aside = {0};
    if (a == b)
        return;
    tree_move(a, &aside, a->cap);
    tree_move(b, a, new_b);
    tree_move(&aside, b, new_a);
}

void tree_remove(struct model_slot *slot)
{
    struct model_slot *place = slot;
    /* Its children take its place. */
    while (slot->first_child) {
        struct model_slot *child = slot->first_child;
        unlink_child(child);
        link_child(slot->parent, place, child);
        place = child;
    }
    unlink_child(slot);
    *slot = (struct model_slot){0};
}

bool model_has_children(const struct model_slot *slot)
{
    return slot->first_child != NULL;
}

/* --- objects -------------------------------------------------------------------------------------------------------- */

bool same_object(struct model_cap a, struct model_cap b)
{
    if (a.kind != b.kind)
        return false;
    switch (a.kind) {
    case KIND_NULL:
    case KIND_UNTYPED:
        return false;
    case KIND_IRQ_HANDLER:
    case KIND_SCHED_CONTROL:
        return a.number == b.number;
    case KIND_IO_PORT:
        return a.number == b.number && a.last == b.last;
    default:
        return a.object == b.object;
    }
}

/* Counts the capabilities to the same object as `cap`, everywhere. */
static unsigned count_of(struct model *model, struct model_cap cap)
{
    unsigned count = 0;
    for (unsigned i = 0; i < model->object_count; i++)
        for (unsigned j = 0; model->object[i].is_alive && j < model->object[i].slot_count; j++)
            count += model->object[i].slot[j].cap.kind == cap.kind && same_object(model->object[i].slot[j].cap, cap);
    for (unsigned i = 0; i < MODEL_IRQS; i++)
        count += same_object(model->irq[i].notification.cap, cap);
    return count;
}

bool model_is_last(struct model *model, const struct model_slot *slot)
{
    return count_of(model, slot->cap) <= 1;
}

struct model_cap mask_rights(struct model_cap cap, unsigned rights)
{
    cap.rights &= rights;
    /* A frame that may not be read may not be written either. */
    if (cap.kind == KIND_FRAME && !(cap.rights & MAY_READ))
        cap.rights = 0;
    return cap;
}

struct model_cap apply_data(struct model_cap cap, bool keeps_badge, uint64_t data)
{
    static const struct model_cap none = {.kind = KIND_NULL};
    if (has_badge(cap)) {
        if (keeps_badge || cap.badge != 0)
            return none;
        cap.badge = data;
    } else if (cap.kind == KIND_CNODE) {
        unsigned guard_bits = data % 64;
        if (guard_bits + cap.object->radix > 64)
            return none;
        cap.guard_bits = guard_bits;
        cap.guard = bits_of(data / 64, 0, guard_bits);
    }
    return cap;
}

struct copied copy_of(const struct model_slot *slot, struct model_cap cap)
{
    struct copied copied = {done(), cap};
    switch (cap.kind) {
    case KIND_UNTYPED:
        if (model_has_children(slot))
            copied.answer = fail(ERROR_REVOKE_FIRST);
        break;
    case KIND_IRQ_CONTROL:
    case KIND_IO_PORT_CONTROL:
        copied.cap.kind = KIND_NULL;
        break;
    case KIND_PAGE_TABLE:
    case KIND_PAGE_DIRECTORY:
    case KIND_PDPT:
    case KIND_PML4:
        if (!cap.is_mapped)
            copied.cap.kind = KIND_NULL;
        break;
    default:
        break;
    }
    return copied;
}
