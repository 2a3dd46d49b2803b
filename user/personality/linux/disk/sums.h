/*
 * Checksums of the pages that were given to the file server: what comes back different is an error, not data, whichever component on the
 * way to the disk and back was wrong.
 *
 * There is room for so many pages as the personality has memory, at a cost of 1/256 of it; of more, the ones written last are
 * known. They are not on the disk: what the machine finds there when it starts is not checked.
 */
#pragma once

#include "personality/linux/disk/disk.h"

/* Takes the memory, once; without it no page is checked. */
void disk_sums_start(void);

/* The server is about to get these contents of a page (PAGE_SIZE bytes). */
void disk_sum_keep(const struct disk_file *file, uint64_t page, const void *data);

/* Nothing is known any more of the pages from `first` up to, but not with, `end`: they were cut off, or not written. */
void disk_sums_forget(const struct disk_file *file, uint64_t first, uint64_t end);

/* False: something else was written to the page than these contents. */
bool disk_sum_fits(const struct disk_file *file, uint64_t page, const void *data);
