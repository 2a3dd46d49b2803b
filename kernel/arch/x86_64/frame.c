#include "abi/config.h"
#include "arch/x86_64/arch_object.h"
#include "arch/x86_64/vspace.h"

/* Whether a page of `size` bytes at `address` ends at or below the highest address that may be mapped. */
static bool page_fits(uint64_t address, uint64_t size)
{
    return address <= ABI_MAPPING_TOP && address + size <= ABI_MAPPING_TOP;
}

/*
 * Map(address, rights, attributes), capability 1: address space. The same again for a mapped frame changes its rights and
 * attributes; another page that is mapped at the address is replaced.
 */
static NOINLINE struct refusal frame_map(struct invocation *invocation)
{
    if (invocation_is_truncated(invocation, ABI_LABEL_X86_PAGE_MAP_WORDS, ABI_LABEL_X86_PAGE_MAP_CAPS))
        return refuse(ABI_ERROR_TRUNCATED_MESSAGE);
    uint64_t address = invocation_word(invocation, 0);
    struct cap space = invocation_extra_cap(invocation, 0);
    struct cap frame = invocation->cap;
    unsigned size_bits = cap_frame_size_bits(frame);
    unsigned asid = cap_mapped_asid(space);

    if (!cap_is_assigned_pml4(space))
        return refuse_number(ABI_ERROR_INVALID_CAPABILITY, 1);
    if (cap_is_mapped(frame)) {
        if (cap_mapped_asid(frame) != asid)
            return refuse_number(ABI_ERROR_INVALID_CAPABILITY, 1);
        if (cap_mapped_address(frame) != address)
            return refuse_number(ABI_ERROR_INVALID_ARGUMENT, 0);
    } else if (!page_fits(address, BIT(size_bits))) {
        return refuse_number(ABI_ERROR_INVALID_ARGUMENT, 0);
    }
    struct refusal refusal = vspace_check(space);
    if (refused(refusal))
        return refusal;
    if (address & (BIT(size_bits) - 1))
        return refuse(ABI_ERROR_ALIGNMENT_ERROR);
    struct page_walk walk = page_walk(cap_paddr(space), address, size_bits);
    if (!walk.entry)
        return refuse_lookup(false, lookup_missing_capability(walk.missing_bits));
    uint64_t old = *walk.entry;
    if (size_bits > ABI_PAGE_BITS && page_entry_is_table(old))
        return refuse(ABI_ERROR_DELETE_FIRST);

    struct rights rights = rights_from_word(invocation_word(invocation, 1) & cap_frame_rights(frame).bits);
    uint64_t attributes = invocation_word(invocation, 2);
    invocation->slot->cap = cap_with_mapping(frame, asid, address);
    *walk.entry = page_entry_frame(cap_paddr(frame), size_bits, rights, attributes);
    if (UNLIKELY(old & PAGE_PRESENT))
        vspace_drop_page(asid, address);
    return NO_REFUSAL;
}

void frame_unmap(struct cap frame)
{
    unsigned asid = cap_mapped_asid(frame), size_bits = cap_frame_size_bits(frame);
    uint64_t root = asid ? asid_root(asid) : 0;
    if (!root)
        return;
    struct page_walk walk = page_walk(page_entry_address(root), cap_mapped_address(frame), size_bits);
    if (!walk.entry || !page_entry_maps_frame(*walk.entry, size_bits, cap_paddr(frame)))
        return;
    *walk.entry = 0;
    vspace_drop_page(asid, cap_mapped_address(frame));
}

struct refusal frame_invoke(struct invocation *invocation)
{
    if (LIKELY(invocation->label == ABI_LABEL_X86_PAGE_MAP))
        return frame_map(invocation);
    switch (invocation->label) {
    case ABI_LABEL_X86_PAGE_UNMAP:
        frame_unmap(invocation->cap);
        invocation->slot->cap = cap_without_mapping(invocation->cap);
        return NO_REFUSAL;
    case ABI_LABEL_X86_PAGE_GET_ADDRESS:
        invocation_result(invocation, 0, cap_paddr(invocation->cap));
        return NO_REFUSAL;
    default:
        if (CONFIG_IOMMU && invocation->label == ABI_LABEL_X86_PAGE_MAP_IO)
            return io_space_map_frame(invocation);
        return refuse(ABI_ERROR_ILLEGAL_OPERATION);
    }
}
