#include "drivers/ps2/keyboard.h"

enum { PREFIX = 0xe0, PREFIX_PAUSE = 0xe1, RELEASED = 0x80 };
enum { TOO_MANY_KEYS = 0x00, TOO_MANY_KEYS_OR_ERROR = 0xff };
/* The pause key sends its prefix and two bytes when pressed, and the same as a release, which is ignored. */
enum { PAUSE_BYTES = 2 };

bool ps2_keyboard_byte(struct ps2_keyboard *keyboard, uint8_t byte, struct ps2_key *key)
{
    if (byte == TOO_MANY_KEYS || byte == TOO_MANY_KEYS_OR_ERROR) {
        *keyboard = (struct ps2_keyboard){0};
        return false;
    }
    if (byte == PREFIX || byte == PREFIX_PAUSE) {
        *keyboard = (struct ps2_keyboard){byte, byte == PREFIX_PAUSE ? PAUSE_BYTES : 0};
        return false;
    }
    uint8_t prefix = keyboard->prefix, code = byte & (uint8_t)~RELEASED;
    if (prefix == PREFIX_PAUSE) {
        if (--keyboard->skipped_bytes)
            return false;
        *keyboard = (struct ps2_keyboard){0};
        *key = (struct ps2_key){PS2_KEY_PAUSE, true};
        return !(byte & RELEASED);
    }
    *keyboard = (struct ps2_keyboard){0};
    /* Some keys come between a shift that nobody pressed, for programs of 1981. */
    if (prefix == PREFIX && (code == PS2_KEY_LEFT_SHIFT || code == PS2_KEY_RIGHT_SHIFT))
        return false;
    *key = (struct ps2_key){prefix == PREFIX ? code | PS2_KEY_PREFIXED : code, !(byte & RELEASED)};
    return true;
}
