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
    uint32_t reach; /* one more than the number of its page in the largest piece of memory; 0: it lies elsewhere */
};

static struct frame_record *const records = (struct frame_record *)FRAME_TABLE_BASE;
static uint32_t frame_count = 1;           /* made so far; frame 0 does not exist */
static uint32_t first_free[2], free_count; /* those that the disk does not reach, and those that it does */

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
    uint64_t reach = UINT64_MAX;
    unsigned made = untyped_make_pages(seL4_X86_4K, first, SLOT_RUN, &reach), used = 0;
    while (used < made && own_memory_map(first + used, (uintptr_t)machine_frame_data(frame_count + used))) {
        struct frame_record *record = &records[frame_count + used];
        record->capability = (uint32_t)(first + used);
        record->reach = reach == UINT64_MAX ? 0 : (uint32_t)(reach / PAGE_SIZE + used + 1);
        used++;
    }
    /* The last one first: then they are given out in the order in which they lie, for transfers in few pieces. */
    for (unsigned i = used; i-- > 0;)
        machine_frame_free(frame_count + i);
    frame_count += used;
    for (unsigned i = made; i < SLOT_RUN; i++)
        slot_give_back(first + i);
}

seL4_CPtr frame_capability(uint32_t frame)
{
    return records[frame].capability;
}

static uint32_t frame_take(unsigned list)
{
    uint32_t frame = first_free[list];
    if (frame) {
        first_free[list] = records[frame].next_free;
        free_count--;
    }
    return frame;
}

uint32_t machine_frame_allocate(void)
{
    if (!first_free[0] && !first_free[1])
        frames_add();
    return frame_take(first_free[0] ? 0 : 1);
}

uint32_t machine_frame_allocate_reachable(void)
{
    if (!first_free[1])
        frames_add();
    return frame_take(1);
}

uint64_t machine_frame_reach(uint32_t frame)
{
    return records[frame].reach ? (records[frame].reach - 1) * (uint64_t)PAGE_SIZE : UINT64_MAX;
}

void machine_frame_free(uint32_t frame)
{
    uint32_t *list = &first_free[records[frame].reach != 0];
    records[frame].next_free = *list;
    *list = frame;
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
