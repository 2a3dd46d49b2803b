#include "arch/x86_64/arch_object.h"
#include "arch/x86_64/vspace.h"
#include "core/captree.h"
#include "core/preempt.h"
#include "lib/assert.h"

/* Makes address space numbers from an untyped of one page: MakePool(index, depth), capabilities 1: untyped, 2: root. */
static struct refusal asid_control_make_pool(struct invocation *invocation)
{
    if (invocation_is_truncated(invocation, ABI_LABEL_X86_ASID_CONTROL_MAKE_POOL_WORDS,
                                ABI_LABEL_X86_ASID_CONTROL_MAKE_POOL_CAPS))
        return refuse(ABI_ERROR_TRUNCATED_MESSAGE);
    struct asid_table *table = &machine_state.asid_table;
    uint64_t index = invocation_word(invocation, 0), depth = invocation_word(invocation, 1);
    struct cap_slot *memory = invocation->extra[0];
    struct cap untyped = memory->cap;

    unsigned number = 0;
    while (number < ABI_NUM_ASID_POOLS && table->pool[number])
        number++;
    if (number == ABI_NUM_ASID_POOLS)
        return refuse(ABI_ERROR_DELETE_FIRST);
    if (cap_type(untyped) != ABI_CAP_TYPE_UNTYPED || cap_untyped_size_bits(untyped) != ABI_ASID_POOL_BITS ||
        cap_untyped_is_device(untyped))
        return refuse_number(ABI_ERROR_INVALID_CAPABILITY, 1);
    if (captree_has_children(memory))
        return refuse(ABI_ERROR_REVOKE_FIRST);
    struct slot_lookup destination = slot_lookup_empty(invocation_extra_cap(invocation, 1), index, depth);
    if (refused(destination.refusal))
        return destination.refusal;

    uint64_t paddr = cap_paddr(untyped), half = BIT(ABI_ASID_POOL_BITS) / 2;
    hal_clear(hal_window(paddr), half);
    hal_clear(hal_window(paddr + half), half);
    memory->cap = cap_untyped_new(paddr, ABI_ASID_POOL_BITS, false, BIT(ABI_ASID_POOL_BITS));
    table->pool[number] = hal_window(paddr);
    captree_insert_original(memory, destination.slot, cap_asid_pool_new(paddr, number));
    return NO_REFUSAL;
}

struct refusal asid_control_invoke(struct invocation *invocation)
{
    if (invocation->label == ABI_LABEL_X86_ASID_CONTROL_MAKE_POOL)
        return asid_control_make_pool(invocation);
    return refuse(ABI_ERROR_ILLEGAL_OPERATION);
}

/* Gives an address space (capability 1) a number of this pool. */
static struct refusal asid_pool_assign(struct invocation *invocation)
{
    if (invocation_is_truncated(invocation, ABI_LABEL_X86_ASID_POOL_ASSIGN_WORDS, ABI_LABEL_X86_ASID_POOL_ASSIGN_CAPS))
        return refuse(ABI_ERROR_TRUNCATED_MESSAGE);
    struct cap_slot *slot = invocation->extra[0];
    struct cap space = slot->cap;
    unsigned number = cap_asid_pool_number(invocation->cap);
    const uint64_t *pool = machine_state.asid_table.pool[number];

    if (cap_type(space) != ABI_CAP_TYPE_PML4 || cap_is_mapped(space))
        return refuse_number(ABI_ERROR_INVALID_CAPABILITY, 1);
    if (!pool)
        return refuse_lookup(false, lookup_invalid_root());
    if (pool != hal_window(cap_paddr(invocation->cap)))
        return refuse_number(ABI_ERROR_INVALID_CAPABILITY, 0);
    unsigned index = number == 0 ? 1 : 0; /* ASID 0 means "not mapped" */
    while (index < ASID_POOL_ENTRIES && pool[index])
        index++;
    if (index == ASID_POOL_ENTRIES)
        return refuse(ABI_ERROR_DELETE_FIRST);

    unsigned asid = number << ABI_ASID_POOL_INDEX_BITS | index;
    vspace_assign(asid, cap_paddr(space));
    slot->cap = cap_with_mapping(space, asid, 0);
    return NO_REFUSAL;
}

struct refusal asid_pool_invoke(struct invocation *invocation)
{
    if (invocation->label == ABI_LABEL_X86_ASID_POOL_ASSIGN)
        return asid_pool_assign(invocation);
    return refuse(ABI_ERROR_ILLEGAL_OPERATION);
}

/* Going through the entries of a pool takes as long as so many units (core/preempt.h). */
#define POOL_UNITS 10

struct refusal asid_pool_destroy(struct cap pool, struct preemption *preemption)
{
    uint64_t **place = &machine_state.asid_table.pool[cap_asid_pool_number(pool)], *first = *place;
    assert(first == hal_window(cap_paddr(pool)));
    preempt_weigh(preemption, POOL_UNITS);
    for (uint64_t *root = first; root < first + ASID_POOL_ENTRIES; root++) {
        if (!*root)
            continue;
        vspace_forget(*root);
        *root = 0;
        if (preempt_due(preemption))
            return PREEMPTED;
    }
    *place = NULL;
    return NO_REFUSAL;
}
