#include "core/lookup.h"

#include "object/invocation.h"
#include "object/thread.h"

static struct slot_walk walk_failed(struct lookup_failure failure)
{
    return (struct slot_walk){.failure = failure};
}

struct slot_walk lookup_walk(struct cap root, uint64_t address, unsigned bits)
{
    struct cap cap = root;
    if (cap_type(cap) != ABI_CAP_TYPE_CNODE)
        return walk_failed(lookup_invalid_root());
    for (;;) {
        unsigned guard_size = cap_cnode_guard_size(cap), radix = cap_cnode_radix(cap);
        uint64_t rest = address & mask_low(bits);
        if (guard_size > bits || (guard_size > 0 && rest >> (bits - guard_size) != cap_cnode_guard(cap)))
            return walk_failed((struct lookup_failure){.type = ABI_LOOKUP_GUARD_MISMATCH,
                                                       .bits_left = (uint8_t)bits,
                                                       .bits_found = (uint8_t)guard_size,
                                                       .guard = cap_cnode_guard(cap)});
        unsigned level = guard_size + radix;
        if (level > bits)
            return walk_failed((struct lookup_failure){
                .type = ABI_LOOKUP_DEPTH_MISMATCH, .bits_left = (uint8_t)bits, .bits_found = (uint8_t)level});
        bits -= level;
        struct cap_slot *slot = (struct cap_slot *)cap_pointer(cap) + ((rest >> bits) & mask_low(radix));
        if (bits == 0 || cap_type(slot->cap) != ABI_CAP_TYPE_CNODE)
            return (struct slot_walk){.slot = slot, .bits_left = bits};
        cap = slot->cap; /* each CNode takes at least one bit: at most 64 steps */
    }
}

struct cap_lookup lookup_cap(const struct thread *thread, uint64_t address)
{
    struct cap_slot *slot = lookup_in_root(thread, address);
    if (LIKELY(slot != NULL))
        return (struct cap_lookup){.slot = slot};
    struct slot_walk walk = lookup_walk(thread->slot[THREAD_SLOT_CSPACE].cap, address, 64);
    return (struct cap_lookup){walk.failure, walk.slot};
}

struct slot_lookup slot_lookup(struct cap root, uint64_t index, uint64_t depth, bool is_source)
{
    if (cap_type(root) != ABI_CAP_TYPE_CNODE)
        return (struct slot_lookup){.refusal = refuse_lookup(is_source, lookup_invalid_root())};
    if (depth < 1 || depth > 64)
        return (struct slot_lookup){.refusal = refuse_range(1, 64)};
    struct slot_walk walk = lookup_walk(root, index, (unsigned)depth);
    if (walk.failure.type == ABI_LOOKUP_NONE && walk.bits_left > 0)
        walk.failure = (struct lookup_failure){.type = ABI_LOOKUP_DEPTH_MISMATCH, .bits_left = (uint8_t)walk.bits_left};
    if (walk.failure.type != ABI_LOOKUP_NONE)
        return (struct slot_lookup){.refusal = refuse_lookup(is_source, walk.failure)};
    return (struct slot_lookup){.refusal = NO_REFUSAL, .slot = walk.slot};
}

struct slot_lookup slot_lookup_empty(struct cap root, uint64_t index, uint64_t depth)
{
    struct slot_lookup found = slot_lookup(root, index, depth, false);
    if (!refused(found.refusal) && !cap_slot_is_empty(found.slot))
        found.refusal = refuse(ABI_ERROR_DELETE_FIRST);
    return found;
}
