#include "servers/console/screen.h"

#include <font.h>
#include <string.h>
#include <vterm.h>

enum { INK = 0xd0, PAPER = 0x00 };

static void change_line(struct screen *screen, int line)
{
    if (line >= 0 && line < screen->lines)
        screen->changed |= 1ull << line;
}

static int note_damage(VTermRect area, void *context)
{
    for (int line = area.start_row; line < area.end_row; line++)
        change_line(context, line);
    return 1;
}

static int note_cursor(VTermPos position, VTermPos old, int is_visible, void *context)
{
    struct screen *screen = context;
    change_line(screen, old.row);
    change_line(screen, position.row);
    screen->cursor_line = position.row;
    screen->cursor_column = position.col;
    screen->has_cursor = is_visible;
    return 1;
}

static int note_property(VTermProp property, VTermValue *value, void *context)
{
    struct screen *screen = context;
    if (property == VTERM_PROP_CURSORVISIBLE) {
        screen->has_cursor = value->boolean;
        change_line(screen, screen->cursor_line);
    }
    return 1;
}

static uint32_t colour(const struct screen *screen, VTermColor from)
{
    vterm_screen_convert_color_to_rgb(screen->cells, &from);
    return (uint32_t)from.rgb.red << 16 | (uint32_t)from.rgb.green << 8 | from.rgb.blue;
}

static struct screen_cell cell_of(const struct screen *screen, const VTermScreenCell *from)
{
    struct screen_cell cell = {.character = from->chars[0] && from->chars[0] != UINT32_MAX ? from->chars[0] : ' ',
                               .ink = colour(screen, from->fg),
                               .paper = colour(screen, from->bg),
                               .is_bold = from->attrs.bold,
                               .is_underlined = from->attrs.underline};
    if (from->attrs.reverse) {
        uint32_t ink = cell.ink;
        cell.ink = cell.paper;
        cell.paper = ink;
    }
    return cell;
}

static int keep_line(int columns, const VTermScreenCell *cells, void *context)
{
    struct screen *screen = context;
    struct screen_cell *line = screen->kept[screen->kept_next];
    for (int column = 0; column < SCREEN_MOST_COLUMNS; column++)
        line[column] = column < columns ? cell_of(screen, &cells[column]) : (struct screen_cell){.character = ' '};
    screen->kept_next = (screen->kept_next + 1) % SCREEN_KEPT_LINES;
    screen->kept_count += screen->kept_count < SCREEN_KEPT_LINES;
    /* The view stays where it is, as long as there is something. */
    if (screen->scrolled && screen->scrolled < screen->kept_count)
        screen->scrolled++;
    return 1;
}

static const VTermScreenCallbacks callbacks = {
    .damage = note_damage, .movecursor = note_cursor, .settermprop = note_property, .sb_pushline = keep_line};

static void take_output(const char *bytes, size_t count, void *context)
{
    struct screen *screen = context;
    if (count > sizeof screen->output - screen->output_count)
        count = sizeof screen->output - screen->output_count;
    memcpy(screen->output + screen->output_count, bytes, count);
    screen->output_count += count;
}

bool screen_start(struct screen *screen, uint16_t columns, uint16_t lines)
{
    *screen = (struct screen){.columns = columns, .lines = lines, .has_cursor = true};
    screen->vterm = vterm_new(lines, columns);
    if (!screen->vterm)
        return false;
    vterm_set_utf8(screen->vterm, 1);
    vterm_output_set_callback(screen->vterm, take_output, screen);
    VTermColor ink, paper;
    vterm_color_rgb(&ink, INK, INK, INK);
    vterm_color_rgb(&paper, PAPER, PAPER, PAPER);
    vterm_state_set_default_colors(vterm_obtain_state(screen->vterm), &ink, &paper);
    screen->cells = vterm_obtain_screen(screen->vterm);
    vterm_screen_set_callbacks(screen->cells, &callbacks, screen);
    vterm_screen_enable_altscreen(screen->cells, 1);
    vterm_screen_set_damage_merge(screen->cells, VTERM_DAMAGE_ROW);
    vterm_screen_reset(screen->cells, 1);
    screen_change_all(screen);
    return true;
}

void screen_write(struct screen *screen, const void *bytes, size_t count)
{
    vterm_input_write(screen->vterm, bytes, count);
    vterm_screen_flush_damage(screen->cells);
}

