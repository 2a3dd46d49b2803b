/*
 * Entries of the four levels of page tables, and the walk down to one of them (page_table.c).
 *
 *   level      index in the address   an entry covers   it is
 *   PML4       47..39                 512 GiB           a PDPT
 *   PDPT       38..30                 1 GiB             a PD, or a 1 GiB page
 *   PD         29..21                 2 MiB             a PT, or a 2 MiB page
 *   PT         20..12                 4 KiB             a 4 KiB page
 */
#pragma once

#include "abi/object.h"
#include "hal/hal.h"

#define PAGE_PRESENT    BIT(0)
#define PAGE_WRITE      BIT(1)
#define PAGE_USER       BIT(2)
#define PAGE_WRITE_THRU BIT(3)
#define PAGE_UNCACHED   BIT(4)
#define PAGE_LARGE      BIT(7) /* of PD and PDPT entries */
#define PAGE_PAT_SMALL  BIT(7) /* of PT entries */
#define PAGE_GLOBAL     BIT(8)
#define PAGE_PAT_LARGE  BIT(12) /* of large pages */
#define PAGE_NO_EXECUTE BIT(63)

#define TABLE_ENTRIES     (1u << ABI_TABLE_INDEX_BITS)
#define PAGE_ADDRESS_MASK (mask_low(52) & ~mask_low(ABI_PAGE_BITS))
#define PML4_ENTRY_BITS   39
/* The last entry of every PML4 leads to the kernel. */
#define PML4_KERNEL_INDEX (TABLE_ENTRIES - 1)
/* The one before holds the space word (vspace.h): to the processor it is not present. */
#define PML4_SPACE_INDEX (TABLE_ENTRIES - 2)

/* The physical address in an entry that leads to a table; also in the root word of an address space. */
static inline uint64_t page_entry_address(uint64_t entry)
{
    return entry & PAGE_ADDRESS_MASK;
}
/* Above the PT level: whether the entry leads to a table. */
static inline bool page_entry_is_table(uint64_t entry)
{
    return (entry & (PAGE_PRESENT | PAGE_LARGE)) == PAGE_PRESENT;
}
/* An entry that leads to the table at `paddr`; of the interface's attributes the two that such an entry has. */
static inline uint64_t page_entry_table(uint64_t paddr, uint64_t attributes)
{
    return paddr | PAGE_PRESENT | PAGE_WRITE | PAGE_USER | (attributes & 3) * PAGE_WRITE_THRU;
}
/* An entry that maps a frame of 2^size_bits bytes, a multiple of which `paddr` is. No rights: only the kernel could use it. */
static inline uint64_t page_entry_frame(uint64_t paddr, unsigned size_bits, struct rights rights, uint64_t attributes)
{
    static_assert(PAGE_WRITE == RIGHT_WRITE << 1 && PAGE_USER == RIGHT_READ << 1, "rights are shifted to their place");
    uint64_t entry = paddr | PAGE_PRESENT | (attributes & 3) * PAGE_WRITE_THRU;
    if (rights.bits & RIGHT_READ)
        entry |= (rights.bits & (RIGHT_READ | RIGHT_WRITE)) << 1;
    if (size_bits == ABI_PAGE_BITS)
        return entry | (attributes & 4 ? PAGE_PAT_SMALL : 0);
    return entry | PAGE_LARGE | (attributes & 4 ? PAGE_PAT_LARGE : 0);
}
/* Whether an entry of the level for pages of 2^size_bits bytes maps the frame at `paddr`. */
static inline bool page_entry_maps_frame(uint64_t entry, unsigned size_bits, uint64_t paddr)
{
    uint64_t kind = PAGE_PRESENT | (size_bits == ABI_PAGE_BITS ? 0 : PAGE_LARGE);
    return (entry & kind) == kind && align_down(entry & PAGE_ADDRESS_MASK, size_bits) == paddr;
}

static inline unsigned page_entry_index(uint64_t address, unsigned entry_bits)
{
    return (unsigned)(address >> entry_bits) & (TABLE_ENTRIES - 1);
}

/* The entry for an address, or the level at which the way down ends. */
struct page_walk {
    uint64_t *entry;       /* null when a table is missing */
    unsigned missing_bits; /* then: log2 of what the missing table would cover, the interface's "bits left" */
};

/* Goes down from the PML4 at `root` to the entry that covers 2^entry_bits bytes (12, 21, 30 or 39) at `address`. */
struct page_walk page_walk(uint64_t root, uint64_t address, unsigned entry_bits);
