#include "personality/linux/disk/sums.h"

#include "personality/linux/support/frame.h"
#include "personality/linux/support/text.h"

/* The sums of a page lie in one of the sets, which is a line of the cache. */
enum { WAYS = 4, SETS_IN_FRAME = PAGE_SIZE / (WAYS * 16), FRAME_SHARE = 256, FRAMES_MOST = 4096, STEP_WORDS = 8 };

#define FACTOR 0x9e3779b97f4a7c15u

struct page_sum {
    struct file_handle handle; /* inode 0: free */
    uint32_t page, sum;
};

_Static_assert(sizeof(struct page_sum) * WAYS * SETS_IN_FRAME == PAGE_SIZE, "sets fill a frame");

static uint32_t frames[FRAMES_MOST], frame_count;
static uint32_t next_victim;

void disk_sums_start(void)
{
    uint64_t share = machine_frames_total() / FRAME_SHARE + 1;
    uint32_t wanted = share < FRAMES_MOST ? (uint32_t)share : FRAMES_MOST;
    while (frame_count < wanted && (frames[frame_count] = frame_allocate_zeroed()))
        frame_count++;
}

/* The value of the polynomial that has the page's words as coefficients: the place of each one counts. Two instructions for eight bytes. */
static uint32_t sum_of(const void *data)
{
    const uint64_t *words = data;
    uint64_t sum = 0;
    for (const uint64_t *end = words + PAGE_SIZE / sizeof *words; words < end; words += STEP_WORDS) {
        sum = sum * FACTOR + words[0];
        sum = sum * FACTOR + words[1];
        sum = sum * FACTOR + words[2];
        sum = sum * FACTOR + words[3];
        sum = sum * FACTOR + words[4];
        sum = sum * FACTOR + words[5];
        sum = sum * FACTOR + words[6];
        sum = sum * FACTOR + words[7];
    }
    return (uint32_t)((sum ^ sum >> 32) * FACTOR >> 32);
}

/* Neighbours in a file lie in neighbouring sets. */
static struct page_sum *set_of(const struct disk_file *file, uint64_t page)
{
    uint32_t mixed = (file->handle.inode * 0x9e3779b1u ^ file->handle.generation * 0x85ebca77u) + (uint32_t)page;
    uint32_t set = (uint32_t)((uint64_t)mixed % ((uint64_t)frame_count * SETS_IN_FRAME));
    return (struct page_sum *)frame_data(frames[set / SETS_IN_FRAME]) + set % SETS_IN_FRAME * WAYS;
}

/* The place of a page's sum; null: there is none. */
static struct page_sum *find(const struct disk_file *file, uint64_t page)
{
    if (!frame_count)
        return NULL;
    struct page_sum *set = set_of(file, page);
    for (unsigned i = 0; i < WAYS; i++)
        if (set[i].page == page && set[i].handle.inode == file->handle.inode &&
            set[i].handle.generation == file->handle.generation)
            return &set[i];
    return NULL;
}

void disk_sum_keep(const struct disk_file *file, uint64_t page, const void *data)
{
    struct page_sum *place = find(file, page);
    if (!frame_count)
        return;
    if (!place) {
        struct page_sum *set = set_of(file, page);
        place = &set[next_victim++ % WAYS];
        for (unsigned i = 0; i < WAYS; i++)
            if (!set[i].handle.inode)
                place = &set[i];
    }
    *place = (struct page_sum){.handle = file->handle, .page = (uint32_t)page, .sum = sum_of(data)};
}

void disk_sums_forget(const struct disk_file *file, uint64_t first, uint64_t end)
{
    for (uint64_t page = first; page < end; page++) {
        struct page_sum *place = find(file, page);
        if (place)
            *place = (struct page_sum){.handle = {0, 0}};
    }
}

bool disk_sum_fits(const struct disk_file *file, uint64_t page, const void *data)
{
    const struct page_sum *place = find(file, page);
    if (!place || place->sum == sum_of(data))
        return true;
    log_line("page %lu of file %u is not what was written to it", (unsigned long)page, file->handle.inode);
    return false;
}