static VTermKey key_of(uint8_t name)
{
    static const VTermKey keys[] = {[KEYMAP_UP] = VTERM_KEY_UP,          [KEYMAP_DOWN] = VTERM_KEY_DOWN,
                                    [KEYMAP_LEFT] = VTERM_KEY_LEFT,      [KEYMAP_RIGHT] = VTERM_KEY_RIGHT,
                                    [KEYMAP_INSERT] = VTERM_KEY_INS,     [KEYMAP_DELETE] = VTERM_KEY_DEL,
                                    [KEYMAP_HOME] = VTERM_KEY_HOME,      [KEYMAP_END] = VTERM_KEY_END,
                                    [KEYMAP_PAGE_UP] = VTERM_KEY_PAGEUP, [KEYMAP_PAGE_DOWN] = VTERM_KEY_PAGEDOWN,
                                    [KEYMAP_TAB] = VTERM_KEY_TAB};
    return name >= KEYMAP_F1 ? (VTermKey)VTERM_KEY_FUNCTION(1 + name - KEYMAP_F1) : keys[name];
}

void screen_press(struct screen *screen, struct keymap_press press)
{
    VTermModifier modifiers = (press.modifiers & KEYMAP_SHIFT ? VTERM_MOD_SHIFT : 0) |
                              (press.modifiers & KEYMAP_ALT ? VTERM_MOD_ALT : 0) |
                              (press.modifiers & KEYMAP_CONTROL ? VTERM_MOD_CTRL : 0);
    if (press.kind == KEYMAP_CHARACTER)
        vterm_keyboard_unichar(screen->vterm, press.code, modifiers);
    else if (press.kind == KEYMAP_NAMED)
        vterm_keyboard_key(screen->vterm, key_of(press.code), modifiers);
    if (screen->scrolled)
        screen_change_all(screen);
    screen->scrolled = 0;
}

void screen_scroll(struct screen *screen, bool is_back)
{
    uint32_t step = screen->lines / 2, left = screen->kept_count - screen->scrolled;
    if (is_back)
        screen->scrolled += step < left ? step : left;
    else
        screen->scrolled -= step < screen->scrolled ? step : screen->scrolled;
    screen_change_all(screen);
}

void screen_change_all(struct screen *screen)
{
    screen->changed = UINT64_MAX >> (64 - screen->lines);
}

/* The cell in the view. */
static struct screen_cell cell_at(const struct screen *screen, uint32_t line, uint32_t column)
{
    if (line < screen->scrolled) {
        uint32_t back = screen->scrolled - line;
        return screen->kept[(screen->kept_next + SCREEN_KEPT_LINES - back) % SCREEN_KEPT_LINES][column];
    }
    VTermScreenCell from;
    VTermPos place = {(int)(line - screen->scrolled), (int)column};
    memset(&from, 0, sizeof from);
    vterm_screen_get_cell(screen->cells, place, &from);
    struct screen_cell cell = cell_of(screen, &from);
    if (screen->has_cursor && place.row == screen->cursor_line && place.col == screen->cursor_column) {
        uint32_t ink = cell.ink;
        cell.ink = cell.paper;
        cell.paper = ink;
    }
    return cell;
}

static void draw_cell(const struct screen_picture *picture, uint32_t line, uint32_t column,
                      const struct screen_cell *cell)
{
    const struct font *font = cell->is_bold ? &font_bold : &font_regular;
    const uint8_t *rows = font_glyph(font, cell->character);
    for (uint32_t y = 0; y < font->height; y++) {
        uint32_t *to = picture->pixels + (size_t)(line * font->height + y) * picture->stride + column * font->width;
        uint8_t row = cell->is_underlined && y == font->height - 2 ? UINT8_MAX : rows[y];
        for (uint32_t x = 0; x < font->width; x++)
            to[x] = row & 0x80 >> x ? cell->ink : cell->paper;
    }
}

static bool is_same(const struct screen_cell *a, const struct screen_cell *b)
{
    return a->character == b->character && a->ink == b->ink && a->paper == b->paper && a->is_bold == b->is_bold &&
           a->is_underlined == b->is_underlined;
}

/* False: the line was shown already. */
static bool draw_line(const struct screen *screen, struct screen_picture *picture, uint32_t line)
{
    bool differs = false;
    for (uint32_t column = 0; column < screen->columns; column++) {
        struct screen_cell cell = cell_at(screen, line, column);
        if (is_same(&cell, &picture->shown[line][column]))
            continue;
        draw_cell(picture, line, column, &cell);
        picture->shown[line][column] = cell;
        differs = true;
    }
    return differs;
}

void screen_draw(struct screen *screen, struct screen_picture *picture, void (*show)(uint32_t first, uint32_t count))
{
    /* What changes at the top is further down while the view is scrolled. */
    if (screen->scrolled && screen->changed)
        screen_change_all(screen);
    uint32_t count = 0;
    for (uint32_t line = 0; line <= screen->lines; line++) {
        if (line < screen->lines && screen->changed >> line & 1 && draw_line(screen, picture, line)) {
            count++;
            continue;
        }
        if (count)
            show(line - count, count);
        count = 0;
    }
    screen->changed = 0;
}
