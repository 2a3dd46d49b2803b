/*
 * Boot on this architecture, from head.S to the core's kernel_boot; the order of the steps is in boot_main.c.
 *
 * Everything in files named boot*.c is given away with the memory it lies in when boot is over; what stays is declared in the
 * second half.
 */
#pragma once

#include "hal/entry.h"
#include "lib/compiler.h"

/* --- steps ---------------------------------------------------------------------------------------------------------- */

/* Prints why the machine cannot be started, and stops it. */
NORETURN void boot_refuse(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* Finds what the processor can do; refuses when something is missing that the kernel needs. */
void boot_check_features(void);

/* Makes the kernel's page tables and loads them: image, devices, and RAM in the lowest 4 GiB of the window. */
void boot_make_tables(void);
#define BOOT_WINDOW_GIB 4
/* Afterwards: exactly those GiB of the window that hold RAM. `ram` is ascending. */
void boot_map_window(const struct boot_region *ram, unsigned count);
/* Maps a page of device registers, uncached; returns their address. At most BOOT_DEVICES_MAX times. */
volatile uint32_t *boot_map_device(uint64_t paddr);
#define BOOT_DEVICES_MAX 16

/* Sets the processor up: segments, interrupt table, system calls, control registers. */
void boot_set_up_processor(void);

/* Measures the clocks; the local interrupt controller is on. Returns ticks per microsecond. */
uint64_t boot_measure_clocks(void);

/* --- what stays ------------------------------------------------------------------------------------------------------ */

struct machine_facts {
    uint64_t window_end; /* physical; RAM above it is out of the kernel's reach */
    uint16_t console_port;
};
extern struct machine_facts machine_facts;
#define CONSOLE_DEFAULT_PORT 0x3f8

struct interrupt_gate {
    uint16_t offset_low, selector;
    uint8_t stack, type;
    uint16_t offset_middle;
    uint32_t offset_high, reserved;
};
#define VECTOR_COUNT 256
extern struct interrupt_gate interrupt_table[VECTOR_COUNT];

/* The kernel's page tables: the last entry of `root` leads to all others. */
struct kernel_tables {
    uint64_t root[512], window[512], image_directory[512], image[2][512], device_directory[512], device[512];
};
extern struct kernel_tables kernel_tables;

extern struct cpu boot_cpu;
extern char exception_stacks[][4096];
