/* The kernel's own layout, but memory is an array and the processor a variable. */
#pragma once

#define hal_window kernel_hal_window
#define hal_paddr  kernel_hal_paddr
#define this_cpu   kernel_this_cpu
#include "../../../../../../kernel/arch/x86_64/machine/layout.h"
#undef hal_window
#undef hal_paddr
#undef this_cpu

#include "lib/compiler.h"

#define FAKE_RAM_START 0x100000u
#define FAKE_RAM_BYTES 0x800000u

/* Fails the test when `paddr` is not in the fake RAM. */
void *fake_window(uint64_t paddr);
uint64_t fake_paddr(const void *pointer);
struct cpu *fake_this_cpu(void);

static inline void *hal_window(uint64_t paddr)
{
    return fake_window(paddr);
}
static inline uint64_t hal_paddr(const void *pointer)
{
    return fake_paddr(pointer);
}
static inline struct cpu *this_cpu(void)
{
    return fake_this_cpu();
}
