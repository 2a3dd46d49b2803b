/*
 * Blocks: pages of untyped memory that hold the kernel objects of programs (threads, address spaces, page tables). When
 * the objects in a block are deleted the block can hold others.
 */
#pragma once

#include <sel4/sel4.h>
#include <stdbool.h>
#include <stdint.h>

seL4_CPtr block_allocate(void);   /* an untyped of one page; 0: no memory */
void block_free(seL4_CPtr block); /* nothing is left in it */
uint64_t blocks_free(void);

/* Makes an object in the block, after those that are in it. Its slot, or 0: no slot. */
seL4_CPtr block_make(seL4_CPtr block, seL4_Word type, seL4_Word size_bits);
