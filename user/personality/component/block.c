#include "personality/component/block.h"

#include "personality/component/slots.h"
#include "personality/component/untyped.h"

#include <stddef.h>

/* Free blocks, as a stack; more than this are not kept, which takes more programs than there can be. */
enum { STACK_SIZE = 16384, BATCH = 16 };

static uint32_t stack[STACK_SIZE];
static unsigned depth;

static void blocks_add(void)
{
    seL4_CPtr first = slot_allocate_run();
    if (!first)
        return;
    unsigned count = untyped_make_pages(seL4_UntypedObject, first, BATCH, NULL);
    for (unsigned i = 0; i < count; i++)
        block_free(first + i);
    for (unsigned i = count; i < SLOT_RUN; i++)
        slot_give_back(first + i);
}

seL4_CPtr block_allocate(void)
{
    if (depth == 0)
        blocks_add();
    return depth ? stack[--depth] : 0;
}

void block_free(seL4_CPtr block)
{
    if (depth < STACK_SIZE)
        stack[depth++] = (uint32_t)block;
}

uint64_t blocks_free(void)
{
    return depth;
}

seL4_CPtr block_make(seL4_CPtr block, seL4_Word type, seL4_Word size_bits)
{
    seL4_CPtr slot = slot_allocate();
    if (!slot)
        return 0;
    struct slot_place place = slot_place(slot);
    if (!seL4_Untyped_Retype(block, type, size_bits, slots_root(), place.node_index, place.node_depth, place.offset, 1))
        return slot;
    slot_give_back(slot);
    return 0;
}
