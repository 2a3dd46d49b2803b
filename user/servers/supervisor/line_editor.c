#include "servers/supervisor/line_editor.h"

#include "lib/print.h"
#include "lib/string.h"

#define CONTROL(letter) ((letter)&0x1f)

enum { BACKSPACE = 0x7f, ESCAPE = 0x1b };
enum escape_state { ESCAPE_NONE, ESCAPE_BEGUN, ESCAPE_BRACKET, ESCAPE_NUMBER = '0' /* and the digit */ };

static void put(const struct line_editor *editor, const char *text)
{
    editor->put(editor->context, text, strlen(text));
}

/* Draws the line anew, and leaves the cursor where it is. */
static void draw(const struct line_editor *editor)
{
    char move[32];
    put(editor, "\r");
    put(editor, editor->prompt);
    put(editor, editor->text);
    put(editor, "\x1b[K");
    if (editor->cursor < editor->length) {
        snprintf(move, sizeof(move), "\x1b[%zuD", editor->length - editor->cursor);
        put(editor, move);
    }
}

void line_editor_begin(struct line_editor *editor)
{
    editor->length = editor->cursor = 0;
    editor->text[0] = '\0';
    editor->shown = 0;
    editor->escape = ESCAPE_NONE;
    draw(editor);
}

static void insert(struct line_editor *editor, const char *text, size_t count)
{
    if (count > LINE_BYTES - 1 - editor->length)
        return;
    memmove(editor->text + editor->cursor + count, editor->text + editor->cursor, editor->length - editor->cursor + 1);
    memcpy(editor->text + editor->cursor, text, count);
    editor->length += count;
    editor->cursor += count;
    if (editor->cursor == editor->length)
        editor->put(editor->context, text, count);
    else
        draw(editor);
}

/* Takes `count` characters in front of the cursor away. */
static void erase(struct line_editor *editor, size_t count)
{
    if (count > editor->cursor)
        count = editor->cursor;
    memmove(editor->text + editor->cursor - count, editor->text + editor->cursor, editor->length - editor->cursor + 1);
    editor->length -= count;
    editor->cursor -= count;
    draw(editor);
}

static void move_to(struct line_editor *editor, size_t place)
{
    editor->cursor = place <= editor->length ? place : editor->length;
    draw(editor);
}

/* Shows the line that was entered `back` lines ago. */
static void show_history(struct line_editor *editor, unsigned back)
{
    if (back > editor->history_count)
        return;
    editor->shown = back;
    strlcpy(editor->text, back ? editor->history[editor->history_count - back] : "", LINE_BYTES);
    editor->length = editor->cursor = strlen(editor->text);
    draw(editor);
}

static void remember(struct line_editor *editor)
{
    if (editor->length == 0 ||
        (editor->history_count && !strcmp(editor->history[editor->history_count - 1], editor->text)))
        return;
    if (editor->history_count == LINE_HISTORY) {
        memmove(editor->history[0], editor->history[1], sizeof(editor->history) - LINE_BYTES);
        editor->history_count--;
    }
    memcpy(editor->history[editor->history_count++], editor->text, LINE_BYTES);
}

static size_t word_begin(const struct line_editor *editor)
{
    size_t begin = editor->cursor;
    while (begin > 0 && editor->text[begin - 1] != ' ')
        begin--;
    return begin;
}

/* Adds what all words that begin like the one at the cursor have in common; if that is nothing, shows them. */
static void complete(struct line_editor *editor)
{
    size_t begin = word_begin(editor), length = editor->cursor - begin, common = 0;
    const char *prefix = editor->text + begin, *first = NULL, *word;
    unsigned matches = 0;
    for (unsigned i = 0; (word = editor->candidate(editor->context, begin == 0, i)); i++) {
        if (strncmp(word, prefix, length))
            continue;
        if (matches++ == 0) {
            first = word;
            common = strlen(word);
        }
        for (size_t k = 0; k < common; k++)
            if (word[k] != first[k])
                common = k;
    }
    if (!first)
        return;
    if (common > length)
        insert(editor, first + length, common - length);
    if (matches == 1) {
        insert(editor, " ", 1);
    } else if (common == length) {
        put(editor, "\r\n");
        for (unsigned i = 0; (word = editor->candidate(editor->context, begin == 0, i)); i++)
            if (!strncmp(word, prefix, length)) {
                put(editor, word);
                put(editor, "  ");
            }
        put(editor, "\r\n");
        draw(editor);
    }
}

static void arrow(struct line_editor *editor, char key)
{
    switch (key) {
    case 'A':
        show_history(editor, editor->shown + 1);
        break;
    case 'B':
        if (editor->shown > 0)
            show_history(editor, editor->shown - 1);
        break;
    case 'C':
        move_to(editor, editor->cursor + 1);
        break;
    case 'D':
        if (editor->cursor > 0)
            move_to(editor, editor->cursor - 1);
        break;
    case 'H':
        move_to(editor, 0);
        break;
    case 'F':
        move_to(editor, editor->length);
        break;
    default:
        break;
    }
}

/* ESC [ digit ~ */
static void numbered_key(struct line_editor *editor, unsigned number)
{
    if (number == '1' || number == '7')
        move_to(editor, 0);
    else if (number == '4' || number == '8')
        move_to(editor, editor->length);
    else if (number == '3' && editor->cursor < editor->length) {
        editor->cursor++;
        erase(editor, 1);
    }
}

static void escape_key(struct line_editor *editor, char key)
{
    unsigned state = editor->escape;
    editor->escape = ESCAPE_NONE;
    if (state == ESCAPE_BEGUN && (key == '[' || key == 'O'))
        editor->escape = ESCAPE_BRACKET;
    else if (state == ESCAPE_BRACKET && key >= '0' && key <= '9')
        editor->escape = (unsigned char)key;
    else if (state == ESCAPE_BRACKET)
        arrow(editor, key);
    else if (state >= ESCAPE_NUMBER && key == '~')
        numbered_key(editor, state);
}

static void control_key(struct line_editor *editor, char key)
{
    size_t end = editor->cursor;
    switch (key) {
    case CONTROL('A'):
        move_to(editor, 0);
        break;
    case CONTROL('E'):
        move_to(editor, editor->length);
        break;
    case CONTROL('K'):
        editor->length = editor->cursor;
        editor->text[editor->length] = '\0';
        draw(editor);
        break;
    case CONTROL('U'):
        erase(editor, editor->cursor);
        break;
    case CONTROL('W'):
        while (end > 0 && editor->text[end - 1] == ' ')
            end--;
        while (end > 0 && editor->text[end - 1] != ' ')
            end--;
        erase(editor, editor->cursor - end);
        break;
    case CONTROL('L'):
        put(editor, "\x1b[H\x1b[2J");
        draw(editor);
        break;
    default:
        break;
    }
}

enum line_event line_editor_key(struct line_editor *editor, char key)
{
    if (editor->escape) {
        escape_key(editor, key);
        return LINE_NOTHING;
    }
    switch (key) {
    case '\r':
    case '\n':
        put(editor, "\r\n");
        remember(editor);
        return LINE_ENTERED;
    case CONTROL('C'):
        put(editor, "^C\r\n");
        return LINE_INTERRUPTED;
    case BACKSPACE:
    case '\b':
        if (editor->cursor > 0)
            erase(editor, 1);
        break;
    case '\t':
        complete(editor);
        break;
    case ESCAPE:
        editor->escape = ESCAPE_BEGUN;
        break;
    default:
        if (key >= ' ' && key <= '~')
            insert(editor, &key, 1);
        else
            control_key(editor, key);
    }
    return LINE_NOTHING;
}
