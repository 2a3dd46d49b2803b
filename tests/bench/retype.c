/* Making one object of each type, and deleting it. */
#include "bench.h"

#define ARENA_BITS 22

static const struct object_case {
    const char *name;
    seL4_Word type, size_bits;
    unsigned rounds;
} cases[] = {
    {"untyped", seL4_UntypedObject, 12, ROUNDS},
    {"tcb", seL4_TCBObject, 0, ROUNDS},
    {"endpoint", seL4_EndpointObject, 0, ROUNDS},
    {"notification", seL4_NotificationObject, 0, ROUNDS},
    {"cnode_8", seL4_CapTableObject, 8, ROUNDS},
    {"schedctx", seL4_SchedContextObject, seL4_MinSchedContextBits, ROUNDS},
    {"reply", seL4_ReplyObject, 0, ROUNDS},
    {"page_4k", seL4_X86_4K, 0, ROUNDS},
    {"page_2m", seL4_X86_LargePageObject, 0, FEW_ROUNDS},
    {"page_table", seL4_X86_PageTableObject, 0, ROUNDS},
    {"page_directory", seL4_X86_PageDirectoryObject, 0, ROUNDS},
    {"pdpt", seL4_X86_PDPTObject, 0, ROUNDS},
    {"pml4", seL4_X64_PML4Object, 0, ROUNDS},
};

static seL4_CPtr arena, slot;

/* Each Retype finds the untyped with no children left: its clearing of what the last round used is part of the cost. */
static void own_retype(struct bench_thread *self)
{
    (void)self;
    for (unsigned c = 0; c < sizeof(cases) / sizeof(cases[0]); c++) {
        unsigned retype = operation_new(cases[c].rounds, "retype_", cases[c].name);
        unsigned delete = operation_new(cases[c].rounds, "delete_", cases[c].name);
        for (unsigned i = 0; i < cases[c].rounds; i++) {
            span_begin();
            seL4_Error error =
                seL4_Untyped_Retype(arena, cases[c].type, cases[c].size_bits, seL4_CapInitThreadCNode, 0, 0, slot, 1);
            uint64_t ticks = span_end();
            sample(retype, i, ticks);
            check(error, cases[c].name);
            span_begin();
            seL4_CNode_Delete(seL4_CapInitThreadCNode, slot, seL4_WordBits);
            sample(delete, i, span_end());
        }
    }
}

void bench_retype(void)
{
    group_begin();
    arena = object_new(seL4_UntypedObject, ARENA_BITS);
    slot = slot_new();
    run_alone(own_retype);
    group_end();
}
