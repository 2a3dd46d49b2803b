/*
 * QEMU's bochs-display (and its standard VGA): a framebuffer with registers to set its size. PCI vendor 0x1234, device 0x1111;
 * BAR 0 is the memory, BAR 2 the registers.
 */
#pragma once

#include "drivers/framebuffer/framebuffer.h"
#include "drivers/mmio.h"

enum { BOCHS_DISPLAY_VENDOR = 0x1234, BOCHS_DISPLAY_DEVICE = 0x1111 };
enum { BOCHS_DISPLAY_MEMORY_BAR = 0, BOCHS_DISPLAY_REGISTERS_BAR = 2, BOCHS_DISPLAY_REGISTER_BYTES = 0x1000 };

/*
 * Sets the size of the screen and clears it. `memory` and `registers` are the mapped BARs. False if that is no such device, or
 * the screen does not fit into the memory: both what the device has and what is mapped.
 */
bool bochs_display_set_size(struct mmio memory, struct mmio registers, uint32_t width, uint32_t height,
                            struct framebuffer *screen);
