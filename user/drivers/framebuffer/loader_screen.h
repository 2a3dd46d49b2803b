/*
 * The screen that a boot loader has set up: memory of a graphics card, nothing else is known of that. The loader's word is
 * not trusted.
 */
#pragma once

#include "drivers/framebuffer/framebuffer.h"
#include "drivers/mmio.h"

#include <sel4/sel4.h>
#include <stdbool.h>

/*
 * Clears the screen, and makes of it one of at most `width` by `height`, in the middle of a larger one. `facts` is the boot
 * information on it, which nobody changes; zeros: there is none. `memory` begins with the page that the screen begins in, of
 * LOADER_SCREEN_PAGE bytes. False if there is no screen of 32-bit pixels (0x00RRGGBB), or if it is not inside `memory`.
 */
enum { LOADER_SCREEN_PAGE = 0x200000 };
bool loader_screen_open(const seL4_X86_BootInfo_fb_t *facts, struct mmio memory, uint32_t width, uint32_t height,
                        struct framebuffer *screen);
