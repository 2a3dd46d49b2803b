#include "init/window.h"

#include "init/memory.h"
#include "init/plan.h"

/* Far above init's image. Large pages have a place of their own, so that no page table is in their way. */
#define WINDOW_SMALL 0x10000000000ul
#define WINDOW_LARGE (WINDOW_SMALL + (1ul << LARGE_PAGE_BITS))

bool window_initialise(void)
{
    seL4_CPtr slots = slots_take(3);
    return slots && memory_make(seL4_X86_PDPTObject, 0, slots, 1) &&
           memory_make(seL4_X86_PageDirectoryObject, 0, slots + 1, 1) &&
           memory_make(seL4_X86_PageTableObject, 0, slots + 2, 1) &&
           !seL4_X86_PDPT_Map(slots, seL4_CapInitThreadVSpace, WINDOW_SMALL, seL4_X86_Default_VMAttributes) &&
           !seL4_X86_PageDirectory_Map(slots + 1, seL4_CapInitThreadVSpace, WINDOW_SMALL,
                                       seL4_X86_Default_VMAttributes) &&
           !seL4_X86_PageTable_Map(slots + 2, seL4_CapInitThreadVSpace, WINDOW_SMALL, seL4_X86_Default_VMAttributes);
}

void *window_open(seL4_CPtr frame, seL4_Word page_bits)
{
    seL4_Word address = page_bits == SMALL_PAGE_BITS ? WINDOW_SMALL : WINDOW_LARGE;
    if (seL4_X86_Page_Map(frame, seL4_CapInitThreadVSpace, address, seL4_ReadWrite, seL4_X86_Default_VMAttributes))
        return NULL;
    return (void *)address;
}

void window_close(seL4_CPtr frame)
{
    seL4_X86_Page_Unmap(frame);
}
