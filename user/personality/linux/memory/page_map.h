/*
 * The pages of one address space that have a frame: a tree of four levels of 512 entries, one frame per node.
 *
 * An entry says which frame a page has and whether and how the hardware maps it. A frame without a mapping is normal:
 * after fork, or when only the personality has touched the page.
 */
#pragma once

#include "personality/linux/machine.h"

struct page_entry {
    uint32_t frame;        /* 0: none */
    uint32_t mapping : 31; /* as machine_page_map gave it; 0: not mapped */
    uint32_t writable : 1; /* the mapping allows writing */
};

struct page_map {
    uint32_t root; /* frame of the top node; 0: empty */
};

/* The entry of a page, or null if it has none. */
struct page_entry *page_map_find(const struct page_map *map, uint64_t address);

/* The entry of a page, made if needed; null when memory is exhausted. */
struct page_entry *page_map_make(struct page_map *map, uint64_t address);

/* The first page with a frame in [*address, end): its entry, and *address is its address. Null if there is none. */
struct page_entry *page_map_next(const struct page_map *map, uint64_t *address, uint64_t end);

/* Gives the nodes back; the frames in the entries are the caller's concern. */
void page_map_destroy(struct page_map *map);
