#include <font.h>

#define REPLACEMENT_CHARACTER 0xfffd

static const struct font_character *find(const struct font *font, uint32_t character)
{
    uint32_t low = 0, high = font->character_count;

    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        if (font->characters[middle].character < character)
            low = middle + 1;
        else
            high = middle;
    }
    return low < font->character_count && font->characters[low].character == character ? &font->characters[low] : 0;
}

const uint8_t *font_glyph(const struct font *font, uint32_t character)
{
    const struct font_character *found = find(font, character);

    if (!found)
        found = find(font, REPLACEMENT_CHARACTER);
    return font->bitmaps + (found ? found->glyph * font->height : 0);
}
