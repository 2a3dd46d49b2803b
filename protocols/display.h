/*
 * How a program puts pictures on a screen: it draws into a region that it shares with the display, and calls for what is to be shown.
 *
 * Pixels have 32 bits, 0x00RRGGBB; the lines of the region have DISPLAY_WIDTH of them, also if the screen is smaller. A display
 * that has been started, for the first time or again, notifies its client, and shows nothing until it is asked.
 */
#pragma once

/* Labels of calls. */
enum display_call {
    DISPLAY_SIZE =
        1, /* -> width, height: what the screen shows of the picture, from its upper left corner on; 0 if there is none */
    DISPLAY_SHOW =
        2, /* left, top, width, height: copies that rectangle of the region to the screen, as far as it is on it */
};
enum display_result { DISPLAY_OK, DISPLAY_BAD_CALL };

enum { DISPLAY_WIDTH = 800, DISPLAY_HEIGHT = 600 };
/* The region: whole pages. */
enum { DISPLAY_REGION_BYTES = (DISPLAY_WIDTH * DISPLAY_HEIGHT * 4 + 0xfff) / 0x1000 * 0x1000 };
