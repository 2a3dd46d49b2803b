/*
 * Names of the kernel's functions, for backtraces. The build makes the table when it links a debug kernel; that of a
 * release kernel is empty.
 */
#pragma once

#include <stdint.h>

struct symbol {
    uint64_t address;
    const char *name;
};

/* The function that `address` lies in, or null when no name is known. Callable at any time. */
const struct symbol *symbol_find(uint64_t address);
