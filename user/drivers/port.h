/* Access to I/O ports through a capability to a range of them. */
#pragma once

#include <sel4/sel4.h>
#include <stdint.h>

static inline uint8_t port_read8(seL4_CPtr ports, uint16_t port)
{
    return (uint8_t)seL4_X86_IOPort_In8(ports, port).result;
}

static inline void port_write8(seL4_CPtr ports, uint16_t port, uint8_t value)
{
    seL4_X86_IOPort_Out8(ports, port, value);
}

static inline uint16_t port_read16(seL4_CPtr ports, uint16_t port)
{
    return (uint16_t)seL4_X86_IOPort_In16(ports, port).result;
}

static inline void port_write16(seL4_CPtr ports, uint16_t port, uint16_t value)
{
    seL4_X86_IOPort_Out16(ports, port, value);
}

static inline uint32_t port_read32(seL4_CPtr ports, uint16_t port)
{
    return (uint32_t)seL4_X86_IOPort_In32(ports, port).result;
}

static inline void port_write32(seL4_CPtr ports, uint16_t port, uint32_t value)
{
    seL4_X86_IOPort_Out32(ports, port, value);
}
