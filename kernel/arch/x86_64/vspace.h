/*
 * Address spaces: who has which ASID, which one the processor uses, and what it may have cached of them.
 *
 * An address space is a PML4 whose ASID leads back to it: only then may it be loaded. What is to be loaded for a PML4 is kept
 * in the PML4 itself, as its space word: the root word, rotated so that the processor takes the entry for one that is not
 * present. A PML4 without ASID has the kernel's own space's word there. Threads keep a pointer to the word
 * (struct thread, space), the processor's state a copy of it (struct machine_cpu, loaded_space).
 *
 * Without process contexts the processor forgets all users' translations at each change of address space, so that only
 * those of the loaded one can be stale. With them, those of another context are dropped by loading its root once without
 * bit 63.
 */
#pragma once

#include "arch/x86_64/arch_cap.h"
#include "arch/x86_64/machine_state.h"
#include "arch/x86_64/page_entry.h"
#include "machine/switch.h"
#include "object/refusal.h"

/* Where the root word of an ASID is kept; null when its pool does not exist. The word is 0 when the ASID is free. */
static inline uint64_t *asid_root_word(unsigned asid)
{
    uint64_t *pool = machine_state.asid_table.pool[(asid >> ABI_ASID_POOL_INDEX_BITS) & (ABI_NUM_ASID_POOLS - 1)];
    return pool ? &pool[asid & (ASID_POOL_ENTRIES - 1)] : NULL;
}
/* The root word of an ASID, 0 when it has no address space. */
static inline uint64_t asid_root(unsigned asid)
{
    const uint64_t *word = asid_root_word(asid);
    return word ? *word : 0;
}

/* Where the root word of a PML4 capability's address space is kept; null unless the capability is up to date. */
static inline uint64_t *vspace_root_word(struct cap cap)
{
    if (!cap_is_assigned_pml4(cap))
        return NULL;
    uint64_t *word = asid_root_word(cap_mapped_asid(cap));
    return word && *word && page_entry_address(*word) == cap_paddr(cap) ? word : NULL;
}

/* Where the PML4 at `paddr` keeps its space word. */
static inline uint64_t *vspace_word(uint64_t paddr)
{
    return (uint64_t *)hal_window(paddr) + PML4_SPACE_INDEX;
}

/* Why `cap`, a PML4 with an ASID, extra capability 1 of an invocation, is no usable address space; NO_REFUSAL if it is. */
struct refusal vspace_check(struct cap cap);

/* Gives the PML4 at `paddr` a free ASID; the caller saw that the word in the pool is 0. */
void vspace_assign(unsigned asid, uint64_t paddr);
/* The address space at `root` (root word) has no ASID any more: it is not loaded again. */
void vspace_forget(uint64_t root);
/* The PML4 goes away: its ASID is free again, and the processor leaves it at once. */
void vspace_destroy(struct cap pml4);
/* Something mapped at `address`, or anything, in the space with this ASID changed: no stale translation will be used. */
void vspace_drop_page(unsigned asid, uint64_t address);
void vspace_drop_all(unsigned asid);

/* Takes the page tables that boot made as the kernel's own space; once, before any other of these. */
void vspace_init(void);
