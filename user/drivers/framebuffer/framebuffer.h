/* A screen of 32-bit pixels (0x00RRGGBB) in memory, wherever it came from. Whatever lies outside of the screen is not drawn. */
#pragma once

#include <stddef.h>
#include <stdint.h>

struct framebuffer {
    volatile uint32_t *pixels;
    uint32_t width, height;
    uint32_t stride; /* pixels from one line to the next, at least the width */
};

struct rectangle {
    uint32_t left, top, width, height;
};

/* Fills a rectangle with one colour. */
void framebuffer_fill(const struct framebuffer *screen, struct rectangle place, uint32_t colour);

/* Draws a rectangle from `pixels`, whose lines are `stride` apart. */
void framebuffer_draw(const struct framebuffer *screen, struct rectangle place, const uint32_t *pixels, size_t stride);
