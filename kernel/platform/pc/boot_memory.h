/* Lists of memory regions, and which memory is free at boot. */
#pragma once

#include "hal/entry.h"
#include "platform/pc/boot_loader.h"

#define REGION_LIST_MAX 64

/* Ascending, disjoint, not touching each other, none empty. */
struct region_list {
    struct boot_region region[REGION_LIST_MAX];
    unsigned count;
};

/* Adds [start, end), merging it with what it touches. False when the list is full: it is unchanged then. */
bool region_list_add(struct region_list *list, uint64_t start, uint64_t end);
/* Takes [start, end) out. What no longer fits, when a region is split and the list is full, is the upper part. */
void region_list_remove(struct region_list *list, uint64_t start, uint64_t end);

/* RAM that the loader's map names, in whole pages, from 1 MiB up to the end of what the window can hold; what another entry
 * of the map calls something else is left out. Refuses to boot when there is none. */
void memory_find_ram(const struct loader_facts *loader, struct region_list *ram);
/* Takes the pages that `reserved` touches out of `ram`. */
void memory_take_reserved(struct region_list *ram, const struct region_list *reserved);
