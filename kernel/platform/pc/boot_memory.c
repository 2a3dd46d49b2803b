#include "platform/pc/boot_memory.h"

#include "abi/object.h"
#include "arch/x86_64/boot.h"
#include "hal/hal.h"
#include "lib/print.h"

/* What lies below belongs to firmware and old devices. */
#define RAM_START  0x100000u
#define WINDOW_TOP ((uint64_t)WINDOW_GIB << ABI_HUGE_PAGE_BITS)

/* Moves the regions from `from` on to `to`, closing or opening a gap. */
static void shift(struct region_list *list, unsigned from, unsigned to)
{
    unsigned moved = list->count - from;
    if (to < from) {
        for (unsigned i = 0; i < moved; i++)
            list->region[to + i] = list->region[from + i];
    } else {
        for (unsigned i = moved; i > 0; i--)
            list->region[to + i - 1] = list->region[from + i - 1];
    }
    list->count = to + moved;
}

bool region_list_add(struct region_list *list, uint64_t start, uint64_t end)
{
    if (start >= end)
        return true;
    unsigned first = 0;
    while (first < list->count && list->region[first].end < start)
        first++;
    unsigned last = first; /* behind those that touch the new one */
    while (last < list->count && list->region[last].start <= end) {
        if (list->region[last].start < start)
            start = list->region[last].start;
        if (list->region[last].end > end)
            end = list->region[last].end;
        last++;
    }
    if (first == last && list->count == REGION_LIST_MAX)
        return false;
    shift(list, last, first + 1);
    list->region[first] = (struct boot_region){start, end};
    return true;
}

void region_list_remove(struct region_list *list, uint64_t start, uint64_t end)
{
    for (unsigned i = 0; i < list->count;) {
        struct boot_region *region = &list->region[i];
        if (start >= end || region->end <= start || region->start >= end) {
            i++;
        } else if (region->start < start && region->end > end) {
            uint64_t upper_end = region->end;
            region->end = start;
            region_list_add(list, end, upper_end);
            return;
        } else if (region->start < start) {
            region->end = start;
            i++;
        } else if (region->end > end) {
            region->start = end;
            return;
        } else {
            shift(list, i + 1, i);
        }
    }
}

static uint64_t region_end(const struct loader_region *region)
{
    return region->length > UINT64_MAX - region->start ? UINT64_MAX : region->start + region->length;
}

void memory_find_ram(const struct loader_facts *loader, struct region_list *ram)
{
    for (unsigned i = 0; i < loader->region_count; i++) {
        const struct loader_region *region = &loader->region[i];
        uint64_t start = region->start < RAM_START ? RAM_START : region->start;
        uint64_t end = region_end(region) < WINDOW_TOP ? region_end(region) : WINDOW_TOP;
        if (region->type != LOADER_REGION_RAM || start >= end)
            continue;
        if (!region_list_add(ram, align_up(start, ABI_PAGE_BITS), align_down(end, ABI_PAGE_BITS)))
            print("Pecan: too many memory regions: %lx..%lx is not used\n", start, end);
    }
    for (unsigned i = 0; i < loader->region_count; i++) {
        const struct loader_region *region = &loader->region[i];
        if (region->type != LOADER_REGION_RAM && region->length > 0 && region->start < WINDOW_TOP) {
            uint64_t end = region_end(region) < WINDOW_TOP ? region_end(region) : WINDOW_TOP;
            region_list_remove(ram, align_down(region->start, ABI_PAGE_BITS), align_up(end, ABI_PAGE_BITS));
        }
    }
    if (ram->count == 0)
        boot_refuse("the boot loader's memory map has no usable memory above 1 MiB");
}

void memory_take_reserved(struct region_list *ram, const struct region_list *reserved)
{
    for (unsigned i = 0; i < reserved->count; i++)
        region_list_remove(ram, align_down(reserved->region[i].start, ABI_PAGE_BITS),
                           align_up(reserved->region[i].end, ABI_PAGE_BITS));
}
