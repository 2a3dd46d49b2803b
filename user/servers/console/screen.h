/*
 * What a terminal shows: the characters that its client's bytes make (libvterm), lines that have left it at the top, and drawing them as pixels.
 */
#pragma once

#include "servers/console/keymap.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { SCREEN_MOST_COLUMNS = 100, SCREEN_MOST_LINES = 64, SCREEN_KEPT_LINES = 256 };

struct VTerm;
struct VTermScreen;

/* A character as it is drawn. */
struct screen_cell {
    uint32_t character : 24, is_bold : 1, is_underlined : 1;
    uint32_t ink, paper; /* 0x00RRGGBB */
};

struct screen {
    struct VTerm *vterm;
    struct VTermScreen *cells;
    uint16_t columns, lines;
    uint64_t changed; /* a bit for each line */
    int cursor_line, cursor_column;
    bool has_cursor;
    /* Lines that have left at the top: the newest is before `kept_next`. */
    struct screen_cell kept[SCREEN_KEPT_LINES][SCREEN_MOST_COLUMNS];
    uint32_t kept_next, kept_count;
    uint32_t scrolled; /* so many lines back is the view */
    /* What the terminal answers to its client: the output of keys and of questions about the terminal. */
    char output[256];
    size_t output_count;
};

/* What is on the picture, to draw only what differs. Zeros: unknown. */
struct screen_picture {
    uint32_t *pixels;
    uint32_t stride; /* pixels from one line to the next */
    struct screen_cell shown[SCREEN_MOST_LINES][SCREEN_MOST_COLUMNS];
};

/* An empty screen. False: there is no memory. Columns and lines are at most those above. */
bool screen_start(struct screen *screen, uint16_t columns, uint16_t lines);

/* Shows bytes that the client has written. */
void screen_write(struct screen *screen, const void *bytes, size_t count);

/* Makes bytes of a key, into `output`. */
void screen_press(struct screen *screen, struct keymap_press press);

/* Moves the view by half a page, back or forth; any key that makes bytes moves it to the end. */
void screen_scroll(struct screen *screen, bool is_back);

/* All is to be drawn again: the picture showed something else. */
void screen_change_all(struct screen *screen);

/* Draws what has changed, and calls `show` for each block of lines that this was in: from line `first` on, `count` of them. */
void screen_draw(struct screen *screen, struct screen_picture *picture, void (*show)(uint32_t first, uint32_t count));
