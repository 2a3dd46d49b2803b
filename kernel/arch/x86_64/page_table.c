#include "arch/x86_64/arch_object.h"
#include "arch/x86_64/vspace.h"
#include "core/captree.h"

/* The entry for the address in the table at `paddr`, whose entries cover 2^bits bytes. */
static uint64_t *entry_in(uint64_t paddr, uint64_t address, unsigned bits)
{
    return (uint64_t *)hal_window(paddr) + page_entry_index(address, bits);
}

static struct page_walk missing(unsigned bits)
{
    return (struct page_walk){.missing_bits = bits};
}

/* Level by level, without a loop: mapping a page spends a third of its time here. */
struct page_walk page_walk(uint64_t root, uint64_t address, unsigned entry_bits)
{
    enum { PDPT_BITS = PML4_ENTRY_BITS, PD_BITS = ABI_HUGE_PAGE_BITS, PT_BITS = ABI_LARGE_PAGE_BITS };
    uint64_t *entry = entry_in(root, address, PDPT_BITS);
    if (entry_bits == PDPT_BITS)
        return (struct page_walk){entry, 0};
    if (!page_entry_is_table(*entry))
        return missing(PDPT_BITS);
    entry = entry_in(page_entry_address(*entry), address, PD_BITS);
    if (entry_bits == PD_BITS)
        return (struct page_walk){entry, 0};
    if (!page_entry_is_table(*entry))
        return missing(PD_BITS);
    entry = entry_in(page_entry_address(*entry), address, PT_BITS);
    if (entry_bits == PT_BITS)
        return (struct page_walk){entry, 0};
    if (!page_entry_is_table(*entry))
        return missing(PT_BITS);
    return (struct page_walk){entry_in(page_entry_address(*entry), address, ABI_PAGE_BITS), 0};
}

/* The labels of the three types differ, what they mean does not. */
static bool label_is_map(const struct invocation *invocation)
{
    switch (cap_type(invocation->cap)) {
    case ABI_CAP_TYPE_PAGE_TABLE:
        return invocation->label == ABI_LABEL_X86_PAGE_TABLE_MAP;
    case ABI_CAP_TYPE_PAGE_DIRECTORY:
        return invocation->label == ABI_LABEL_X86_PAGE_DIRECTORY_MAP;
    default:
        return invocation->label == ABI_LABEL_X86_PDPT_MAP;
    }
}
static bool label_is_unmap(const struct invocation *invocation)
{
    switch (cap_type(invocation->cap)) {
    case ABI_CAP_TYPE_PAGE_TABLE:
        return invocation->label == ABI_LABEL_X86_PAGE_TABLE_UNMAP;
    case ABI_CAP_TYPE_PAGE_DIRECTORY:
        return invocation->label == ABI_LABEL_X86_PAGE_DIRECTORY_UNMAP;
    default:
        return invocation->label == ABI_LABEL_X86_PDPT_UNMAP;
    }
}

/* Map(address, attributes), capability 1: address space. The address is rounded down to what the table covers. */
static struct refusal table_map(struct invocation *invocation)
{
    if (invocation_is_truncated(invocation, ABI_LABEL_X86_PAGE_TABLE_MAP_WORDS, ABI_LABEL_X86_PAGE_TABLE_MAP_CAPS))
        return refuse(ABI_ERROR_TRUNCATED_MESSAGE);
    struct cap table = invocation->cap;
    unsigned span_bits = cap_table_span_bits(table);
    uint64_t address = align_down(invocation_word(invocation, 0), span_bits);
    uint64_t attributes = invocation_word(invocation, 1);
    struct cap space = invocation_extra_cap(invocation, 0);

    if (cap_is_mapped(table))
        return refuse_number(ABI_ERROR_INVALID_CAPABILITY, 0);
    if (!cap_is_assigned_pml4(space))
        return refuse_number(ABI_ERROR_INVALID_CAPABILITY, 1);
    if (address > ABI_MAPPING_TOP)
        return refuse_number(ABI_ERROR_INVALID_ARGUMENT, 0);
    struct refusal refusal = vspace_check(space);
    if (refused(refusal))
        return refusal;
    struct page_walk walk = page_walk(cap_paddr(space), address, span_bits);
    if (!walk.entry)
        return refuse_lookup(false, lookup_missing_capability(walk.missing_bits));
    if (*walk.entry & PAGE_PRESENT)
        return refuse(ABI_ERROR_DELETE_FIRST);

    /* Nothing to drop: the processor does not keep that something was missing. */
    invocation->slot->cap = cap_with_mapping(table, cap_mapped_asid(space), address);
    *walk.entry = page_entry_table(cap_paddr(table), attributes);
    return NO_REFUSAL;
}

void table_unmap(struct cap table)
{
    unsigned asid = cap_mapped_asid(table);
    uint64_t root = asid ? asid_root(asid) : 0;
    if (!root)
        return;
    struct page_walk walk = page_walk(page_entry_address(root), cap_mapped_address(table), cap_table_span_bits(table));
    if (!walk.entry || !page_entry_is_table(*walk.entry) || page_entry_address(*walk.entry) != cap_paddr(table))
        return;
    *walk.entry = 0;
    vspace_drop_all(asid);
}

/* A table that is unmapped is empty: what hung below must not appear where it is mapped next. */
static void table_clear(struct cap table)
{
    uint8_t *bytes = hal_window(cap_paddr(table));
    hal_clear(bytes, BIT(ABI_PAGE_BITS) / 2);
    hal_clear(bytes + BIT(ABI_PAGE_BITS) / 2, BIT(ABI_PAGE_BITS) / 2);
}

struct refusal table_invoke(struct invocation *invocation)
{
    if (label_is_map(invocation))
        return table_map(invocation);
    if (!label_is_unmap(invocation))
        return refuse(ABI_ERROR_ILLEGAL_OPERATION);
    if (!captree_is_final(invocation->slot))
        return refuse(ABI_ERROR_REVOKE_FIRST);
    if (cap_is_mapped(invocation->cap)) {
        table_unmap(invocation->cap);
        table_clear(invocation->cap);
        invocation->slot->cap = cap_without_mapping(invocation->cap);
    }
    return NO_REFUSAL;
}
