#include "personality/linux/memory/page_map.h"

#include "personality/linux/support/frame.h"

enum { LEVELS = 4, LEVEL_BITS = 9, ENTRIES = 1 << LEVEL_BITS };

static unsigned entry_index(uint64_t address, int level)
{
    return (unsigned)(address >> (PAGE_BITS + LEVEL_BITS * level)) & (ENTRIES - 1);
}

struct page_entry *page_map_find(const struct page_map *map, uint64_t address)
{
    uint32_t node = map->root;
    for (int level = LEVELS - 1; level > 0 && node; level--)
        node = ((uint64_t *)frame_data(node))[entry_index(address, level)] & UINT32_MAX;
    if (!node)
        return NULL;
    struct page_entry *entry = (struct page_entry *)frame_data(node) + entry_index(address, 0);
    return entry->frame ? entry : NULL;
}

struct page_entry *page_map_make(struct page_map *map, uint64_t address)
{
    if (!map->root && !(map->root = frame_allocate_zeroed()))
        return NULL;

    uint32_t node = map->root;
    for (int level = LEVELS - 1; level > 0; level--) {
        uint64_t *entry = (uint64_t *)frame_data(node) + entry_index(address, level);
        if (!*entry && !(*entry = frame_allocate_zeroed()))
            return NULL;
        node = (uint32_t)*entry;
    }
    return (struct page_entry *)frame_data(node) + entry_index(address, 0);
}

/* The address of the first used entry of an inner node from the one for `address` on; the end of the node if none is. */
static uint64_t inner_node_skip(const uint64_t *entries, uint64_t address, int level)
{
    uint64_t step = 1ull << (PAGE_BITS + LEVEL_BITS * level); /* everything that an entry covers */
    address &= ~(step - 1);
    for (unsigned i = entry_index(address, level); i < ENTRIES && !entries[i]; i++)
        address += step;
    return address;
}

struct page_entry *page_map_next(const struct page_map *map, uint64_t *address, uint64_t end)
{
    uint64_t at = *address;
    while (map->root && at < end) {
        uint32_t node = map->root, child = node;
        int level = LEVELS;
        while (child && --level > 0) {
            node = child;
            child = (uint32_t)((uint64_t *)frame_data(node))[entry_index(at, level)];
        }
        if (!child) {
            at = inner_node_skip(frame_data(node), at, level);
            continue;
        }
        struct page_entry *entries = frame_data(child);
        for (unsigned i = entry_index(at, 0); i < ENTRIES && at < end; i++, at += PAGE_SIZE) {
            if (entries[i].frame) {
                *address = at;
                return &entries[i];
            }
        }
    }
    return NULL;
}

static void inner_node_release(uint32_t node, int level)
{
    /* At most LEVELS deep: a loop per level would only hide that. */
    uint64_t *entries = frame_data(node);
    for (unsigned i = 0; level > 0 && i < ENTRIES; i++) {
        if (entries[i])
            inner_node_release((uint32_t)entries[i], level - 1);
    }
    frame_release(node);
}

void page_map_destroy(struct page_map *map)
{
    if (map->root)
        inner_node_release(map->root, LEVELS - 1);
    map->root = 0;
}
