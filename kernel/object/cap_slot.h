/*
 * A slot holds one capability and its place in the derivation tree.
 *
 * The tree is kept as one doubly linked list in depth-first order: a capability's descendants stand behind it, without gap.
 *
 *      untyped A ── endpoint E (original) ── copy of E ── E badged 7 (original among 7s) ── copy of it ── tcb T ── ...
 *
 * Which of them are descendants follows from what the capabilities name and from two marks (captree.h). A slot that is in
 * no list is empty. A third mark belongs to the place, whatever is in it: a thread's own slots have it, as the thread keeps
 * beside them what it reads of them all the time.
 */
#pragma once

#include "object/cap.h"

struct cap_slot {
    struct cap cap;
    uint64_t prev_word; /* address of the slot before */
    uint64_t next_word; /* address of the slot behind | marks */
};
static_assert(sizeof(struct cap_slot) == 32, "the interface fixes a slot at 32 bytes");

#define CAP_SLOT_ORIGINAL     1u /* made by retype or issue, or the first with its badge: can be a parent */
#define CAP_SLOT_FIRST_BADGED 2u /* minted with this badge from an unbadged one */
#define CAP_SLOT_OF_THREAD    4u /* the place is one of a thread's own slots */
#define CAP_SLOT_MARKS        7u

static inline struct cap_slot *cap_slot_prev(const struct cap_slot *slot)
{
    return (struct cap_slot *)(uintptr_t)slot->prev_word;
}
static inline struct cap_slot *cap_slot_next(const struct cap_slot *slot)
{
    return (struct cap_slot *)(uintptr_t)(slot->next_word & ~(uint64_t)CAP_SLOT_MARKS);
}
static inline bool cap_slot_is_original(const struct cap_slot *slot)
{
    return slot->next_word & CAP_SLOT_ORIGINAL;
}
static inline bool cap_slot_is_first_badged(const struct cap_slot *slot)
{
    return slot->next_word & CAP_SLOT_FIRST_BADGED;
}
static inline bool cap_slot_is_empty(const struct cap_slot *slot)
{
    return cap_is_null(slot->cap);
}
