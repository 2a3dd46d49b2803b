/*
 * Says what time it is, sends back in capitals what comes on the serial port, and prints keys and movements. After a `!` on the
 * serial port it takes nothing more from there until the key G is pressed.
 */
#include "protocols/clock.h"
#include "protocols/input.h"
#include "protocols/serial.h"
#include <microkit.h>
#include <stdbool.h>

enum { SERIAL = 1, INPUT = 2, CLOCK = 3 };
enum { HOLD = '!', KEY_GO_ON = 0x22 };

/* Filled in from the description. */
uintptr_t serial_region, port_region, input_region, events_region;

static struct ring_pair port;
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
    struct serial_chunk chunk;
    do {
        if (ring_pair_accept(&port))
            microkit_notify(SERIAL);
        while (!holds && ring_room(&port.out) && ring_take(&port.in, &chunk, 1)) {
            for (unsigned i = 0; i < SERIAL_CHUNK_BYTES; i++)
                holds |= i < chunk.count && chunk.bytes[i] == HOLD;
            for (unsigned i = 0; i < SERIAL_CHUNK_BYTES; i++)
                chunk.bytes[i] -= chunk.bytes[i] >= 'a' && chunk.bytes[i] <= 'z' ? 'a' - 'A' : 0;
            ring_put(&port.out, &chunk, 1);
        }
        bool is_asked_for = ring_publish(&port.out);
        if (ring_release(&port.in) || is_asked_for)
            microkit_notify(SERIAL);
        if (holds)
            return;
    } while (ring_room(&port.out) ? !ring_pair_waits_for_entries(&port, 1) : !ring_pair_waits_for_room(&port, 1));
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
    ring_pair_start(&port, (void *)serial_region, (const void *)port_region, SERIAL_CHUNKS, SERIAL_CHUNKS);
    ring_consumer_start(&events, (void *)input_region, (const void *)events_region, INPUT_EVENTS);
    microkit_notify(SERIAL);
    microkit_notify(INPUT);
    microkit_ppcall(CLOCK, microkit_msginfo_new(CLOCK_READ, 0));
    print("client: seconds ", (uint32_t)microkit_mr_get(0));
    microkit_dbg_puts("client: ready\n");
}

void notified(microkit_channel ch)
{
    if (ch == INPUT)
        show_input();
    echo();
}
