#include "drivers/ps2/ps2.h"

#include "drivers/port.h"

enum { STATUS_FULL = 1, STATUS_TAKES_NOTHING = 2, STATUS_MOUSE = 0x20, STATUS_TIMEOUT = 0x40, STATUS_PARITY = 0x80 };
enum {
    COMMAND_READ_CONFIG = 0x20,
    COMMAND_WRITE_CONFIG = 0x60,
    COMMAND_DISABLE_MOUSE = 0xa7,
    COMMAND_ENABLE_MOUSE = 0xa8,
    COMMAND_TEST_MOUSE = 0xa9,
    COMMAND_TEST = 0xaa,
    COMMAND_TEST_KEYBOARD = 0xab,
    COMMAND_DISABLE_KEYBOARD = 0xad,
    COMMAND_ENABLE_KEYBOARD = 0xae,
    COMMAND_TO_MOUSE = 0xd4
};
enum { CONFIG_KEYBOARD_INTERRUPT = 1, CONFIG_MOUSE_INTERRUPT = 2, CONFIG_OFF = 0x30, CONFIG_TRANSLATE = 0x40 };
enum { TEST_GOOD = 0x55, PORT_GOOD = 0 };
enum {
    KEYBOARD_DEFAULTS_AND_STOP = 0xf5,
    MOUSE_DEFAULTS_AND_STOP = 0xf6,
    DEVICE_ENABLE = 0xf4,
    DEVICE_RATE = 0xf3,
    DEVICE_KIND = 0xf2,
    DEVICE_TOOK_IT = 0xfa,
    DEVICE_SEND_AGAIN = 0xfe,
    KIND_WHEEL = 3
};
/* A device answers within 20 ms; each look at the controller takes a microsecond at least. */
enum { TRIES = 20000, MOST_BYTES = 256, MOST_BETWEEN = 32, MOST_SENDS = 3 };

static uint8_t status(const struct ps2 *ps2)
{
    return port_read8(ps2->ports.command, PS2_COMMAND_PORT);
}

static bool wait_for_room(const struct ps2 *ps2)
{
    for (int tries = 0; tries < TRIES; tries++) {
        if (!(status(ps2) & STATUS_TAKES_NOTHING))
            return true;
    }
    return false;
}

static bool command(const struct ps2 *ps2, uint8_t command)
{
    if (!wait_for_room(ps2))
        return false;
    port_write8(ps2->ports.command, PS2_COMMAND_PORT, command);
    return true;
}

static bool data(const struct ps2 *ps2, uint8_t byte)
{
    if (!wait_for_room(ps2))
        return false;
    port_write8(ps2->ports.data, PS2_DATA_PORT, byte);
    return true;
}

struct reply {
    uint8_t byte;
    bool is_from_mouse;
};

/* The next byte from the controller or a device; false if none comes. */
static bool reply_take(const struct ps2 *ps2, struct reply *reply)
{
    for (int tries = 0; tries < TRIES; tries++) {
        uint8_t state = status(ps2);
        if (state & STATUS_FULL) {
            *reply = (struct reply){port_read8(ps2->ports.data, PS2_DATA_PORT), state & STATUS_MOUSE};
            return true;
        }
    }
    return false;
}

static bool command_answers(const struct ps2 *ps2, uint8_t number, uint8_t wanted)
{
    struct reply reply;
    return command(ps2, number) && reply_take(ps2, &reply) && reply.byte == wanted;
}

/*
 * Whether a device took a byte, or wants it again. Both may be in use when this program starts (again): keys and movements come between, which
 * are lost.
 */
static bool device_took(const struct ps2 *ps2, bool is_mouse, bool *wants_again)
{
    struct reply reply;
    *wants_again = false;
    for (int i = 0; i < MOST_BETWEEN && !*wants_again && reply_take(ps2, &reply); i++) {
        if (reply.is_from_mouse == is_mouse && reply.byte == DEVICE_TOOK_IT)
            return true;
        *wants_again = reply.is_from_mouse == is_mouse && reply.byte == DEVICE_SEND_AGAIN;
    }
    return false;
}

/* Sends a byte to a device, which is to take it. */
static bool device_send(const struct ps2 *ps2, bool is_mouse, uint8_t byte)
{
    bool wants_it = true;
    for (int sends = 0; sends < MOST_SENDS && wants_it; sends++) {
        if ((is_mouse && !command(ps2, COMMAND_TO_MOUSE)) || !data(ps2, byte))
            return false;
        if (device_took(ps2, is_mouse, &wants_it))
            return true;
    }
    return false;
}

