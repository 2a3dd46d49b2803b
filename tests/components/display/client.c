/* Draws a picture, and shows all of it but its last lines. */
#include "protocols/display.h"
#include <microkit.h>
#include <stdint.h>

enum { DISPLAY = 1, HIDDEN_LINES = 10 };

/* Filled in from the description. */
uintptr_t picture_start;

static seL4_Word show(seL4_Word left, seL4_Word top, seL4_Word width, seL4_Word height)
{
    microkit_mr_set(0, left);
    microkit_mr_set(1, top);
    microkit_mr_set(2, width);
    microkit_mr_set(3, height);
    return microkit_msginfo_get_label(microkit_ppcall(DISPLAY, microkit_msginfo_new(DISPLAY_SHOW, 4)));
}

void init(void)
{
    uint32_t *picture = (uint32_t *)picture_start;
    microkit_ppcall(DISPLAY, microkit_msginfo_new(DISPLAY_SIZE, 0));
    microkit_dbg_puts("client: width ");
    microkit_dbg_put32((uint32_t)microkit_mr_get(0));
    microkit_dbg_puts("\n");
    for (uint32_t y = 0; y < DISPLAY_HEIGHT; y++) {
        for (uint32_t x = 0; x < DISPLAY_WIDTH; x++)
            picture[y * DISPLAY_WIDTH + x] = (x & 0xff) << 16 | (y & 0xff) << 8 | ((x ^ y) & 0xff);
    }
    show(0, 0, DISPLAY_WIDTH, DISPLAY_HEIGHT - HIDDEN_LINES);
    show(UINT64_MAX, 5, UINT64_MAX, UINT64_MAX);
    show(DISPLAY_WIDTH, DISPLAY_HEIGHT, 1, 1);
    microkit_dbg_puts("client: shown\n");
}

void notified(microkit_channel ch)
{
    (void)ch;
}
