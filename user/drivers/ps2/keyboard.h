/* What a keyboard's bytes mean: scan codes of set 1, which the controller translates to. No device is touched here. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

/* Keys are numbered by their scan code; those with a prefix have this bit too. */
enum { PS2_KEY_PREFIXED = 0x80 };
enum {
    PS2_KEY_ESCAPE = 0x01,
    PS2_KEY_BACKSPACE = 0x0e,
    PS2_KEY_TAB = 0x0f,
    PS2_KEY_ENTER = 0x1c,
    PS2_KEY_LEFT_CONTROL = 0x1d,
    PS2_KEY_LEFT_SHIFT = 0x2a,
    PS2_KEY_RIGHT_SHIFT = 0x36,
    PS2_KEY_LEFT_ALT = 0x38,
    PS2_KEY_SPACE = 0x39,
    PS2_KEY_CAPS_LOCK = 0x3a,
    PS2_KEY_RIGHT_CONTROL = 0x9d,
    PS2_KEY_PRINT = 0xb7,
    PS2_KEY_RIGHT_ALT = 0xb8,
    PS2_KEY_PAUSE = 0xc5, /* is released at once */
    PS2_KEY_HOME = 0xc7,
    PS2_KEY_UP = 0xc8,
    PS2_KEY_LEFT = 0xcb,
    PS2_KEY_RIGHT = 0xcd,
    PS2_KEY_END = 0xcf,
    PS2_KEY_DOWN = 0xd0,
    PS2_KEY_DELETE = 0xd3
};

/* A key that went down (again: the keyboard repeats) or up. */
struct ps2_key {
    uint8_t key;
    bool is_down;
};

/* Between two bytes of one key. Zeros: none has come. */
struct ps2_keyboard {
    uint8_t prefix;
    uint8_t skipped_bytes; /* still to come after the prefix of the pause key */
};

/* Takes a byte; true if it completes a key. */
bool ps2_keyboard_byte(struct ps2_keyboard *keyboard, uint8_t byte, struct ps2_key *key);
