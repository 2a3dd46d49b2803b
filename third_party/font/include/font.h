/*
 * Fonts for screens: a bitmap for each character.
 */
#pragma once

#include <stdint.h>

struct font_character {
    uint32_t character; /* of Unicode */
    uint32_t glyph;
};

struct font {
    uint32_t width, height;   /* in pixels; the width is at most 8 */
    uint32_t character_count; /* the characters are in ascending order */
    const struct font_character *characters;
    const uint8_t *bitmaps; /* of each glyph, `height` rows from the top */
};

/* Terminus Font, 8 by 16: Latin, Greek, Cyrillic, box drawing, some symbols. Both have the same characters. */
extern const struct font font_regular, font_bold;

/* The rows of a character's glyph, from the top; in each, bit 7 is the leftmost pixel. A character that the font has not looks
   like U+FFFD. */
const uint8_t *font_glyph(const struct font *font, uint32_t character);
