/*
 * The privileged instructions that C code needs, one function each. A host build supplies its own header of this name and
 * runs the rest of the architecture's code on a model.
 */
#pragma once

#include "lib/compiler.h"

/* --- address translation ------------------------------------------------------------------------------------------ */

/* Bits 51..12 root table, 11..0 process context; bit 63 (with process contexts in use): keep the context's translations. */
static inline void cr3_write(uint64_t value)
{
    __asm__ volatile("mov %0, %%cr3" ::"r"(value) : "memory");
}
static inline uint64_t cr3_read(void)
{
    uint64_t value;
    __asm__ volatile("mov %%cr3, %0" : "=r"(value));
    return value;
}
/* Drops the current context's translations of the page that holds `address`, however large it is. */
static inline void invlpg(uint64_t address)
{
    __asm__ volatile("invlpg (%0)" ::"r"(address) : "memory");
}
/* The address of the last page fault. */
static inline uint64_t cr2_read(void)
{
    uint64_t value;
    __asm__ volatile("mov %%cr2, %0" : "=r"(value));
    return value;
}

/* --- control and model-specific registers ------------------------------------------------------------------------- */

static inline uint64_t cr0_read(void)
{
    uint64_t value;
    __asm__ volatile("mov %%cr0, %0" : "=r"(value));
    return value;
}
static inline void cr0_write(uint64_t value)
{
    __asm__ volatile("mov %0, %%cr0" ::"r"(value) : "memory");
}
static inline uint64_t cr4_read(void)
{
    uint64_t value;
    __asm__ volatile("mov %%cr4, %0" : "=r"(value));
    return value;
}
static inline void cr4_write(uint64_t value)
{
    __asm__ volatile("mov %0, %%cr4" ::"r"(value) : "memory");
}
static inline uint64_t msr_read(uint32_t number)
{
    uint32_t low, high;
    __asm__ volatile("rdmsr" : "=a"(low), "=d"(high) : "c"(number));
    return (uint64_t)high << 32 | low;
}
static inline void msr_write(uint32_t number, uint64_t value)
{
    __asm__ volatile("wrmsr" ::"c"(number), "a"((uint32_t)value), "d"((uint32_t)(value >> 32)) : "memory");
}

/* The same for a register that may not exist: false then, and nothing has happened (entry.S). */
bool msr_try_read(uint32_t number, uint64_t *value);
bool msr_try_write(uint32_t number, uint64_t value);

static inline void caches_flush(void)
{
    __asm__ volatile("wbinvd" ::: "memory");
}
static inline void task_switched_clear(void)
{
    __asm__ volatile("clts" ::: "memory");
}
static inline void xcr0_write(uint64_t value)
{
    __asm__ volatile("xsetbv" ::"c"(0), "a"((uint32_t)value), "d"((uint32_t)(value >> 32)));
}

struct cpuid {
    uint32_t a, b, c, d;
};
static inline struct cpuid cpuid_read(uint32_t leaf, uint32_t subleaf)
{
    struct cpuid out;
    __asm__ volatile("cpuid" : "=a"(out.a), "=b"(out.b), "=c"(out.c), "=d"(out.d) : "a"(leaf), "c"(subleaf));
    return out;
}
static inline uint64_t tsc_read(void)
{
    uint32_t low, high;
    __asm__ volatile("rdtsc" : "=a"(low), "=d"(high));
    return (uint64_t)high << 32 | low;
}

/* --- users' segments ---------------------------------------------------------------------------------------------- */

/* FS and GS bases by instruction; only with CR4.FSGSBASE. */
static inline uint64_t fs_base_read(void)
{
    uint64_t value;
    __asm__ volatile("rdfsbase %0" : "=r"(value));
    return value;
}
static inline void fs_base_write(uint64_t value)
{
    __asm__ volatile("wrfsbase %0" ::"r"(value));
}
static inline uint64_t gs_base_read(void)
{
    uint64_t value;
    __asm__ volatile("rdgsbase %0" : "=r"(value));
    return value;
}
static inline void gs_base_write(uint64_t value)
{
    __asm__ volatile("wrgsbase %0" ::"r"(value));
}
/* Not 0 if a user's selector is in DS, ES, FS or GS. */
static inline unsigned data_selectors_read(void)
{
    unsigned ds, es, fs, gs;
    __asm__ volatile("mov %%ds, %0; mov %%es, %1; mov %%fs, %2; mov %%gs, %3" : "=r"(ds), "=r"(es), "=r"(fs), "=r"(gs));
    return ds | es | fs | gs;
}
/* Loads null selectors; the bases of FS and GS are undefined afterwards. */
static inline void data_selectors_clear(void)
{
    __asm__ volatile("mov %0, %%ds; mov %0, %%es; mov %0, %%fs; mov %0, %%gs" ::"r"(0));
}

/* --- floating point ----------------------------------------------------------------------------------------------- */

/* `area` is 64-byte aligned; XSAVE works on the components of `mask`, which are those of XCR0. */
static inline void fpu_xsaveopt(void *area, uint32_t mask)
{
    __asm__ volatile("xsaveopt64 (%0)" ::"r"(area), "a"(mask), "d"(0) : "memory");
}
static inline void fpu_xsave(void *area, uint32_t mask)
{
    __asm__ volatile("xsave64 (%0)" ::"r"(area), "a"(mask), "d"(0) : "memory");
}
static inline void fpu_xrstor(const void *area, uint32_t mask)
{
    __asm__ volatile("xrstor64 (%0)" ::"r"(area), "a"(mask), "d"(0) : "memory");
}
static inline void fpu_fxsave(void *area)
{
    __asm__ volatile("fxsave64 (%0)" ::"r"(area) : "memory");
}
static inline void fpu_fxrstor(const void *area)
{
    __asm__ volatile("fxrstor64 (%0)" ::"r"(area) : "memory");
}

/* --- I/O ports ---------------------------------------------------------------------------------------------------- */

static inline uint8_t port_in8(uint16_t port)
{
    uint8_t value;
    __asm__ volatile("inb %1, %0" : "=a"(value) : "Nd"(port) : "memory");
    return value;
}
static inline uint16_t port_in16(uint16_t port)
{
    uint16_t value;
    __asm__ volatile("inw %1, %0" : "=a"(value) : "Nd"(port) : "memory");
    return value;
}
static inline uint32_t port_in32(uint16_t port)
{
    uint32_t value;
    __asm__ volatile("inl %1, %0" : "=a"(value) : "Nd"(port) : "memory");
    return value;
}
static inline void port_out8(uint16_t port, uint8_t value)
{
    __asm__ volatile("outb %0, %1" ::"a"(value), "Nd"(port) : "memory");
}
static inline void port_out16(uint16_t port, uint16_t value)
{
    __asm__ volatile("outw %0, %1" ::"a"(value), "Nd"(port) : "memory");
}
static inline void port_out32(uint16_t port, uint32_t value)
{
    __asm__ volatile("outl %0, %1" ::"a"(value), "Nd"(port) : "memory");
}

/* --- device registers in memory, mapped uncached ------------------------------------------------------------------ */

static inline uint32_t mmio_read(const volatile uint32_t *where)
{
    return *where;
}
static inline void mmio_write(volatile uint32_t *where, uint32_t value)
{
    *where = value;
}
