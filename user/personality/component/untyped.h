/*
 * The memory of the component's budget, as untyped capabilities: objects are cut from it and never given back. What comes
 * and goes with programs is cut once into blocks of one page (block.h) or frames (frame_pool.h) that are used again.
 *
 * Frames come from the largest piece as long as there is one free: a device may reach that piece. All other objects come
 * from the smallest piece that has room.
 */
#pragma once

#include "personality/component/slots.h"

#include <sel4/sel4.h>
#include <stdbool.h>
#include <stdint.h>

/* Reads what the component's page says of the budget. */
void untyped_initialise(void);

/* Makes one object in an empty slot. `size_bits` matters for CNodes, untypeds and scheduling contexts. */
bool untyped_make(seL4_Word type, seL4_Word size_bits, seL4_CPtr slot);

/* Makes one object in a slot of its own: the slot, or 0 when memory is exhausted. */
seL4_CPtr untyped_make_new(seL4_Word type, seL4_Word size_bits);

/*
 * Makes up to `wanted` objects of one page in consecutive slots; gives how many. They lie one behind the other, the first
 * one at `*reach` in the largest piece; UINT64_MAX: in another one. Null: that does not matter.
 */
unsigned untyped_make_pages(seL4_Word type, seL4_CPtr first_slot, unsigned wanted, uint64_t *reach);

/* Makes a CNode at a place below `top`, which need not be the root that other objects go to. */
bool untyped_make_node(seL4_Word size_bits, seL4_CPtr top, struct slot_place place);

uint64_t untyped_pages_total(void);
uint64_t untyped_pages_left(void);
