/*
 * A window in init's address space through which it writes to a frame before a domain gets it.
 */
#pragma once

#include <sel4/sel4.h>
#include <stdbool.h>
#include <stddef.h>

/* Makes the paging structures of the window. */
bool window_initialise(void);

/* Maps a frame; null if that fails. One frame at a time, and only one that is mapped nowhere. */
void *window_open(seL4_CPtr frame, seL4_Word page_bits);
void window_close(seL4_CPtr frame);
