/* Device registers in mapped memory: a range that accesses stay within, because whoever makes it has checked its length. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct mmio {
    volatile void *base;
    size_t bytes;
};

/* The part of `whole` at `offset`; false if it is not all inside. */
static inline bool mmio_part(struct mmio whole, uint64_t offset, uint64_t bytes, struct mmio *part)
{
    if (offset > whole.bytes || bytes > whole.bytes - offset)
        return false;
    *part = (struct mmio){(volatile char *)whole.base + offset, (size_t)bytes};
    return true;
}

#define MMIO_ACCESS(bits)                                                                                              \
    static inline uint##bits##_t mmio_read##bits(struct mmio range, size_t offset)                                     \
    {                                                                                                                  \
        return *(const volatile uint##bits##_t *)((const volatile char *)range.base + offset);                         \
    }                                                                                                                  \
    static inline void mmio_write##bits(struct mmio range, size_t offset, uint##bits##_t value)                        \
    {                                                                                                                  \
        *(volatile uint##bits##_t *)((volatile char *)range.base + offset) = value;                                    \
    }
MMIO_ACCESS(8)
MMIO_ACCESS(16)
MMIO_ACCESS(32)
#undef MMIO_ACCESS
