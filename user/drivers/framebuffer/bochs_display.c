#include "drivers/framebuffer/bochs_display.h"

/* Registers of 16 bits. */
enum { FIRST_REGISTER = 0x500 };
enum {
    REGISTER_ID,
    REGISTER_WIDTH,
    REGISTER_HEIGHT,
    REGISTER_BITS,
    REGISTER_ENABLE,
    REGISTER_VIRTUAL_WIDTH = 6,
    REGISTER_LEFT = 8,
    REGISTER_TOP = 9,
    REGISTER_MEMORY = 10 /* in pieces of 64 KiB */
};
enum { ID = 0xb0c0, ID_VERSION = 0xf, BITS = 32, ENABLE = 1, ENABLE_LINEAR = 0x40, MEMORY_UNIT = 65536 };

static uint16_t register_read(struct mmio registers, unsigned number)
{
    return mmio_read16(registers, FIRST_REGISTER + 2 * number);
}

static void register_write(struct mmio registers, unsigned number, uint16_t value)
{
    mmio_write16(registers, FIRST_REGISTER + 2 * number, value);
}

bool bochs_display_set_size(struct mmio memory, struct mmio registers, uint32_t width, uint32_t height,
                            struct framebuffer *screen)
{
    if (registers.bytes < BOCHS_DISPLAY_REGISTER_BYTES || !width || !height || width > UINT16_MAX ||
        height > UINT16_MAX || (register_read(registers, REGISTER_ID) & ~ID_VERSION) != ID)
        return false;
    register_write(registers, REGISTER_ENABLE, 0);
    register_write(registers, REGISTER_WIDTH, (uint16_t)width);
    register_write(registers, REGISTER_HEIGHT, (uint16_t)height);
    register_write(registers, REGISTER_BITS, BITS);
    register_write(registers, REGISTER_VIRTUAL_WIDTH, (uint16_t)width);
    register_write(registers, REGISTER_LEFT, 0);
    register_write(registers, REGISTER_TOP, 0);
    register_write(registers, REGISTER_ENABLE, ENABLE | ENABLE_LINEAR);

    uint32_t stride = register_read(registers, REGISTER_VIRTUAL_WIDTH);
    uint64_t bytes = (uint64_t)stride * height * (BITS / 8);
    uint64_t there = (uint64_t)register_read(registers, REGISTER_MEMORY) * MEMORY_UNIT;
    bool is_set =
        register_read(registers, REGISTER_WIDTH) == width && register_read(registers, REGISTER_HEIGHT) == height &&
        register_read(registers, REGISTER_BITS) == BITS && stride >= width && bytes <= there && bytes <= memory.bytes;
    if (!is_set) {
        register_write(registers, REGISTER_ENABLE, 0);
        return false;
    }
    *screen = (struct framebuffer){(volatile uint32_t *)memory.base, width, height, stride};
    framebuffer_fill(screen, (struct rectangle){0, 0, width, height}, 0);
    return true;
}
