/* The frames that programs' memory is made of: each is visible to the component in its window for ever. */

#include "personality/component/frame_pool.h"
#include "personality/component/block.h"
#include "personality/component/layout.h"
#include "personality/component/own_memory.h"
#include "personality/component/slots.h"
#include "personality/component/untyped.h"
#include "personality/linux/machine.h"

struct frame_record {
    uint32_t references; /* of the personality */
    uint32_t next_free;
    uint32_t capability;
};

static struct frame_record *const records = (struct frame_record *)FRAME_TABLE_BASE;
static uint32_t frame_count = 1; /* made so far; frame 0 does not exist */
static uint32_t first_free, free_count;

/*
 * Programs' memory takes no more than its share; the rest is for the kernel objects of programs (block.h), so that
 * programs that have filled their memory can still be joined by others, and ended.
 */
enum { OBJECTS_SHARE = 8 };

static void frames_add(void)
{
    if (untyped_pages_left() <= untyped_pages_total() / OBJECTS_SHARE)
        return;
    if (!own_memory_extend(FRAME_TABLE_BASE, (frame_count + SLOT_RUN) * sizeof(struct frame_record)))
        return;
    seL4_CPtr first = slot_allocate_run();
    if (!first)
        return;
    unsigned made = untyped_make_pages(seL4_X86_4K, first, SLOT_RUN), used = 0;
    while (used < made && own_memory_map(first + used, (uintptr_t)machine_frame_data(frame_count))) {
        records[frame_count].capability = (uint32_t)(first + used++);
        machine_frame_free(frame_count++);
    }
    for (unsigned i = made; i < SLOT_RUN; i++)
        slot_give_back(first + i);
}

seL4_CPtr frame_capability(uint32_t frame)
{
    return records[frame].capability;
}

uint32_t machine_frame_allocate(void)
{
    if (!first_free)
        frames_add();
    uint32_t frame = first_free;
    if (frame) {
        first_free = records[frame].next_free;
        free_count--;
    }
    return frame;
}

void machine_frame_free(uint32_t frame)
{
    records[frame].next_free = first_free;
    first_free = frame;
    free_count++;
}

void *machine_frame_data(uint32_t frame)
{
    return (void *)(FRAME_WINDOW_BASE + (uint64_t)frame * PAGE_SIZE);
}

uint32_t *machine_frame_references(uint32_t frame)
{
    return &records[frame].references;
}

uint64_t machine_frames_total(void)
{
    return untyped_pages_total();
}

uint64_t machine_frames_free(void)
{
    return free_count + blocks_free() + untyped_pages_left();
}

uint64_t machine_slots_used(void)
{
    return slots_used();
}
