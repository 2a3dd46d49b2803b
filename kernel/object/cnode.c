#include "object/cnode.h"

#include "core/captree.h"
#include "object/endpoint.h"

static struct refusal refuse_empty_source(uint64_t depth)
{
    return refuse_lookup(true, lookup_missing_capability((unsigned)depth));
}

/* --- copy, mint, move, mutate ---------------------------------------------------------------------------------------- */

/* The capability that copy or mint puts into the destination. */
static struct derived_cap make_copy(const struct cap_slot *src, struct cap cap)
{
    if (cap_is_null(cap))
        return (struct derived_cap){.refusal = refuse(ABI_ERROR_ILLEGAL_OPERATION)};
    struct derived_cap derived = cap_derive(src, cap);
    if (!refused(derived.refusal) && cap_is_null(derived.cap))
        derived.refusal = refuse(ABI_ERROR_ILLEGAL_OPERATION);
    return derived;
}

static struct refusal copy(struct cap_slot *src, struct cap_slot *dst, struct cap cap)
{
    struct derived_cap derived = make_copy(src, cap);
    if (refused(derived.refusal))
        return derived.refusal;
    captree_insert(src, dst, derived.cap);
    return NO_REFUSAL;
}

static struct refusal move(struct cap_slot *src, struct cap_slot *dst, struct cap cap)
{
    if (cap_is_null(cap))
        return refuse(ABI_ERROR_ILLEGAL_OPERATION);
    captree_move(src, dst, cap);
    return NO_REFUSAL;
}

static struct refusal transfer(struct invocation *invocation, struct cap_slot *dst)
{
    if (invocation->length < 4 || invocation->extra_count < 1)
        return refuse(ABI_ERROR_TRUNCATED_MESSAGE);
    if (!cap_slot_is_empty(dst))
        return refuse(ABI_ERROR_DELETE_FIRST);
    uint64_t src_depth = invocation_word(invocation, 3);
    struct slot_lookup source =
        slot_lookup(invocation_extra_cap(invocation, 0), invocation_word(invocation, 2), src_depth, true);
    if (refused(source.refusal))
        return source.refusal;
    struct cap_slot *src = source.slot;
    if (cap_slot_is_empty(src))
        return refuse_empty_source(src_depth);

    unsigned words_needed = invocation->label == ABI_LABEL_CNODE_MOVE   ? 4
                            : invocation->label == ABI_LABEL_CNODE_MINT ? 6
                                                                        : 5;
    if (invocation->length < words_needed)
        return refuse(ABI_ERROR_TRUNCATED_MESSAGE);
    switch (invocation->label) {
    case ABI_LABEL_CNODE_COPY:
        return copy(src, dst, cap_mask_rights(src->cap, rights_from_word(invocation_word(invocation, 4))));
    case ABI_LABEL_CNODE_MINT: {
        struct cap masked = cap_mask_rights(src->cap, rights_from_word(invocation_word(invocation, 4)));
        return copy(src, dst, cap_update_data(masked, false, invocation_word(invocation, 5)));
    }
    case ABI_LABEL_CNODE_MOVE:
        return move(src, dst, src->cap);
    default:
        return move(src, dst, cap_update_data(src->cap, true, invocation_word(invocation, 4)));
    }
}

/* --- rotate ------------------------------------------------------------------------------------------------------------- */

static struct refusal rotate(struct invocation *invocation, struct cap_slot *dst)
{
    if (invocation->length < 8 || invocation->extra_count < 2)
        return refuse(ABI_ERROR_TRUNCATED_MESSAGE);
    uint64_t pivot_depth = invocation_word(invocation, 4), src_depth = invocation_word(invocation, 7);
    struct slot_lookup source =
        slot_lookup(invocation_extra_cap(invocation, 1), invocation_word(invocation, 6), src_depth, true);
    if (refused(source.refusal))
        return source.refusal;
    struct slot_lookup middle =
        slot_lookup(invocation_extra_cap(invocation, 0), invocation_word(invocation, 3), pivot_depth, true);
    if (refused(middle.refusal))
        return middle.refusal;
    struct cap_slot *src = source.slot, *pivot = middle.slot;
    if (pivot == src || pivot == dst)
        return refuse(ABI_ERROR_ILLEGAL_OPERATION);
    if (src != dst && !cap_slot_is_empty(dst))
        return refuse(ABI_ERROR_DELETE_FIRST);
    if (cap_slot_is_empty(src))
        return refuse_empty_source(src_depth);
    if (cap_slot_is_empty(pivot))
        return refuse_lookup(false, lookup_missing_capability((unsigned)pivot_depth));
    struct cap new_src = cap_update_data(src->cap, true, invocation_word(invocation, 5));
    struct cap new_pivot = cap_update_data(pivot->cap, true, invocation_word(invocation, 2));
    if (cap_is_null(new_src) || cap_is_null(new_pivot))
        return refuse(ABI_ERROR_ILLEGAL_OPERATION);

    if (src == dst) {
        captree_swap(src, new_src, pivot, new_pivot);
    } else {
        captree_move(pivot, dst, new_pivot);
        captree_move(src, pivot, new_src);
    }
    return NO_REFUSAL;
}

/* --- revoke, delete, cancel badged sends ----------------------------------------------------------------------------------- */

static struct refusal cancel_badged_sends(struct cap_slot *slot, uint32_t *progress)
{
    struct cap cap = slot->cap;
    if (cap_type(cap) != ABI_CAP_TYPE_ENDPOINT || cap_rights(cap).bits != RIGHTS_ALL.bits)
        return refuse(ABI_ERROR_ILLEGAL_OPERATION);
    if (cap_badge(cap) == 0)
        return NO_REFUSAL;
    return endpoint_cancel_badged(cap_pointer(cap), cap_badge(cap), progress);
}

struct refusal cnode_invoke(struct invocation *invocation)
{
    if (invocation->label < ABI_LABEL_CNODE_REVOKE || invocation->label > ABI_LABEL_CNODE_ROTATE)
        return refuse(ABI_ERROR_ILLEGAL_OPERATION);
    if (invocation->length < 2)
        return refuse(ABI_ERROR_TRUNCATED_MESSAGE);
    struct slot_lookup target =
        slot_lookup(invocation->cap, invocation_word(invocation, 0), invocation_word(invocation, 1), false);
    if (refused(target.refusal))
        return target.refusal;
    switch (invocation->label) {
    case ABI_LABEL_CNODE_REVOKE:
        return cap_revoke(target.slot);
    case ABI_LABEL_CNODE_DELETE:
        return cap_delete(target.slot);
    case ABI_LABEL_CNODE_CANCEL_BADGED_SENDS:
        return cancel_badged_sends(target.slot, &invocation->progress);
    case ABI_LABEL_CNODE_ROTATE:
        return rotate(invocation, target.slot);
    default:
        return transfer(invocation, target.slot);
    }
}
