/*
 * A second address space for the root task's own program: the same memory through page tables of its own. Made of memory
 * that is never given back.
 */
#pragma once

#include <sel4/sel4.h>

/* A root table under which every page of the program lies where it lies in the first one. */
seL4_CPtr space_of_program(void);
/* Maps a frame for reading and writing, and the tables that are missing. */
void page_map(seL4_CPtr frame, seL4_CPtr space, seL4_Word address);
/* The frame of a page of the program. */
seL4_CPtr program_frame(const void *page);
