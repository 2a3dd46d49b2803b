/*
 * What is known of the initial thread before the harness changed anything.
 */
#pragma once

#include "test.h"

/* Registers at the entry of the program; pc and bases are 0. */
extern const seL4_UserContext entry_registers;
/* DS, ES, FS and GS, 16 bits each. */
extern const seL4_Word entry_selectors;

/* Microseconds that it ran at a time beside a thread of its priority. */
seL4_Word initial_slice_us(void);
