/*
 * Memory budgets: untyped memory that a domain cuts into objects as it likes, and numbers known at boot that programs ask
 * for. init makes the pieces once; at each start of the domain all of a piece is given out anew.
 */
#pragma once

#include "init/system.h"

/* Slots that a domain's budget takes. */
uint64_t budget_slots(const struct description_domain *domain);

/*
 * Makes the piece of 2^size_bits bytes that a budget with a size has, if it has one; all RAM that is left, for the domain
 * that gets that. init_fail if there is no memory.
 */
void budget_make(struct domain_record *domain, uint32_t size_bits);
void budget_make_rest(struct domain_record *domain);

/* Gives the domain's capability space the pieces, and writes what they are into its component page `page`. */
bool budget_give(const struct domain_record *domain);
void budget_describe(const struct domain_record *domain, void *page);

/* Takes the pieces, and all that was made of them, away. */
void budget_take_back(const struct domain_record *domain);

/* Writes addresses and sizes of regions, and of budgets, into the programs that ask for them. */
void patches_apply(char *base, const struct description_patch *patches, uint32_t count);

/* What the domain's budget has in all. */
uint64_t budget_bytes(const struct domain_record *domain);

/* How much memory the domain's device reaches: what its program is told the addresses of. */
uint64_t dma_bytes(const struct description_domain *description);
