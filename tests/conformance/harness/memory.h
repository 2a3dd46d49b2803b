/*
 * Mapping frames: windows into the root address space, address spaces of a test, and where untyped memory lies.
 */
#pragma once

#include "objects.h"
#include "worker.h"

/* Far from the program: tables for it are made by the first window of a test. */
#define WINDOW_ADDRESS 0x10000000000

/* A page of addresses at which a frame can be looked at. */
struct window {
    seL4_Word address;
    seL4_CPtr mapped; /* 0: none */
};

/* At most 512 in a test. */
struct window window_new(void);
/* Maps the frame there for reading and writing, in place of what is there. */
void *window_map(struct window *window, seL4_CPtr frame);
void window_unmap(struct window *window);
/* An access faults. */
void check_nothing_mapped(const char *file, int line, seL4_Word address);
#define expect_nothing_mapped(window) check_nothing_mapped(__FILE__, __LINE__, (window)->address)

/* What an access by a thread in the root address space, or `vspace`, meets: 0, or the status of its VMFault. */
#define ACCESS_NO_FAULT (~0ul)
seL4_Word read_status(seL4_CPtr vspace, seL4_Word address);
seL4_Word write_status(seL4_CPtr vspace, seL4_Word address);

/* A root table with an ASID of the initial pool. */
seL4_CPtr vspace_new(void);
/* A second address space with the pages of the program, so that workers can run in it; buffers and stacks are shared. */
seL4_CPtr vspace_with_program(void);
/* Maps tables down to the page table for `address`; those that are there already stay. */
void tables_map(seL4_CPtr vspace, seL4_Word address);

/* The untyped of the boot information that holds the physical address; 0 when none does. */
seL4_CPtr untyped_at(seL4_Word address);
seL4_Word untyped_address(seL4_CPtr untyped);
