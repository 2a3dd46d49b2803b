/*
 * The component of the PS/2 keyboard and mouse: what is typed and moved goes through a ring (protocols/input.h).
 */
#include "drivers/ps2/ps2.h"
#include "protocols/input.h"
#include <microkit.h>

enum { DATA_PORT = 0, COMMAND_PORT = 1 };
enum { KEYBOARD_INTERRUPT = 1, MOUSE_INTERRUPT = 2, CLIENT = 3 };

/* Filled in from the description. */
uintptr_t client_region, driver_region;

static struct ps2 ps2;
static bool has_controller;
static struct ring_producer events;

static struct input_event event_of(const struct ps2_event *from)
{
    if (from->kind == PS2_KEY)
        return (struct input_event){.kind = INPUT_KEY, .key = from->key.key, .is_down = from->key.is_down};
    return (struct input_event){.kind = INPUT_MOTION,
                                .buttons = from->motion.buttons,
                                .right = from->motion.right,
                                .down = from->motion.down,
                                .wheel = from->motion.wheel};
}

static void serve(void)
{
    if (ring_producer_accept(&events))
        microkit_notify(CLIENT);
    struct ps2_event came;
    while (has_controller && ps2_take(&ps2, &came)) {
        struct input_event event = event_of(&came);
        ring_put(&events, &event, 1);
    }
    if (ring_publish(&events))
        microkit_notify(CLIENT);
}

void init(void)
{
    has_controller = ps2_start(&ps2, (struct ps2_ports){BASE_IOPORT_CAP + DATA_PORT, BASE_IOPORT_CAP + COMMAND_PORT});
    microkit_dbg_puts(has_controller && ps2.has_keyboard ? "ps2: keyboard\n" : "ps2: no keyboard\n");
    microkit_dbg_puts(has_controller && ps2.has_mouse ? "ps2: mouse\n" : "ps2: no mouse\n");
    ring_producer_start(&events, (void *)driver_region, (const void *)client_region, INPUT_EVENTS);
    microkit_notify(CLIENT);
    serve();
}

void notified(microkit_channel ch)
{
    serve();
    if (ch == KEYBOARD_INTERRUPT || ch == MOUSE_INTERRUPT)
        microkit_irq_ack(ch);
}
