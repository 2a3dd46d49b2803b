/*
 * A machine for driver tests: registers in memory and ports that simulated devices answer, and memory that they reach.
 *
 * An access outside of what the test has set up fails the test.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A simulated device's registers; offsets count from the start of the range. */
struct machine_registers {
    void *device;
    uint32_t (*read)(void *device, size_t offset, unsigned bytes);
    void (*write)(void *device, size_t offset, unsigned bytes, uint32_t value);
};

enum { MACHINE_PORTS_CAPABILITY = 42 };

/* Empties the machine. */
void machine_reset(void);

/* Adds a range of registers and returns where a driver finds it. */
volatile void *machine_add_registers(size_t bytes, struct machine_registers registers);
/* Adds ports; their offsets count from `first`. */
void machine_add_ports(uint16_t first, uint16_t last, struct machine_registers registers);

/* Zeroed memory that devices reach at *physical, a page's start. */
void *machine_add_memory(size_t bytes, uint64_t *physical);
/* What a device finds at a physical address; fails the test if not all of it was given to devices. */
void *machine_memory(uint64_t physical, size_t bytes);
/* Whether it was. */
bool machine_has_memory(uint64_t physical, uint64_t bytes);

/* Random numbers, the same in every run after machine_reset. */
uint32_t machine_random(void);

/* For the replaced access functions. */
uint32_t machine_read(const volatile void *base, size_t range_bytes, size_t offset, unsigned bytes);
void machine_write(const volatile void *base, size_t range_bytes, size_t offset, unsigned bytes, uint32_t value);
uint32_t machine_port_read(uint64_t capability, uint16_t port, unsigned bytes);
void machine_port_write(uint64_t capability, uint16_t port, unsigned bytes, uint32_t value);
