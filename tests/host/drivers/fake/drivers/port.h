/* The drivers' port accesses go to the simulated machine. */
#pragma once

#include "machine.h"
#include <sel4/sel4.h>
#include <stdint.h>

#define FAKE_ACCESS(bits)                                                                                              \
    static inline uint##bits##_t port_read##bits(seL4_CPtr ports, uint16_t port)                                       \
    {                                                                                                                  \
        return (uint##bits##_t)machine_port_read(ports, port, bits / 8);                                               \
    }                                                                                                                  \
    static inline void port_write##bits(seL4_CPtr ports, uint16_t port, uint##bits##_t value)                          \
    {                                                                                                                  \
        machine_port_write(ports, port, bits / 8, value);                                                              \
    }
FAKE_ACCESS(8)
FAKE_ACCESS(16)
FAKE_ACCESS(32)
#undef FAKE_ACCESS
