/* What a mouse's bytes mean: packets of three bytes, or four if it has a wheel. No device is touched here. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

enum { PS2_BUTTON_LEFT = 1, PS2_BUTTON_RIGHT = 2, PS2_BUTTON_MIDDLE = 4 };

/* A movement, in the mouse's steps: right and down are positive, and so is the wheel towards the user. */
struct ps2_motion {
    int16_t right, down;
    int8_t wheel;
    uint8_t buttons; /* that are pressed now */
};

/* Between two bytes of a packet. Zeros: none has come, from a mouse without a wheel. */
struct ps2_mouse {
    bool has_wheel;
    uint8_t count;
    uint8_t bytes[4];
};

/* Takes a byte; true if it completes a packet. */
bool ps2_mouse_byte(struct ps2_mouse *mouse, uint8_t byte, struct ps2_motion *motion);
