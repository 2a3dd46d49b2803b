#include "drivers/framebuffer/loader_screen.h"

enum { TYPE_COLOURS = 1, PIXEL_BITS = 32, PIXEL_BYTES = PIXEL_BITS / 8 };

static uint32_t least(uint32_t a, uint32_t b)
{
    return a < b ? a : b;
}

bool loader_screen_open(const seL4_X86_BootInfo_fb_t *facts, struct mmio memory, uint32_t width, uint32_t height,
                        struct framebuffer *screen)
{
    struct mmio pixels;
    if (facts->header.id != SEL4_BOOTINFO_HEADER_X86_FRAMEBUFFER || facts->header.len < sizeof *facts ||
        facts->type != TYPE_COLOURS || facts->bpp != PIXEL_BITS || !facts->width || !facts->height ||
        facts->pitch % PIXEL_BYTES || facts->width > facts->pitch / PIXEL_BYTES || facts->addr % PIXEL_BYTES ||
        !mmio_part(memory, facts->addr % LOADER_SCREEN_PAGE, (uint64_t)facts->pitch * facts->height, &pixels))
        return false;
    struct framebuffer whole = {pixels.base, facts->width, facts->height, facts->pitch / PIXEL_BYTES};
    framebuffer_fill(&whole, (struct rectangle){0, 0, whole.width, whole.height}, 0);

    *screen = (struct framebuffer){
        .width = least(width, whole.width), .height = least(height, whole.height), .stride = whole.stride};
    uint32_t left = (whole.width - screen->width) / 2, top = (whole.height - screen->height) / 2;
    screen->pixels = whole.pixels + (size_t)top * whole.stride + left;
    return true;
}
