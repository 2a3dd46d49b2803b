/*
 * Address resolution: from a capability address to the slot it names, through guards and radices of the CNodes on the way.
 */
#pragma once

#include "object/refusal.h"
#include "object/thread.h"

/* Where a walk from a CNode capability ended. */
struct slot_walk {
    struct lookup_failure failure; /* type ABI_LOOKUP_NONE: `slot` is valid */
    struct cap_slot *slot;
    unsigned bits_left; /* not used up at the slot, which then holds no CNode */
};

/* Resolves the low `bits` (1..64) of `address` from `root`. */
struct slot_walk lookup_walk(struct cap root, uint64_t address, unsigned bits);

struct cap_lookup {
    struct lookup_failure failure;
    struct cap_slot *slot;
};

/* For system calls: 64 bits from the thread's CSpace; bits left over at a slot are ignored. */
struct cap_lookup lookup_cap(const struct thread *thread, uint64_t address);

/* The same where the root alone resolves the address, as it mostly does; null: lookup_cap knows. */
static inline struct cap_slot *lookup_in_root(const struct thread *thread, uint64_t address)
{
    uint64_t index = address ^ thread->slot[THREAD_SLOT_CSPACE].cap.word[1];
    return LIKELY(index < thread->cspace_size) ? thread->cspace + index : NULL;
}
