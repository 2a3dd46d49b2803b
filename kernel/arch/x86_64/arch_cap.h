/*
 * The capabilities that x86_64 adds. Their fields are packed and unpacked here, by total functions.
 *
 *   frame                      word 0: rights 6..5, size 8..7, device 9, physical address 63..16
 *   table (PT, PD, PDPT)       word 0: physical address
 *   PML4                       word 0: physical address
 *     these, word 1: address 47..12 they are mapped at (none for a PML4), address space number (ASID) 11..0; ASID 0: unmapped
 *   ASID pool                  word 0: physical address;  word 1: number of the pool
 *   I/O port                   word 1: first port 15..0, last port 31..16
 *   ASID control, I/O port control: the type is all
 *
 * A capability that says "mapped" may be out of date: its address space may have lost its ASID, or something else may have
 * taken its place there. Who acts on it looks at the tables first.
 */
#pragma once

#include "abi/object.h"
#include "object/cap.h"

/* --- mapping: where frames and tables hang; word 1 of both ---------------------------------------------------------- */

static_assert(ABI_ASID_POOL_INDEX_BITS + ABI_NUM_ASID_POOLS_LOG2 <= ABI_PAGE_BITS, "an ASID fits below a page address");

static inline unsigned cap_mapped_asid(struct cap cap)
{
    return (unsigned)(cap.word[1] & mask_low(ABI_PAGE_BITS));
}
static inline uint64_t cap_mapped_address(struct cap cap)
{
    return align_down(cap.word[1], ABI_PAGE_BITS);
}
static inline bool cap_is_mapped(struct cap cap)
{
    return cap_mapped_asid(cap) != 0;
}
/* The same capability, mapped at `address` in the space `asid`; asid 0, address 0 unmaps it. */
static inline struct cap cap_with_mapping(struct cap cap, unsigned asid, uint64_t address)
{
    return (struct cap){{cap.word[0], align_down(address, ABI_PAGE_BITS) | (asid & mask_low(ABI_PAGE_BITS))}};
}
static inline struct cap cap_without_mapping(struct cap cap)
{
    return cap_with_mapping(cap, 0, 0);
}

/* --- frame ---------------------------------------------------------------------------------------------------------- */

/* Frames are 4 KiB, 2 MiB or 1 GiB; the size field counts the table levels they save. */
#define FRAME_SIZE_FIELD(size_bits) (((size_bits)-ABI_PAGE_BITS) / ABI_TABLE_INDEX_BITS)

/* Only read-write, read-only and none are told apart: writing without reading is none. */
static inline struct rights frame_rights(struct rights rights)
{
    return (struct rights){(uint8_t)(rights.bits & RIGHT_READ ? rights.bits & (RIGHT_READ | RIGHT_WRITE) : 0)};
}
static inline struct cap cap_frame_new(uint64_t paddr, unsigned size_bits, bool is_device, struct rights rights)
{
    return cap_make(ABI_CAP_TYPE_FRAME, paddr,
                    (uint64_t)frame_rights(rights).bits << 5 | (uint64_t)FRAME_SIZE_FIELD(size_bits) << 7 |
                        (uint64_t)is_device << 9,
                    0);
}
static inline struct rights cap_frame_rights(struct cap cap)
{
    return (struct rights){(uint8_t)cap_field(cap, 5, 2)};
}
static inline unsigned cap_frame_size_bits(struct cap cap)
{
    return ABI_PAGE_BITS + ABI_TABLE_INDEX_BITS * (unsigned)cap_field(cap, 7, 2);
}
static inline bool cap_frame_is_device(struct cap cap)
{
    return cap_field(cap, 9, 1);
}
/* All at once: a frame, no device, with all of `rights` (of RIGHT_READ and RIGHT_WRITE). */
static inline bool cap_frame_is_memory(struct cap cap, unsigned rights)
{
    uint64_t wanted = ABI_CAP_TYPE_FRAME | (uint64_t)rights << 5;
    return (cap.word[0] & (31 | BIT(9) | (uint64_t)rights << 5)) == wanted;
}
static inline struct cap cap_frame_mask_rights(struct cap cap, struct rights mask)
{
    struct rights left = frame_rights((struct rights){cap_frame_rights(cap).bits & mask.bits});
    cap.word[0] = (cap.word[0] & ~(mask_low(2) << 5)) | (uint64_t)left.bits << 5;
    return cap;
}

/* --- page tables ---------------------------------------------------------------------------------------------------- */

/* `type` is one of PAGE_TABLE, PAGE_DIRECTORY, PDPT, PML4. */
static inline struct cap cap_table_new(unsigned type, uint64_t paddr)
{
    return cap_make(type, paddr, 0, 0);
}
/* log2 of the bytes of address space that a table covers: 21, 30, 39 (PML4: 48). */
static inline unsigned cap_table_span_bits(struct cap cap)
{
    return ABI_PAGE_BITS + ABI_TABLE_INDEX_BITS * ((cap_type(cap) - ABI_CAP_TYPE_PAGE_TABLE) / 2 + 1);
}
/* A PML4 that has (or had) an ASID. */
static inline bool cap_is_assigned_pml4(struct cap cap)
{
    return cap_type(cap) == ABI_CAP_TYPE_PML4 && cap_is_mapped(cap);
}

/* --- ASIDs ---------------------------------------------------------------------------------------------------------- */

static inline struct cap cap_asid_control_new(void)
{
    return cap_make(ABI_CAP_TYPE_ASID_CONTROL, 0, 0, 0);
}
/* `number` is the pool's place in the ASID table. */
static inline struct cap cap_asid_pool_new(uint64_t paddr, unsigned number)
{
    return cap_make(ABI_CAP_TYPE_ASID_POOL, paddr, 0, number);
}
static inline unsigned cap_asid_pool_number(struct cap cap)
{
    return (unsigned)(cap.word[1] & (ABI_NUM_ASID_POOLS - 1));
}

/* --- I/O ports ------------------------------------------------------------------------------------------------------ */

static inline struct cap cap_ioport_control_new(void)
{
    return cap_make(ABI_CAP_TYPE_IO_PORT_CONTROL, 0, 0, 0);
}
/* Ports first..last, both included. */
static inline struct cap cap_ioport_new(uint16_t first, uint16_t last)
{
    return cap_make(ABI_CAP_TYPE_IO_PORT, 0, 0, (uint64_t)last << 16 | first);
}
static inline uint16_t cap_ioport_first(struct cap cap)
{
    return (uint16_t)cap.word[1];
}
static inline uint16_t cap_ioport_last(struct cap cap)
{
    return (uint16_t)(cap.word[1] >> 16);
}
