/*
 * Sends back in capitals what comes on the serial port, and prints keys and movements. After a `!` on the
 * serial port it takes nothing more from there until the key G is pressed.
 */
#include "protocols/input.h"
#include "protocols/terminal.h"
#include <microkit.h>
#include <stdbool.h>

enum { SERIAL = 1, INPUT = 2 };
enum { HOLD = '!', KEY_GO_ON = 0x22 };

/* Filled in from the description. */
uintptr_t serial_region, port_region, input_region, events_region;

static struct stream port;
static struct ring_consumer events;
static bool holds;

static void print(const char *text, uint32_t number)
{
    microkit_dbg_puts(text);
    microkit_dbg_put32(number);
    microkit_dbg_puts("\n");
}

static void echo(void)
{
    uint8_t bytes[100];
    bool has_room;
    do {
        uint32_t room = stream_room(&port);
        uint32_t count = holds ? 0 : stream_peek(&port, 0, bytes, room < sizeof bytes ? room : sizeof bytes);
        for (uint32_t i = 0; i < count; i++) {
            holds |= bytes[i] == HOLD;
            bytes[i] -= bytes[i] >= 'a' && bytes[i] <= 'z' ? 'a' - 'A' : 0;
        }
        stream_write(&port, bytes, count);
        stream_take(&port, count);
        if (stream_publish(&port))
            microkit_notify(SERIAL);
        has_room = stream_room(&port);
        if (holds)
            return;
    } while (has_room ? !stream_waits_for_bytes(&port, 1) : !stream_waits_for_room(&port, STREAM_BYTES / 2));
}

static void show_input(void)
{
    struct input_event event;
    do {
        if (ring_consumer_accept(&events))
            microkit_notify(INPUT);
        while (ring_take(&events, &event, 1)) {
            if (event.kind == INPUT_KEY) {
                print(event.is_down ? "client: key down " : "client: key up ", event.key);
                holds &= event.key != KEY_GO_ON;
                continue;
            }
            microkit_dbg_puts("client: moved ");
            microkit_dbg_put32((uint32_t)event.right);
            print(event.down < 0 ? " up " : " down ", (uint32_t)(event.down < 0 ? -event.down : event.down));
            print("client: buttons ", event.buttons);
        }
        if (ring_release(&events))
            microkit_notify(INPUT);
    } while (!ring_consumer_waits(&events, 1));
}

void init(void)
{
    stream_start(&port, (void *)serial_region, (const void *)port_region);
    ring_consumer_start(&events, (void *)input_region, (const void *)events_region, INPUT_EVENTS);
    microkit_notify(SERIAL);
    microkit_notify(INPUT);
    microkit_dbg_puts("client: ready\n");
}

void notified(microkit_channel ch)
{
    if (ch == INPUT)
        show_input();
    echo();
}
