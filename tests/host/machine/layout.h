/*
 * The host as a machine: "physical memory" is an array, one processor, eight interrupt lines.
 * hal_host.h is what tests do with it.
 */
#pragma once

#include "lib/compiler.h"

#define HAL_IRQ_COUNT  8
#define HOST_RAM_START UINT64_C(0x100000)
#define HOST_RAM_BYTES UINT64_C(0x400000)
#define HOST_LOG_BYTES UINT64_C(0x1000)

struct cpu;

extern uint8_t host_ram[HOST_RAM_BYTES + HOST_LOG_BYTES];
extern struct cpu host_cpu;

static inline void *hal_window(uint64_t paddr)
{
    return host_ram + (paddr - HOST_RAM_START);
}
static inline uint64_t hal_paddr(const void *pointer)
{
    return (uint64_t)((const uint8_t *)pointer - host_ram) + HOST_RAM_START;
}
static inline struct cpu *this_cpu(void)
{
    return &host_cpu;
}
