/*
 * Where things are in the kernel's address space: the last entry of every root table (512 GiB), the same in all spaces.
 *
 *   0xffffff80_00000000   window: RAM at its physical address + WINDOW_BASE, [0, 510 GiB), 1 GiB pages, no execute
 *   0xffffffff_80000000   image: the kernel at its physical address + IMAGE_BASE, 4 KiB pages with the sections' rights
 *   0xffffffff_c0000000   devices the kernel drives, one 4 KiB page each, uncached
 *
 * Also read by assembly code and the linker script's author: plain numbers first.
 */
#pragma once

#define WINDOW_BASE 0xffffff8000000000
#define IMAGE_BASE  0xffffffff80000000
#define DEVICE_BASE 0xffffffffc0000000

#define WINDOW_GIB 510
/* The entry of a root table that holds the kernel. */
#define KERNEL_ROOT_ENTRY 511
#define USER_TOP          0x7fffffffffff

/* Interrupt lines as the interface numbers them, and the processor's vectors. */
#define HAL_IRQ_COUNT     108
#define VECTOR_IRQ_BASE   0x30
#define VECTOR_TIMER      156
#define VECTOR_SPURIOUS   157
#define VECTOR_USER_FIRST 158 /* user code may raise 158..254 */
#define VECTOR_USER_LAST  254

#define KERNEL_STACK_BYTES    8192
#define EXCEPTION_STACK_BYTES 4096

/* Selectors. User code has two equal segments: one for `iret`, one for `sysret`. */
#define SELECTOR_KERNEL_CODE 0x08
#define SELECTOR_KERNEL_DATA 0x10
#define SELECTOR_TASK        0x18
#define SELECTOR_USER_CODE   0x2b
#define SELECTOR_USER_DATA   0x33
#define SELECTOR_USER_SYSRET 0x3b
#define SELECTOR_USER_DATA2  0x43

#ifndef __ASSEMBLER__

#include "lib/compiler.h"

struct cpu;

static inline void *hal_window(uint64_t paddr)
{
    return (void *)(paddr + WINDOW_BASE);
}
static inline uint64_t hal_paddr(const void *pointer)
{
    return (uint64_t)pointer - WINDOW_BASE;
}
/* The same for addresses of the kernel image. */
static inline uint64_t image_paddr(const void *pointer)
{
    return (uint64_t)pointer - IMAGE_BASE;
}

/* The address lies in the lower or the upper half that 48 bits can name. */
static inline bool address_is_canonical(uint64_t address)
{
    return (uint64_t)((int64_t)(address << 16) >> 16) == address;
}

/* There is one processor. With several, each has a kernel stack of its own, whose address leads to its struct cpu: GS is the
 * users' in the kernel too. */
extern struct cpu boot_cpu;
static inline struct cpu *this_cpu(void)
{
    return &boot_cpu;
}

#endif
