/*
 * Device address spaces. The kernel drives no IOMMU, so no capability to such a space exists. When the interface is
 * configured with them, programs find its labels and the table object, and all mapping fails for want of a space.
 */
#include "arch/x86_64/arch_object.h"

struct refusal io_space_map_frame(struct invocation *invocation)
{
    if (invocation_is_truncated(invocation, ABI_LABEL_X86_PAGE_MAP_IO_WORDS, ABI_LABEL_X86_PAGE_MAP_IO_CAPS))
        return refuse(ABI_ERROR_TRUNCATED_MESSAGE);
    return refuse_number(ABI_ERROR_INVALID_CAPABILITY, 1);
}

struct refusal io_page_table_invoke(struct invocation *invocation)
{
    switch (invocation->label) {
    case ABI_LABEL_X86_IO_PAGE_TABLE_MAP:
        if (invocation_is_truncated(invocation, ABI_LABEL_X86_IO_PAGE_TABLE_MAP_WORDS,
                                    ABI_LABEL_X86_IO_PAGE_TABLE_MAP_CAPS))
            return refuse(ABI_ERROR_TRUNCATED_MESSAGE);
        return refuse_number(ABI_ERROR_INVALID_CAPABILITY, 1);
    case ABI_LABEL_X86_IO_PAGE_TABLE_UNMAP:
        return NO_REFUSAL; /* it is not mapped */
    default:
        return refuse(ABI_ERROR_ILLEGAL_OPERATION);
    }
}
