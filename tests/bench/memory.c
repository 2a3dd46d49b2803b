/* Mapping pages. */
#include "bench.h"

#define ADDRESS 0x10000000ul
#define PAGES   16

void bench_memory(void)
{
    seL4_CPtr space = seL4_CapInitThreadVSpace;
    seL4_X86_PageTable_Map(object_new(seL4_X86_PageTableObject, 0), space, ADDRESS, seL4_X86_Default_VMAttributes);
    seL4_CPtr frame = object_new(seL4_X86_4K, 0);

    samples_begin();
    for (unsigned i = 0; i < ROUNDS + WARM_UP; i++) {
        seL4_Word address = ADDRESS + (i % PAGES) * 4096;
        uint64_t before = counter();
        seL4_Error error = seL4_X86_Page_Map(frame, space, address, seL4_ReadWrite, seL4_X86_Default_VMAttributes);
        uint64_t after = counter();
        check(error, "map");
        sample(after - before);
        check(seL4_X86_Page_Unmap(frame), "unmap");
    }
    samples_report("page_map");

    check(seL4_X86_Page_Map(frame, space, ADDRESS, seL4_ReadWrite, seL4_X86_Default_VMAttributes), "map");
    samples_begin();
    for (unsigned i = 0; i < ROUNDS + WARM_UP; i++) {
        seL4_CapRights_t rights = i & 1 ? seL4_ReadWrite : seL4_CanRead;
        uint64_t before = counter();
        seL4_Error error = seL4_X86_Page_Map(frame, space, ADDRESS, rights, seL4_X86_Default_VMAttributes);
        uint64_t after = counter();
        check(error, "protect");
        sample(after - before);
    }
    samples_report("page_protect");
}
