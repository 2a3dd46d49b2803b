/*
 * What the boot loader says (Multiboot 1 or 2): all of it checked and copied, because the memory it lies in is used again.
 *
 * The loader is not trusted: every length is bounded before it is used.
 */
#pragma once

#include "abi/boot.h"
#include "lib/compiler.h"

#define LOADER_MAP_MAX  128
#define LOADER_LINE_MAX 256
#define RSDP_BYTES      36

struct loader_region {
    uint64_t start, length;
    uint32_t type;
};
#define LOADER_REGION_RAM 1u

/* The ACPI root pointer; an old one has 20 bytes, the others are 0 then. */
struct rsdp {
    bool is_present;
    uint8_t bytes[RSDP_BYTES];
};

/* --- contents of extra boot information chunks --------------------------------------------------------------------- */
struct vbe_chunk {
    uint8_t control[512], mode_information[256];
    uint32_t mode, interface_segment, interface_offset, interface_length;
} PACKED;

struct framebuffer_chunk {
    uint64_t address;
    uint32_t pitch, width, height;
    uint8_t bits_per_pixel, type;
} PACKED;

struct map_entry {
    uint32_t size;
    uint64_t start, length;
    uint32_t type;
} PACKED;
struct map_chunk {
    uint32_t bytes;
    struct map_entry entry[ABI_BOOT_MULTIBOOT_MAP_ENTRIES];
} PACKED;

/* --- all of it ------------------------------------------------------------------------------------------------------ */
struct loader_facts {
    struct loader_region region[LOADER_MAP_MAX];
    unsigned region_count;
    bool has_module;
    uint64_t module_start, module_end; /* physical; checked only for order */
    struct rsdp rsdp;
    bool has_vbe, has_framebuffer;
    struct vbe_chunk vbe;
    struct framebuffer_chunk framebuffer;
    struct map_chunk map;
};

/* The I/O port of the console: from the command line, else from the BIOS, else the usual one. Callable before all else. */
uint16_t loader_console_port(uint32_t magic, uint32_t information);
/* Reads everything else; refuses to boot when the loader is unknown or the memory map is missing. */
void loader_read(uint32_t magic, uint32_t information, struct loader_facts *facts);
