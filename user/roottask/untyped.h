/*
 * The memory that the kernel gave, as untyped capabilities: objects are cut from it and never given back. What comes and
 * goes with programs is cut once into blocks of one page (block.h) or frames (frame_pool.h) that are used again.
 */
#pragma once

#include <sel4/sel4.h>
#include <stdbool.h>
#include <stdint.h>

void untyped_initialise(const seL4_BootInfo *info);

/* Makes one object in an empty slot. `size_bits` matters for CNodes, untypeds and scheduling contexts. */
bool untyped_make(seL4_Word type, seL4_Word size_bits, seL4_CPtr slot);

/* Makes one object in a slot of its own: the slot, or 0 when memory is exhausted. */
seL4_CPtr untyped_make_new(seL4_Word type, seL4_Word size_bits);

/* Makes up to `wanted` objects of one page in consecutive slots; gives how many. */
unsigned untyped_make_pages(seL4_Word type, seL4_CPtr first_slot, unsigned wanted);

/* Makes a CNode in slot `index` of the CNode `top`. */
bool untyped_make_leaf(seL4_Word size_bits, seL4_CPtr top, seL4_Word index);

uint64_t untyped_pages_total(void);
uint64_t untyped_pages_left(void);
