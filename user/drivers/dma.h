/*
 * Memory that a device reads and writes. A driver is given one piece of it and takes what it needs from that: what a device
 * can reach is known and bounded.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct dma {
    void *memory;
    uint64_t address; /* where the device finds it: the physical address, as long as no IOMMU translates */
    size_t bytes;
};

/* Takes a piece, aligned for the device and for this program, from the front of `rest`; false if it does not fit. */
static inline bool dma_take(struct dma *rest, size_t bytes, size_t alignment, struct dma *piece)
{
    size_t skipped = (size_t)(-rest->address & (alignment - 1));
    if (skipped > rest->bytes || bytes > rest->bytes - skipped)
        return false;
    *piece = (struct dma){(char *)rest->memory + skipped, rest->address + skipped, bytes};
    *rest = (struct dma){(char *)piece->memory + bytes, piece->address + bytes, rest->bytes - skipped - bytes};
    return true;
}
