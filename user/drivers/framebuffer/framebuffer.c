#include "drivers/framebuffer/framebuffer.h"

/* The part of a rectangle that is on the screen; it may be empty. */
static struct rectangle visible(const struct framebuffer *screen, struct rectangle place)
{
    if (place.left >= screen->width || place.top >= screen->height)
        return (struct rectangle){0};
    if (place.width > screen->width - place.left)
        place.width = screen->width - place.left;
    if (place.height > screen->height - place.top)
        place.height = screen->height - place.top;
    return place;
}

static volatile uint32_t *line_start(const struct framebuffer *screen, struct rectangle place, uint32_t line)
{
    return screen->pixels + (size_t)(place.top + line) * screen->stride + place.left;
}

void framebuffer_fill(const struct framebuffer *screen, struct rectangle place, uint32_t colour)
{
    place = visible(screen, place);
    for (uint32_t line = 0; line < place.height; line++) {
        volatile uint32_t *to = line_start(screen, place, line);
        for (uint32_t i = 0; i < place.width; i++)
            to[i] = colour;
    }
}

void framebuffer_draw(const struct framebuffer *screen, struct rectangle place, const uint32_t *pixels, size_t stride)
{
    place = visible(screen, place);
    for (uint32_t line = 0; line < place.height; line++) {
        volatile uint32_t *to = line_start(screen, place, line);
        for (uint32_t i = 0; i < place.width; i++)
            to[i] = pixels[line * stride + i];
    }
}
