/*
 * What keys mean: scan codes of set 1, as protocols/input.h has them, to characters and named keys, for a keyboard with the US layout. Nothing else is
 * touched here.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

/* Zeros: nothing is held down, no lock is on. */
struct keymap {
    uint8_t held;                      /* modifiers whose keys are down, a bit for each key */
    bool has_caps_lock, is_navigating; /* the latter: the number pad moves the cursor */
};

enum keymap_modifier { KEYMAP_SHIFT = 1, KEYMAP_ALT = 2, KEYMAP_CONTROL = 4 };

enum keymap_kind {
    KEYMAP_NOTHING,
    KEYMAP_CHARACTER, /* `code`: of ASCII, with Shift, Control and the locks applied */
    KEYMAP_NAMED,     /* `code`: enum keymap_name */
    KEYMAP_SWITCH,    /* to the terminal `code`, from 0 */
    KEYMAP_SCROLL     /* `code`: a page back (1) or forth (0) */
};

enum keymap_name {
    KEYMAP_UP,
    KEYMAP_DOWN,
    KEYMAP_LEFT,
    KEYMAP_RIGHT,
    KEYMAP_INSERT,
    KEYMAP_DELETE,
    KEYMAP_HOME,
    KEYMAP_END,
    KEYMAP_PAGE_UP,
    KEYMAP_PAGE_DOWN,
    KEYMAP_TAB, /* with Shift */
    KEYMAP_F1,
    KEYMAP_F12 = KEYMAP_F1 + 11
};

struct keymap_press {
    enum keymap_kind kind;
    uint8_t code;
    uint8_t modifiers; /* enum keymap_modifier, as far as `code` does not hold them */
};

/* A key went down (again: it repeats) or up. */
struct keymap_press keymap_take(struct keymap *keymap, uint8_t key, bool is_down);
