/*
 * libvterm and the font in a component: what a program sends to a terminal, the screen that it makes, what keys send, and how
 * characters look.
 */
#include "tests/components/features/check.h"

#include <component_libc.h>
#include <font.h>
#include <stdlib.h>
#include <string.h>
#include <vterm.h>

enum { ROWS = 25, COLUMNS = 80, NOISE_BYTES = 200000 };

static VTerm *terminal;
static VTermScreen *screen;
static VTermPos cursor;
static unsigned damaged_rows, bells;
static char title[32];

static int note_damage(VTermRect area, void *context)
{
    (void)context;
    damaged_rows += (unsigned)(area.end_row - area.start_row);
    return 1;
}

static int note_cursor(VTermPos position, VTermPos old, int is_visible, void *context)
{
    (void)old, (void)is_visible, (void)context;
    cursor = position;
    return 1;
}

static int note_property(VTermProp property, VTermValue *value, void *context)
{
    (void)context;
    if (property == VTERM_PROP_TITLE)
        strlcpy(title, value->string, sizeof title);
    return 1;
}

static int note_bell(void *context)
{
    (void)context;
    bells++;
    return 1;
}

static const VTermScreenCallbacks CALLBACKS = {
    .damage = note_damage, .movecursor = note_cursor, .settermprop = note_property, .bell = note_bell};

static void show(const char *bytes)
{
    vterm_input_write(terminal, bytes, strlen(bytes));
    vterm_screen_flush_damage(screen);
}

static VTermScreenCell cell_at(int row, int column)
{
    VTermScreenCell cell;

    memset(&cell, 0, sizeof cell);
    vterm_screen_get_cell(screen, (VTermPos){row, column}, &cell);
    return cell;
}

static seL4_Bool row_is(int row, const char *text)
{
    char got[COLUMNS * 4 + 1];
    size_t bytes = vterm_screen_get_text(screen, got, sizeof got - 1, (VTermRect){row, row + 1, 0, COLUMNS});

    got[bytes] = '\0';
    return strcmp(got, text) == 0;
}

static void check_screen(void)
{
    show("plain \033[1;31mred\033[0m\r\nna\xc3\xafve \xe2\x94\x80\xe4\xb8\xad|");
    check(row_is(0, "plain red"), "a line of text");
    check(row_is(1, "na\xc3\xafve \xe2\x94\x80\xe4\xb8\xad|"), "a line of UTF-8");
    check(cursor.row == 1 && cursor.col == 10, "the cursor is behind it, a wide character counts twice");
    VTermScreenCell cell = cell_at(0, 6);
    check(cell.chars[0] == 'r' && cell.attrs.bold && VTERM_COLOR_IS_INDEXED(&cell.fg) && cell.fg.indexed.idx == 1,
          "bold and red");
    vterm_screen_convert_color_to_rgb(screen, &cell.fg);
    check(cell.fg.rgb.red > cell.fg.rgb.green && cell.fg.rgb.red > cell.fg.rgb.blue, "red is red");
    check(!cell_at(0, 5).attrs.bold && cell_at(1, 7).width == 2, "others are not; wide ones are wide");
    check(damaged_rows >= 2, "both lines are to be drawn anew");

    show("\033[2J\033[5;10Hmiddle\033[7m!\033[m\007\033]0;name\007");
    check(row_is(0, "") && cell_at(4, 9).chars[0] == 'm' && cell_at(4, 15).attrs.reverse,
          "erased, and written elsewhere");
    check(bells == 1 && strcmp(title, "name") == 0, "a bell and a title");
    show("\033[H");
    for (int i = 0; i < ROWS + 4; i++)
        show("line\r\n");
    show("last");
    check(row_is(ROWS - 1, "last") && row_is(0, "line"), "the screen scrolls");
}

static seL4_Bool sends(const char *wanted)
{
    char bytes[32];
    size_t count = vterm_output_read(terminal, bytes, sizeof bytes);

    return count == strlen(wanted) && memcmp(bytes, wanted, count) == 0;
}

static void check_keys(void)
{
    vterm_keyboard_unichar(terminal, 'c', VTERM_MOD_CTRL);
    check(sends("\003"), "control and c");
    vterm_keyboard_key(terminal, VTERM_KEY_UP, VTERM_MOD_NONE);
    check(sends("\033[A"), "an arrow");
    vterm_keyboard_unichar(terminal, 0xe9, VTERM_MOD_NONE);
    check(sends("\xc3\xa9"), "a letter in UTF-8");
    show("\033[6n");
    check(sends("\033[25;5R"), "a program asks where the cursor is");
}

