/* The kernel's own layout, but physical memory is 4 GiB of the test's own address space. */
#pragma once

#define hal_window kernel_hal_window
#define hal_paddr  kernel_hal_paddr
#define this_cpu   kernel_this_cpu
#include "../../../../../kernel/arch/x86_64/machine/layout.h"
#undef hal_window
#undef hal_paddr
#undef this_cpu

extern unsigned char *fake_memory;

static inline void *hal_window(uint64_t paddr)
{
    return fake_memory + paddr;
}
static inline uint64_t hal_paddr(const void *pointer)
{
    return (uint64_t)((const unsigned char *)pointer - fake_memory);
}
static inline struct cpu *this_cpu(void)
{
    return 0;
}
