/*
 * One line of input on a terminal: keys in, a line out, and what the terminal has to show meanwhile. Arrows, Home, End, Backspace, Delete,
 * ^A ^E ^K ^U ^W ^L, the lines before (up and down), and Tab for words that there are.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

enum { LINE_BYTES = 128, LINE_HISTORY = 16 };

enum line_event { LINE_NOTHING, LINE_ENTERED, LINE_INTERRUPTED };

struct line_editor {
    const char *prompt;
    char text[LINE_BYTES]; /* terminated; the line, once it is entered */
    size_t length, cursor;
    char history[LINE_HISTORY][LINE_BYTES];
    unsigned history_count, shown; /* lines kept; how many lines back the shown one is, 0: a new one */
    unsigned escape;               /* what of an escape sequence has come */

    void (*put)(void *context, const char *text, size_t length); /* to the terminal */
    /* The word number `index` that may stand where the cursor is: the first of the line, or a later one. Null: no more. */
    const char *(*candidate)(void *context, bool is_first, unsigned index);
    void *context;
};

/* Shows the prompt, for a new line. */
void line_editor_begin(struct line_editor *editor);

/* Takes one byte. After LINE_ENTERED and LINE_INTERRUPTED the next line must be begun. */
enum line_event line_editor_key(struct line_editor *editor, char key);
