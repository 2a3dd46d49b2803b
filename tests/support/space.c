#include "space.h"

#include "lib/start.h"
#include "objects.h"

#define PAGE_BYTES 4096

extern const char __image_start[]; /* of the linker script */

static void table_map(seL4_CPtr space, seL4_Word address)
{
    seL4_X86_VMAttributes plain = seL4_X86_Default_VMAttributes;

    switch (seL4_MappingFailedLookupLevel()) {
    case SEL4_MAPPING_LOOKUP_NO_PT:
        must(seL4_X86_PageTable_Map(object_make(seL4_X86_PageTableObject, 0), space, address, plain), "map a table");
        break;
    case SEL4_MAPPING_LOOKUP_NO_PD:
        must(seL4_X86_PageDirectory_Map(object_make(seL4_X86_PageDirectoryObject, 0), space, address, plain),
             "map a directory");
        break;
    default:
        must(seL4_X86_PDPT_Map(object_make(seL4_X86_PDPTObject, 0), space, address, plain), "map a PDPT");
        break;
    }
}

void page_map(seL4_CPtr frame, seL4_CPtr space, seL4_Word address)
{
    seL4_Error error;

    while ((error = seL4_X86_Page_Map(frame, space, address, seL4_ReadWrite, seL4_X86_Default_VMAttributes)) ==
           seL4_FailedLookup)
        table_map(space, address);
    must(error, "map a page");
}

seL4_CPtr space_of_program(void)
{
    const seL4_SlotRegion pages = pecan_boot_info()->userImageFrames;
    seL4_CPtr space = object_make(seL4_X64_PML4Object, 0);
    seL4_CPtr frame = slots_take(pages.end - pages.start);
    seL4_Word address = (seL4_Word)__image_start;

    must(seL4_X86_ASIDPool_Assign(seL4_CapInitThreadASIDPool, space), "assign an ASID");
    for (seL4_CPtr page = pages.start; page < pages.end; page++, frame++, address += PAGE_BYTES) {
        must(seL4_CNode_Copy(seL4_CapInitThreadCNode, frame, seL4_WordBits, seL4_CapInitThreadCNode, page,
                             seL4_WordBits, seL4_AllRights),
             "copy a frame");
        page_map(frame, space, address);
    }
    return space;
}

seL4_CPtr program_frame(const void *page)
{
    return pecan_boot_info()->userImageFrames.start + ((seL4_Word)page - (seL4_Word)__image_start) / PAGE_BYTES;
}