/* Each of these harmed libvterm before it was patched. */
static void check_malice(void)
{
    VTerm *fresh = vterm_new(ROWS, COLUMNS);

    vterm_set_utf8(fresh, 1);
    vterm_screen_reset(vterm_obtain_screen(fresh), 1);
    vterm_input_write(fresh, "\033[5b", 4);
    vterm_free(fresh);
    check(seL4_True, "a repetition of nothing ends");

    show("\033]0;in ");
    show("parts\033");
    show("\\");
    check(strcmp(title, "in parts") == 0, "a title in parts");

    show("\033[2J\033[H\xe4");
    show("\xc3"
         "a");
    check(row_is(0, "\xef\xbf\xbd\xef\xbf\xbd"
                    "a"),
          "two halves of characters");

    show("\033[25;80H\0337");
    vterm_set_size(terminal, 3, 7);
    show("\0338x");
    check(cursor.row == 2 && cursor.col == 6, "a saved cursor on a smaller screen");
    vterm_set_size(terminal, ROWS, COLUMNS);

    show("\033[2J\033[He");
    for (int i = 0; i < 1000; i++)
        show("\xcc\x81\xcc\x82");
    check(cell_at(0, 0).chars[0] == 'e' && cell_at(0, 0).width == 1, "two thousand accents");
}

/* Whatever a program sends, the terminal survives, at any size. */
static void check_noise(void)
{
    static char noise[NOISE_BYTES];
    unsigned seed = 7;

    for (size_t i = 0; i < NOISE_BYTES; i++) {
        int value = rand_r(&seed);
        noise[i] = (char)(value % 5 == 0   ? "\033[;?"[value / 5 % 4]
                          : value % 7 == 0 ? '0' + value / 7 % 10
                                           : value / 7);
    }
    for (size_t i = 0; i < NOISE_BYTES; i += 1000) {
        vterm_input_write(terminal, noise + i, 1000);
        vterm_set_size(terminal, 1 + rand_r(&seed) % 60, 1 + rand_r(&seed) % 200);
        vterm_screen_flush_damage(screen);
        vterm_output_read(terminal, noise, 0);
    }
    vterm_set_size(terminal, ROWS, COLUMNS);
    vterm_screen_reset(screen, 1);
    show("alive");
    check(row_is(0, "alive"), "200,000 bytes of noise");
}

static void check_font(void)
{
    static const uint8_t A[] = {0, 0, 0x3c, 0x42, 0x42, 0x42, 0x42, 0x7e, 0x42, 0x42, 0x42, 0x42, 0, 0, 0, 0};
    const uint8_t *line = font_glyph(&font_regular, 0x2500), *block = font_glyph(&font_regular, 0x2588);
    unsigned full_rows = 0, block_rows = 0;

    check(font_regular.width == 8 && font_regular.height == 16 && font_bold.height == 16, "8 by 16 pixels");
    check(memcmp(font_glyph(&font_regular, 'A'), A, sizeof A) == 0, "an A");
    check(memcmp(font_glyph(&font_bold, 'A'), A, sizeof A) != 0, "a bold one looks different");
    for (unsigned i = 0; i < font_regular.height; i++) {
        full_rows += line[i] == 0xff;
        block_rows += block[i] == 0xff;
    }
    check(full_rows >= 1 && full_rows <= 2 && block_rows == font_regular.height, "a line and a block");
    check(font_glyph(&font_regular, 0x1f600) == font_glyph(&font_regular, 0xfffd), "a character that the font has not");
    check(font_glyph(&font_regular, 0x416) != font_glyph(&font_regular, 0xfffd) &&
              font_glyph(&font_regular, 0xe9) != font_glyph(&font_regular, 'e'),
          "Cyrillic and accents");
}

void init(void)
{
    terminal = vterm_new(ROWS, COLUMNS);
    vterm_set_utf8(terminal, 1);
    screen = vterm_obtain_screen(terminal);
    vterm_screen_set_callbacks(screen, &CALLBACKS, NULL);
    vterm_screen_enable_altscreen(screen, 1);
    vterm_screen_reset(screen, 1);
    check_screen();
    check_keys();
    check_malice();
    check_noise();
    vterm_free(terminal);
    check_font();
    check_end();
}

void notified(microkit_channel ch)
{
    (void)ch;
}
