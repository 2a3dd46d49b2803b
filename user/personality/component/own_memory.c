#include "personality/component/own_memory.h"

#include "personality/component/layout.h"
#include "personality/component/untyped.h"

#include <microkit.h>

enum { PAGE_BYTES = 4096, AREA_LIMIT = 2 };

/* Bits that the kernel had left to translate when a table was missing. */
enum { LEFT_PDPT = 39, LEFT_DIRECTORY = 30, LEFT_TABLE = 21 };

static bool table_add(seL4_Word bits_left, uintptr_t address)
{
    seL4_Word type = bits_left == LEFT_PDPT        ? seL4_X86_PDPTObject
                     : bits_left == LEFT_DIRECTORY ? seL4_X86_PageDirectoryObject
                                                   : seL4_X86_PageTableObject;
    seL4_CPtr slot = untyped_make_new(type, 0);
    if (!slot)
        return false;
    switch (bits_left) {
    case LEFT_PDPT:
        return !seL4_X86_PDPT_Map(slot, VSPACE_CAP, address, seL4_X86_Default_VMAttributes);
    case LEFT_DIRECTORY:
        return !seL4_X86_PageDirectory_Map(slot, VSPACE_CAP, address, seL4_X86_Default_VMAttributes);
    case LEFT_TABLE:
        return !seL4_X86_PageTable_Map(slot, VSPACE_CAP, address, seL4_X86_Default_VMAttributes);
    default:
        return false;
    }
}

bool own_memory_map(seL4_CPtr frame, uintptr_t address)
{
    for (;;) {
        seL4_Error error = seL4_X86_Page_Map(frame, VSPACE_CAP, address, seL4_ReadWrite, seL4_X86_Default_VMAttributes);
        if (error != seL4_FailedLookup)
            return error == seL4_NoError;
        if (!table_add(seL4_GetMR(2), address))
            return false;
    }
}

bool own_memory_extend(uintptr_t base, uint64_t bytes)
{
    static struct {
        uintptr_t base;
        uint64_t bytes;
    } areas[AREA_LIMIT];
    unsigned i = 0;
    while (i < AREA_LIMIT - 1 && areas[i].base && areas[i].base != base)
        i++;
    areas[i].base = base;
    while (areas[i].bytes < bytes) {
        seL4_CPtr slot = untyped_make_new(seL4_X86_4K, 0);
        if (!slot || !own_memory_map(slot, base + areas[i].bytes))
            return false;
        areas[i].bytes += PAGE_BYTES;
    }
    return true;
}
