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
