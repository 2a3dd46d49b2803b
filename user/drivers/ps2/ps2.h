/*
 * The PC's keyboard and mouse behind their controller (8042): starting them, and taking what was pressed and moved.
 */
#pragma once

#include "drivers/ps2/keyboard.h"
#include "drivers/ps2/mouse.h"
#include <sel4/sel4.h>

enum { PS2_DATA_PORT = 0x60, PS2_COMMAND_PORT = 0x64 };
enum { PS2_KEYBOARD_PIN = 1, PS2_MOUSE_PIN = 12 };

/* Capabilities to the two ports; between them lie ports of other devices. */
struct ps2_ports {
    seL4_CPtr data, command;
};

struct ps2 {
    struct ps2_ports ports;
    bool has_keyboard, has_mouse;
    struct ps2_keyboard keyboard;
    struct ps2_mouse mouse;
};

enum ps2_kind { PS2_KEY, PS2_MOTION };

struct ps2_event {
    enum ps2_kind kind;
    union {
        struct ps2_key key;
        struct ps2_motion motion;
    };
};

/* Starts the controller and what is attached. False if there is no controller; has_keyboard and has_mouse say what is. */
bool ps2_start(struct ps2 *ps2, struct ps2_ports ports);

/*
 * The next event; false if there is none. After either interrupt the caller takes until there is none. A controller that
 * never runs dry ends each call after some bytes, with false.
 */
bool ps2_take(struct ps2 *ps2, struct ps2_event *event);
