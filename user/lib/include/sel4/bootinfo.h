/*
 * What the kernel tells the first program.
 */
#pragma once

#include <sel4/bootinfo_types.h>

/* Stores the address that the program's entry got, for seL4_GetBootInfo. The start-up code of the library calls it. */
void seL4_InitBootInfo(seL4_BootInfo *bi);

/* The boot information, or null in a program that the kernel did not start. */
seL4_BootInfo *seL4_GetBootInfo(void);
