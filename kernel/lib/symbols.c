#include "lib/symbols.h"
#include <stddef.h>

/* Made by the build; ascending addresses. */
extern const struct symbol kernel_symbols[];
extern const uint64_t kernel_symbol_count;

const struct symbol *symbol_find(uint64_t address)
{
    size_t low = 0;
    size_t high = kernel_symbol_count;

    /* Invariant: what stands before `low` begins at or below the address, what stands from `high` on begins above. */
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (kernel_symbols[middle].address <= address)
            low = middle + 1;
        else
            high = middle;
    }
    return low == 0 ? NULL : &kernel_symbols[low - 1];
}
