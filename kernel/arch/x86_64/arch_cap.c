#include "arch/x86_64/arch_cap.h"

#include "abi/config.h"
#include "arch/x86_64/arch_object.h"
#include "arch/x86_64/vspace.h"
#include "object/invocation.h"

static_assert(!CONFIG_VTX, "virtual machines have objects that are not here");

/* --- objects -------------------------------------------------------------------------------------------------------- */

bool hal_object_is_frame(unsigned type)
{
    return type == ABI_OBJECT_4K_PAGE || type == ABI_OBJECT_LARGE_PAGE || type == ABI_OBJECT_HUGE_PAGE;
}

unsigned hal_object_size_bits(unsigned type)
{
    switch (type) {
    case ABI_OBJECT_HUGE_PAGE:
        return ABI_HUGE_PAGE_BITS;
    case ABI_OBJECT_LARGE_PAGE:
        return ABI_LARGE_PAGE_BITS;
    default:
        return ABI_PAGE_BITS;
    }
}

struct cap hal_object_create(unsigned type, uint64_t paddr, bool is_device)
{
    switch (type) {
    case ABI_OBJECT_PAGE_TABLE:
        return cap_table_new(ABI_CAP_TYPE_PAGE_TABLE, paddr);
    case ABI_OBJECT_PAGE_DIRECTORY:
        return cap_table_new(ABI_CAP_TYPE_PAGE_DIRECTORY, paddr);
    case ABI_OBJECT_PDPT:
        return cap_table_new(ABI_CAP_TYPE_PDPT, paddr);
    case ABI_OBJECT_PML4: {
        uint64_t *pml4 = hal_window(paddr);
        pml4[PML4_KERNEL_INDEX] = machine_state.kernel_space.top_entry;
        pml4[PML4_SPACE_INDEX] = *machine_state.kernel_space.word;
        return cap_table_new(ABI_CAP_TYPE_PML4, paddr);
    }
    case ABI_OBJECT_IO_PAGE_TABLE:
        return cap_table_new(ABI_CAP_TYPE_IO_PAGE_TABLE, paddr);
    default:
        return cap_frame_new(paddr, hal_object_size_bits(type), is_device, RIGHTS_ALL);
    }
}

/* log2 of the memory an architecture's capability stands for, 0 when it stands for none. */
static unsigned memory_size_bits(struct cap cap)
{
    switch (cap_type(cap)) {
    case ABI_CAP_TYPE_FRAME:
        return cap_frame_size_bits(cap);
    case ABI_CAP_TYPE_PAGE_TABLE:
    case ABI_CAP_TYPE_PAGE_DIRECTORY:
    case ABI_CAP_TYPE_PDPT:
    case ABI_CAP_TYPE_PML4:
    case ABI_CAP_TYPE_ASID_POOL:
    case ABI_CAP_TYPE_IO_PAGE_TABLE:
        return ABI_PAGE_BITS;
    default:
        return 0;
    }
}

/* --- relations between capabilities --------------------------------------------------------------------------------- */

bool hal_cap_same_object(struct cap a, struct cap b)
{
    if (cap_type(a) != cap_type(b))
        return false;
    if (cap_type(a) == ABI_CAP_TYPE_IO_PORT)
        return a.word[1] == b.word[1];
    return cap_paddr(a) == cap_paddr(b) && memory_size_bits(a) == memory_size_bits(b);
}

bool hal_cap_in_region(struct cap child, uint64_t paddr, unsigned size_bits)
{
    unsigned child_bits = memory_size_bits(child);
    return child_bits != 0 && child_bits <= size_bits && cap_paddr(child) - paddr <= mask_low(size_bits);
}

bool hal_cap_issues(struct cap parent, struct cap child)
{
    return cap_type(parent) == ABI_CAP_TYPE_IO_PORT_CONTROL && cap_type(child) == ABI_CAP_TYPE_IO_PORT;
}

