#include "core/lookup.h"

#include "core/cpu.h"
#include "object/invocation.h"
#include "object/thread.h"

static struct slot_walk walk_failed(struct lookup_failure failure)
{
    return (struct slot_walk){.failure = failure};
}

static struct slot_walk depth_mismatch(unsigned bits_left, unsigned level)
{
    return walk_failed((struct lookup_failure){
        .type = ABI_LOOKUP_DEPTH_MISMATCH, .bits_left = (uint8_t)bits_left, .bits_found = (uint8_t)level});
}

/* Each CNode takes at least one bit, so there are at most 64 on the way: as many only when none has a guard. */
struct slot_walk lookup_walk(struct cap root, uint64_t address, unsigned bits)
{
    struct cap_slot *slot = NULL;
    struct cap cap = root;
    if (cap_type(cap) != ABI_CAP_TYPE_CNODE)
        return walk_failed(lookup_invalid_root());
    uint64_t rest = address << (64 - bits); /* what is left of the path, at the upper end */
    int left = (int)bits;
    unsigned levels = 0;
    for (;;) {
        while (cap_is_plain_cnode(cap)) {
            unsigned radix = cap_cnode_radix(cap);
            slot = (struct cap_slot *)cap_pointer(cap) + (rest >> (-radix & 63));
            rest <<= radix;
            levels++;
            left -= (int)radix;
            if (left <= 0) {
                if (left < 0)
                    return depth_mismatch((unsigned)left + radix, radix);
                goto found;
            }
            cap = slot->cap;
        }
        if (cap_type(cap) != ABI_CAP_TYPE_CNODE)
            break;
        bits = (unsigned)left;
        unsigned guard_size = cap_cnode_guard_size(cap), level = guard_size + cap_cnode_radix(cap);
        if (guard_size > bits || (guard_size > 0 && rest >> (-guard_size & 63) != cap_cnode_guard(cap)))
            return walk_failed((struct lookup_failure){.type = ABI_LOOKUP_GUARD_MISMATCH,
                                                       .bits_left = (uint8_t)bits,
                                                       .bits_found = (uint8_t)guard_size,
                                                       .guard = cap_cnode_guard(cap)});
        if (level > bits)
            return depth_mismatch(bits, level);
        rest <<= guard_size;
        slot = (struct cap_slot *)cap_pointer(cap) + (rest >> (-cap_cnode_radix(cap) & 63));
        rest <<= cap_cnode_radix(cap);
        left -= (int)level;
        levels++;
        if (left == 0)
            break;
        cap = slot->cap;
    }
found:
    this_cpu()->levels_walked += levels;
    return (struct slot_walk){.slot = slot, .bits_left = (unsigned)left};
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
