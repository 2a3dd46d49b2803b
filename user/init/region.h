/*
 * Memory regions: their frames are made once, filled once, and outlive every domain that maps them.
 */
#pragma once

#include "init/description.h"

#include <stdbool.h>

/* Slots that the frames of all regions take. */
uint64_t regions_slots(void);

/*
 * Makes the frames of regions that must lie at a physical address; those in one piece of 2^size_bits bytes; the other
 * ones of a page size. init_fail if there is no memory.
 */
void regions_make_fixed(void);
void regions_make_contiguous(uint32_t size_bits);
void regions_make_pages(uint32_t page_bits);

/* Writes what the description says into the regions. */
void regions_fill(void);

/* How much of a region is there: all that is described, or what the screen takes. */
uint64_t region_bytes(uint32_t index);

/* Whether it is memory that lies anywhere, and no device has been told where. */
bool region_is_for_programs(uint32_t index);

/* Writes a word; `offset` is a multiple of its size, in the region. False: the window is of no use. */
bool region_write_word(uint32_t index, uint64_t offset, uint64_t value);

/* Copies from a region; the range lies inside it. False: the window is of no use. */
bool region_read(uint32_t index, uint64_t offset, void *to, uint64_t bytes);
