/* The drivers' register accesses go to the simulated machine. */
#pragma once

#define mmio_read8   hardware_read8
#define mmio_read16  hardware_read16
#define mmio_read32  hardware_read32
#define mmio_write8  hardware_write8
#define mmio_write16 hardware_write16
#define mmio_write32 hardware_write32
#include_next "drivers/mmio.h"
#undef mmio_read8
#undef mmio_read16
#undef mmio_read32
#undef mmio_write8
#undef mmio_write16
#undef mmio_write32

#include "machine.h"

#define FAKE_ACCESS(bits)                                                                                              \
    static inline uint##bits##_t mmio_read##bits(struct mmio range, size_t offset)                                     \
    {                                                                                                                  \
        return (uint##bits##_t)machine_read(range.base, range.bytes, offset, bits / 8);                                \
    }                                                                                                                  \
    static inline void mmio_write##bits(struct mmio range, size_t offset, uint##bits##_t value)                        \
    {                                                                                                                  \
        machine_write(range.base, range.bytes, offset, bits / 8, value);                                               \
    }
FAKE_ACCESS(8)
FAKE_ACCESS(16)
FAKE_ACCESS(32)
#undef FAKE_ACCESS
