/* Yield: from one thread to the next of the same priority. */
#include "bench.h"

#define MAPPED_PAGES 512

static unsigned operation;

/* The second of the threads takes the samples: the span began in the first. */
static void yielder(struct bench_thread *self)
{
    for (unsigned i = 0; i < ROUNDS; i++) {
        uint64_t ticks = span_end();
        if (self->word[0])
            sample(operation, i, ticks);
        span_begin();
        seL4_Yield();
    }
}

static void yield_among(const char *name, unsigned count, enum bench_space second_space)
{
    operation = operation_new(ROUNDS, "yield_", name);
    for (unsigned i = 0; i < count; i++) {
        struct bench_thread *thread = thread_new(PRIORITY, i == 1 ? second_space : ROOT_SPACE);
        thread->word[0] = i == 1;
        thread_start(thread, yielder);
    }
    threads_run();
    group_end();
}

/* The second thread's address space has many more pages. */
static void yield_to_many_mappings(void)
{
    group_begin();
    spare_tables_map(other_space());
    seL4_CPtr frame = object_new(seL4_X86_4K, 0);
    for (unsigned i = 0; i < MAPPED_PAGES; i++) {
        seL4_CPtr copy = slot_new();
        check(seL4_CNode_Copy(seL4_CapInitThreadCNode, copy, seL4_WordBits, seL4_CapInitThreadCNode, frame,
                              seL4_WordBits, seL4_AllRights),
              "copy");
        check(seL4_X86_Page_Map(copy, other_space(), SPARE_ADDRESS + i * PAGE_BYTES, seL4_ReadWrite,
                                seL4_X86_Default_VMAttributes),
              "map");
    }
    yield_among("many_mappings", 2, OTHER_SPACE);
}

void bench_yield(void)
{
    group_begin();
    yield_among("equal", 2, ROOT_SPACE);
    group_begin();
    yield_among("equal_other_as", 2, OTHER_SPACE);
    group_begin();
    yield_among("10", 10, ROOT_SPACE);
    group_begin();
    yield_among("100", 100, ROOT_SPACE);
    yield_to_many_mappings();
}