struct cap hal_cap_derive(struct cap cap)
{
    switch (cap_type(cap)) {
    case ABI_CAP_TYPE_FRAME:
        return cap_without_mapping(cap);
    case ABI_CAP_TYPE_PAGE_TABLE:
    case ABI_CAP_TYPE_PAGE_DIRECTORY:
    case ABI_CAP_TYPE_PDPT:
    case ABI_CAP_TYPE_PML4:
    case ABI_CAP_TYPE_IO_PAGE_TABLE:
        /* Two capabilities to an unmapped table could map it twice, each unaware of the other. */
        return cap_is_mapped(cap) ? cap : CAP_NULL;
    case ABI_CAP_TYPE_IO_PORT_CONTROL:
        return CAP_NULL;
    default:
        return cap;
    }
}

struct cap hal_cap_mask_rights(struct cap cap, struct rights rights)
{
    return cap_type(cap) == ABI_CAP_TYPE_FRAME ? cap_frame_mask_rights(cap, rights) : cap;
}

/* --- the end, and invocations --------------------------------------------------------------------------------------- */

struct refusal hal_cap_finalise(struct cap cap, bool is_final, struct preemption *preemption)
{
    if (cap_type(cap) == ABI_CAP_TYPE_FRAME)
        frame_unmap(cap);
    if (!is_final)
        return NO_REFUSAL;
    switch (cap_type(cap)) {
    case ABI_CAP_TYPE_PAGE_TABLE:
    case ABI_CAP_TYPE_PAGE_DIRECTORY:
    case ABI_CAP_TYPE_PDPT:
        table_unmap(cap);
        break;
    case ABI_CAP_TYPE_PML4:
        vspace_destroy(cap);
        break;
    case ABI_CAP_TYPE_ASID_POOL:
        return asid_pool_destroy(cap, preemption);
    case ABI_CAP_TYPE_IO_PORT:
        ioport_release(cap);
        break;
    default:
        break;
    }
    return NO_REFUSAL;
}

struct refusal hal_cap_invoke(struct invocation *invocation)
{
    switch (cap_type(invocation->cap)) {
    case ABI_CAP_TYPE_FRAME:
        return frame_invoke(invocation);
    case ABI_CAP_TYPE_PAGE_TABLE:
    case ABI_CAP_TYPE_PAGE_DIRECTORY:
    case ABI_CAP_TYPE_PDPT:
        return table_invoke(invocation);
    case ABI_CAP_TYPE_ASID_CONTROL:
        return asid_control_invoke(invocation);
    case ABI_CAP_TYPE_ASID_POOL:
        return asid_pool_invoke(invocation);
    case ABI_CAP_TYPE_IO_PORT_CONTROL:
        return ioport_control_invoke(invocation);
    case ABI_CAP_TYPE_IO_PORT:
        return ioport_invoke(invocation);
    default:
        if (CONFIG_IOMMU && cap_type(invocation->cap) == ABI_CAP_TYPE_IO_PAGE_TABLE)
            return io_page_table_invoke(invocation);
        return refuse(ABI_ERROR_ILLEGAL_OPERATION);
    }
}

/* --- what the core asks of address spaces and frames ---------------------------------------------------------------- */

bool hal_cap_is_vspace(struct cap cap)
{
    return cap_is_assigned_pml4(cap);
}

bool hal_cap_is_buffer_frame(struct cap cap)
{
    return cap_type(cap) == ABI_CAP_TYPE_FRAME && !cap_frame_is_device(cap);
}

void *hal_buffer_window(struct cap cap, uint64_t address, unsigned rights)
{
    if (!cap_frame_is_memory(cap, rights))
        return NULL;
    return hal_window(cap_paddr(cap) | (address & (BIT(cap_frame_size_bits(cap)) - 1)));
}

unsigned hal_frame_size_bits(struct cap cap)
{
    return cap_frame_size_bits(cap);
}
