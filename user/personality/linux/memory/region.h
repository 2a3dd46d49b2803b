/*
 * The regions of an address space: ranges of pages with one protection and one origin, sorted, never overlapping.
 *
 * Only bookkeeping: which frame a page has is the page map's business. All addresses are multiples of PAGE_SIZE.
 */
#pragma once

#include "personality/linux/support/list.h"
#include <stdbool.h>
#include <stdint.h>

struct inode;

struct region {
    struct list in_space;
    uint64_t start, end;
    uint32_t protection; /* PROT_ bits */
    bool shared;         /* writes go to the origin and are seen by all who map it */
    bool read_only;      /* and this program may never write: it has not opened the file for that */
    struct inode *inode; /* origin; null: zeroed memory. The region holds a reference */
    uint64_t offset;     /* of `start` in the origin, in bytes */
};

struct region_set {
    struct list regions;
    unsigned count;
};

enum { REGION_LIMIT = 4096 }; /* a program that splits its memory into more gets ENOMEM */

void region_set_initialise(struct region_set *set);
void region_set_clear(struct region_set *set);

struct region *region_find(const struct region_set *set, uint64_t address);      /* that holds `address`, or null */
struct region *region_find_from(const struct region_set *set, uint64_t address); /* the first with end > address */
bool region_range_is_covered(const struct region_set *set, uint64_t start, uint64_t end);

/* The highest free range of `bytes` below `top` and above `bottom`; 0 if there is none. */
uint64_t region_find_gap(const struct region_set *set, uint64_t bytes, uint64_t bottom, uint64_t top);

/*
 * Adds a region (all but `in_space` is copied; the inode is referenced) to a free range. If it
 * continues a neighbour the two become one. Null when memory is exhausted.
 */
struct region *region_add(struct region_set *set, const struct region *description);

/* Takes [start, end) out of all regions; false (nothing changed) when that would need memory that is not there. */
bool region_remove(struct region_set *set, uint64_t start, uint64_t end);

/* Makes region borders at `start` and `end`, so that the regions between can be changed as wholes. False: no memory. */
bool region_split_at(struct region_set *set, uint64_t start, uint64_t end);

/* A set equal to `source`; false when memory is exhausted (the copy is then empty). */
bool region_set_copy(struct region_set *copy, const struct region_set *source);