/* Asks the mouse, which is silent, to use packets with a wheel: a sequence of rates that nobody else would set. */
static bool mouse_has_wheel(const struct ps2 *ps2)
{
    static const uint8_t rates[] = {200, 100, 80};
    for (unsigned i = 0; i < sizeof rates; i++) {
        if (!device_send(ps2, true, DEVICE_RATE) || !device_send(ps2, true, rates[i]))
            return false;
    }
    struct reply kind;
    return device_send(ps2, true, DEVICE_KIND) && reply_take(ps2, &kind) && kind.byte == KIND_WHEEL;
}

/* From here on the device is silent until it is enabled: otherwise the answers of the two could not be told from what they send. */
static bool device_start(const struct ps2 *ps2, bool is_mouse)
{
    return command_answers(ps2, is_mouse ? COMMAND_TEST_MOUSE : COMMAND_TEST_KEYBOARD, PORT_GOOD) &&
           command(ps2, is_mouse ? COMMAND_ENABLE_MOUSE : COMMAND_ENABLE_KEYBOARD) &&
           device_send(ps2, is_mouse, is_mouse ? MOUSE_DEFAULTS_AND_STOP : KEYBOARD_DEFAULTS_AND_STOP);
}

bool ps2_start(struct ps2 *ps2, struct ps2_ports ports)
{
    *ps2 = (struct ps2){.ports = ports};
    if (!command(ps2, COMMAND_DISABLE_KEYBOARD) || !command(ps2, COMMAND_DISABLE_MOUSE))
        return false;
    for (int i = 0; i < MOST_BYTES && status(ps2) & STATUS_FULL; i++)
        port_read8(ps2->ports.data, PS2_DATA_PORT);
    struct reply reply;
    if (!command_answers(ps2, COMMAND_TEST, TEST_GOOD) || !command(ps2, COMMAND_READ_CONFIG) ||
        !reply_take(ps2, &reply))
        return false;
    uint8_t config = reply.byte;
    /* No interrupts while the devices are asked one by one. */
    config &= (uint8_t) ~(CONFIG_KEYBOARD_INTERRUPT | CONFIG_MOUSE_INTERRUPT | CONFIG_OFF);
    config |= CONFIG_TRANSLATE;
    if (!command(ps2, COMMAND_WRITE_CONFIG) || !data(ps2, config))
        return false;
    ps2->has_keyboard = device_start(ps2, false);
    ps2->has_mouse = device_start(ps2, true);
    ps2->mouse.has_wheel = ps2->has_mouse && mouse_has_wheel(ps2);
    config |= (ps2->has_keyboard ? CONFIG_KEYBOARD_INTERRUPT : 0) | (ps2->has_mouse ? CONFIG_MOUSE_INTERRUPT : 0);
    if (!command(ps2, COMMAND_WRITE_CONFIG) || !data(ps2, config))
        return false;
    /* From here on they send of their own accord. The mouse last: a part of a movement that is lost would spoil the next ones. */
    if (ps2->has_keyboard)
        ps2->has_keyboard = device_send(ps2, false, DEVICE_ENABLE);
    if (ps2->has_mouse)
        ps2->has_mouse = device_send(ps2, true, DEVICE_ENABLE);
    return true;
}

bool ps2_take(struct ps2 *ps2, struct ps2_event *event)
{
    for (int i = 0; i < MOST_BYTES; i++) {
        uint8_t state = status(ps2);
        if (!(state & STATUS_FULL))
            return false;
        uint8_t byte = port_read8(ps2->ports.data, PS2_DATA_PORT);
        if (state & (STATUS_TIMEOUT | STATUS_PARITY)) {
            /* What the byte was a part of is lost. */
            ps2->keyboard = (struct ps2_keyboard){0};
            ps2->mouse.count = 0;
            continue;
        }
        event->kind = state & STATUS_MOUSE ? PS2_MOTION : PS2_KEY;
        if (event->kind == PS2_MOTION ? ps2_mouse_byte(&ps2->mouse, byte, &event->motion)
                                      : ps2_keyboard_byte(&ps2->keyboard, byte, &event->key))
            return true;
    }
    return false;
}
