/* The privileged instructions act on a model of a processor (fake_machine.c). */
#pragma once

#include "lib/compiler.h"

void cr3_write(uint64_t value);
uint64_t cr3_read(void);
uint64_t cr4_read(void);
void invlpg(uint64_t address);
uint64_t tsc_read(void);
uint8_t port_in8(uint16_t port);
uint16_t port_in16(uint16_t port);
uint32_t port_in32(uint16_t port);
void port_out8(uint16_t port, uint8_t value);
void port_out16(uint16_t port, uint16_t value);
void port_out32(uint16_t port, uint32_t value);
uint32_t mmio_read(const volatile uint32_t *where);
void mmio_write(volatile uint32_t *where, uint32_t value);

/* Users' segments: no test is about them. */
static inline uint64_t fs_base_read(void)
{
    return 0;
}
static inline void fs_base_write(uint64_t value UNUSED)
{
}
static inline uint64_t gs_base_read(void)
{
    return 0;
}
static inline void gs_base_write(uint64_t value UNUSED)
{
}
static inline unsigned data_selectors_read(void)
{
    return 0;
}
static inline void data_selectors_clear(void)
{
}
