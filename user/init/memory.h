/*
 * The memory and the capability slots that the kernel gave init. Both are only ever taken: what a domain uses up and
 * gives back is inside its own untyped memory and its own slots.
 */
#pragma once

#include <sel4/sel4.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The kernel's list of untyped memory. */
void memory_initialise(const seL4_BootInfo *info);

/* Makes `count` objects in the slots from `slot` on. False: the memory is used up. */
bool memory_make(seL4_Word type, seL4_Word size_bits, seL4_CPtr slot, size_t count);

/*
 * Makes untyped memory of 2^size_bits bytes at a physical address, RAM or device, in `slot`. Inside one piece of memory
 * the addresses of successive calls ascend. False: the address is not free.
 */
bool memory_make_at(uint64_t address, seL4_Word size_bits, seL4_CPtr slot);

/* Whether memory_make_at finds memory of a device at the address. */
bool memory_is_device_at(uint64_t address, seL4_Word size_bits);

/* A piece of RAM of 2^size_bits bytes. */
struct memory_piece {
    uint64_t address;
    seL4_Word size_bits;
};

/* Makes untyped memory of 2^size_bits bytes in `slot`, and says where it lies. False: the memory is used up. */
bool memory_make_piece(seL4_Word size_bits, seL4_CPtr slot, struct memory_piece *made);

/*
 * Makes untyped memory of all RAM that is left, the largest piece first, in the slots from `slot` on; pieces too small
 * for `most` slots, or for a page, are lost. Gives the number of pieces; 0: there are none.
 */
uint32_t memory_make_rest(seL4_CPtr slot, uint32_t most, struct memory_piece *made);

/* What the kernel says is left in an untyped capability, and in all RAM that init has; in bytes. */
uint64_t untyped_bytes_left(seL4_CPtr untyped);
uint64_t memory_bytes_left(void);

/*
 * Replaces init's capability space by one with room for `slot_count` more; what was in the old one keeps its address.
 */
bool slots_initialise(const seL4_BootInfo *info, uint64_t slot_count);

/* The first of `count` empty slots; 0: none are left. */
seL4_CPtr slots_take(size_t count);

/* The slots that hold something, as the kernel sees it. */
uint64_t slots_occupied(void);
