/*
 * Address resolution: from a capability address to the slot it names, through guards and radices of the CNodes on the way.
 */
#pragma once

#include "object/cap_slot.h"
#include "object/refusal.h"

struct thread;

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
