#include "drivers/ps2/mouse.h"

/* The first byte of a packet. */
enum { FIRST_BUTTONS = 7, FIRST_ALWAYS = 8, FIRST_LEFT = 0x10, FIRST_DOWN = 0x20, FIRST_OVERFLOW = 0xc0 };

/* Movements have nine bits, the sign in the first byte. */
static int16_t movement(uint8_t low, bool is_negative)
{
    return (int16_t)(is_negative ? low - 256 : low);
}

bool ps2_mouse_byte(struct ps2_mouse *mouse, uint8_t byte, struct ps2_motion *motion)
{
    /* A byte was lost: wait for one that can be the first. */
    if (mouse->count == 0 && !(byte & FIRST_ALWAYS))
        return false;
    mouse->bytes[mouse->count++] = byte;
    if (mouse->count < (mouse->has_wheel ? 4 : 3))
        return false;
    mouse->count = 0;
    uint8_t first = mouse->bytes[0];
    *motion = (struct ps2_motion){.buttons = first & FIRST_BUTTONS};
    if (!(first & FIRST_OVERFLOW)) {
        motion->right = movement(mouse->bytes[1], first & FIRST_LEFT);
        motion->down = (int16_t)-movement(mouse->bytes[2], first & FIRST_DOWN);
    }
    if (mouse->has_wheel) {
        int wheel = mouse->bytes[3] & 0xf;
        motion->wheel = (int8_t)(wheel >= 8 ? wheel - 16 : wheel);
    }
    return true;
}
