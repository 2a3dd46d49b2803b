/*
 * The derivation tree: who came from whom, what a revoke takes along (object/cap_slot.h has the picture).
 *
 * A is an ancestor of B behind it when A is an original and B names the same object (or lies in A's memory, or was issued by
 * A's control); among badged endpoint and notification capabilities only when A is unbadged or both have the same badge and
 * B is not the first with it.
 */
#pragma once

#include "object/cap_slot.h"
#include "object/refusal.h"

/* Puts `cap` into the empty `dst` right behind `src` as its copy or child; marks follow from the two capabilities. */
void captree_insert(struct cap_slot *src, struct cap_slot *dst, struct cap cap);
/* Puts a new object's capability into the empty `dst` as an original child of `parent`. */
void captree_insert_original(struct cap_slot *parent, struct cap_slot *dst, struct cap cap);
/* Puts a capability without parent into the empty `dst` (boot only). */
void captree_insert_root(struct cap_slot *dst, struct cap cap);
/* Moves a place in the tree, with `cap` as the new content, to the empty `dst`; `src` is empty afterwards. */
void captree_move(struct cap_slot *src, struct cap_slot *dst, struct cap cap);
/* Exchanges two places; each capability is given anew, `cap_a` goes to slot `b` and `cap_b` to slot `a`. */
void captree_swap(struct cap_slot *a, struct cap cap_a, struct cap_slot *b, struct cap cap_b);
/* Puts another capability in the same place of the tree. */
void captree_replace(struct cap_slot *slot, struct cap cap);
/* Takes the slot out of the tree and empties it. */
void captree_remove(struct cap_slot *slot);

bool captree_has_children(const struct cap_slot *slot);
/* No other capability names the object. */
bool captree_is_final(const struct cap_slot *slot);

/* Whether a and b name the same object. */
bool cap_same_object(struct cap a, struct cap b);

/* The capability a copy of the one in `slot` would be : refused with RevokeFirst for an untyped with children; null when no
 * copy can exist (the caller refuses with IllegalOperation). */
struct derived_cap {
    struct refusal refusal;
    struct cap cap;
};
struct derived_cap cap_derive(const struct cap_slot *slot, struct cap cap);

/* Copies masked by `rights`; types without rights are returned unchanged. */
struct cap cap_mask_rights(struct cap cap, struct rights rights);
/* The data word of Mint (preserve false) or Mutate and Rotate (preserve true); null when it cannot be applied. */
struct cap cap_update_data(struct cap cap, bool preserve, uint64_t data);

/*
 * Deletes: empties the slot, destroying the object when this was its last capability. Revokes: deletes all descendants.
 * PREEMPTED means: what was done stands, issue the call again.
 */
struct refusal cap_delete(struct cap_slot *slot);
struct refusal cap_revoke(struct cap_slot *slot);
