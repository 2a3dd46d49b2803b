#include "personality/linux/memory/region.h"

#include "personality/linux/disk/pages.h"
#include "personality/linux/file/inode.h"
#include "personality/linux/support/heap.h"
#include <stddef.h>

static struct region *region_at(const struct list *entry)
{
    return list_item(entry, struct region, in_space);
}

void region_set_initialise(struct region_set *set)
{
    list_initialise(&set->regions);
    set->count = 0;
}

static void region_delete(struct region_set *set, struct region *region)
{
    list_remove(&region->in_space);
    set->count--;
    if (region->inode) {
        region->inode->mappings--;
        if (region->shared && region->inode->disk)
            disk_pages_mapped_changed(region->inode);
        inode_release(region->inode);
    }
    heap_free(region);
}

void region_set_clear(struct region_set *set)
{
    list_each (entry, &set->regions)
        region_delete(set, region_at(entry));
}

struct region *region_find_from(const struct region_set *set, uint64_t address)
{
    for (struct list *entry = set->regions.next; entry != &set->regions; entry = entry->next) {
        if (region_at(entry)->end > address)
            return region_at(entry);
    }
    return NULL;
}

struct region *region_find(const struct region_set *set, uint64_t address)
{
    struct region *region = region_find_from(set, address);
    return region && region->start <= address ? region : NULL;
}

bool region_range_is_covered(const struct region_set *set, uint64_t start, uint64_t end)
{
    while (start < end) {
        const struct region *region = region_find(set, start);
        if (!region)
            return false;
        start = region->end;
    }
    return true;
}

uint64_t region_find_gap(const struct region_set *set, uint64_t bytes, uint64_t bottom, uint64_t top)
{
    uint64_t gap_end = top;
    for (const struct list *entry = set->regions.previous; entry != &set->regions; entry = entry->previous) {
        const struct region *region = region_at(entry);
        if (region->start >= gap_end)
            continue;
        if (region->end < gap_end && gap_end - region->end >= bytes && region->end >= bottom)
            return gap_end - bytes;
        gap_end = region->start;
    }
    return gap_end >= bottom && gap_end - bottom >= bytes ? gap_end - bytes : 0;
}

static struct region *region_insert(struct region_set *set, const struct region *description)
{
    struct region *region = set->count < REGION_LIMIT ? heap_allocate(sizeof *region) : NULL;
    if (!region)
        return NULL;
    *region = *description;
    if (region->inode) {
        inode_reference(region->inode);
        region->inode->mappings++;
    }

    struct region *successor = region_find_from(set, region->start);
    list_insert_before(successor ? &successor->in_space : &set->regions, &region->in_space);
    set->count++;
    return region;
}

static bool region_continues(const struct region *lower, const struct region *upper)
{
    return lower->end == upper->start && lower->protection == upper->protection && lower->shared == upper->shared &&
           lower->read_only == upper->read_only && lower->inode == upper->inode &&
           (!lower->inode || lower->offset + (lower->end - lower->start) == upper->offset);
}

/* Makes one region of two that continue each other. */
static void region_merge(struct region_set *set, struct region *lower, struct region *upper)
{
    lower->end = upper->end;
    region_delete(set, upper);
}

struct region *region_add(struct region_set *set, const struct region *description)
{
    struct region *region = region_insert(set, description);
    if (!region)
        return NULL;
    struct list *before = region->in_space.previous, *after = region->in_space.next;
    if (after != &set->regions && region_continues(region, region_at(after)))
        region_merge(set, region, region_at(after));
    if (before != &set->regions && region_continues(region_at(before), region)) {
        region_merge(set, region_at(before), region);
        region = region_at(before);
    }
    return region;
}

static bool region_split_one(struct region_set *set, uint64_t address)
{
    struct region *region = region_find(set, address);
    if (!region || region->start == address)
        return true;

    struct region upper = *region;
    upper.start = address;
    upper.offset += address - region->start;
    uint64_t end = region->end;
    region->end = address;
    if (region_insert(set, &upper))
        return true;
    region->end = end;
    return false;
}

bool region_split_at(struct region_set *set, uint64_t start, uint64_t end)
{
    return region_split_one(set, start) && region_split_one(set, end);
}

bool region_remove(struct region_set *set, uint64_t start, uint64_t end)
{
    if (!region_split_at(set, start, end))
        return false;
    list_each (entry, &set->regions) {
        struct region *region = region_at(entry);
        if (region->start >= start && region->end <= end)
            region_delete(set, region);
    }
    return true;
}

bool region_set_copy(struct region_set *copy, const struct region_set *source)
{
    region_set_initialise(copy);
    for (const struct list *entry = source->regions.next; entry != &source->regions; entry = entry->next) {
        if (!region_insert(copy, region_at(entry))) {
            region_set_clear(copy);
            return false;
        }
    }
    return true;
}
