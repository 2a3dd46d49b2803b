/* Mapping pages. */
#include "bench.h"

#define MOST_PAGES 512
#define FAN_OUT    256 /* most objects of one Retype */

static seL4_CPtr frames;

static void own_protect(struct bench_thread *self)
{
    (void)self;
    unsigned protect = operation_new(ROUNDS, "page_protect", "");
    check(seL4_X86_Page_Map(frames, seL4_CapInitThreadVSpace, SPARE_ADDRESS, seL4_ReadWrite,
                            seL4_X86_Default_VMAttributes),
          "map");
    for (unsigned i = 0; i < ROUNDS; i++) {
        seL4_CapRights_t rights = i & 1 ? seL4_ReadWrite : seL4_CanRead;
        span_begin();
        seL4_X86_Page_Map(frames, seL4_CapInitThreadVSpace, SPARE_ADDRESS, rights, seL4_X86_Default_VMAttributes);
        sample(protect, i, span_end());
    }
    check(seL4_X86_Page_Unmap(frames), "unmap");
}

/* All of `word[0]` pages are one sample. */
static void own_map(struct bench_thread *self)
{
    static const char *const names[] = {"page_map",   "page_map_16",   "page_map_512",
                                        "page_unmap", "page_unmap_16", "page_unmap_512"};
    static const unsigned counts[] = {1, 16, MOST_PAGES};
    (void)self;
    for (unsigned c = 0; c < sizeof(counts) / sizeof(counts[0]); c++) {
        unsigned rounds = counts[c] < MOST_PAGES ? ROUNDS : FEW_ROUNDS;
        unsigned map = operation_new(rounds, names[c], ""), unmap = operation_new(rounds, names[3 + c], "");
        for (unsigned i = 0; i < rounds; i++) {
            span_begin();
            for (unsigned page = 0; page < counts[c]; page++)
                seL4_X86_Page_Map(frames + page, seL4_CapInitThreadVSpace, SPARE_ADDRESS + page * PAGE_BYTES,
                                  seL4_ReadWrite, seL4_X86_Default_VMAttributes);
            sample(map, i, span_end());
            span_begin();
            for (unsigned page = 0; page < counts[c]; page++)
                seL4_X86_Page_Unmap(frames + page);
            sample(unmap, i, span_end());
        }
    }
}

void bench_page(void)
{
    group_begin();
    spare_tables_map(seL4_CapInitThreadVSpace);
    frames = slot_new();
    for (unsigned i = 1; i < MOST_PAGES; i++)
        slot_new();
    for (unsigned i = 0; i < MOST_PAGES; i += FAN_OUT)
        check(seL4_Untyped_Retype(group_memory(), seL4_X86_4K, 0, seL4_CapInitThreadCNode, 0, 0, frames + i, FAN_OUT),
              "frames");
    run_alone(own_map);
    run_alone(own_protect);
    group_end();
}
