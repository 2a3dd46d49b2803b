/* Mapping memory into the component itself. */
#pragma once

#include <sel4/sel4.h>
#include <stdbool.h>
#include <stdint.h>

/* Maps a frame at an address, with the tables that this needs. */
bool own_memory_map(seL4_CPtr frame, uintptr_t address);

/* Sees to it that [base, base + bytes) is memory; what is there already stays. Each base is one growing area. */
bool own_memory_extend(uintptr_t base, uint64_t bytes);
