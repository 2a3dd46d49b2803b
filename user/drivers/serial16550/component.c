/*
 * The component of a serial port: bytes to send come through a ring, those that came go through another one (protocols/serial.h).
 */
#include "drivers/serial16550/serial16550.h"
#include "protocols/serial.h"
#include <microkit.h>

enum { PORTS = 0, INTERRUPT = 1, CLIENT = 3 };

/* Filled in from the description. */
uint64_t first_port;
uintptr_t client_region, port_region;

static struct serial16550 serial;
static struct ring_pair client;
static struct serial_chunk chunk;        /* is being sent, */
static unsigned chunk_count, chunk_done; /* so many bytes of so many */

/* Hands on what came, as far as the client's ring has room. */
static void hand_on(void)
{
    while (ring_room(&client.out)) {
        char bytes[SERIAL_CHUNK_BYTES];
        struct serial_chunk came = {.count = (uint8_t)serial16550_read(&serial, bytes, sizeof bytes)};
        if (!came.count)
            return;
        __builtin_memcpy(came.bytes, bytes, came.count);
        ring_put(&client.out, &came, 1);
    }
}

/* Gives the port what it has room for; false if it is full. */
static bool send(void)
{
    while (chunk_done < chunk_count || ring_take(&client.in, &chunk, 1)) {
        if (chunk_done == chunk_count) {
            chunk_count = chunk.count < SERIAL_CHUNK_BYTES ? chunk.count : SERIAL_CHUNK_BYTES;
            chunk_done = 0;
        }
        chunk_done +=
            (unsigned)serial16550_write(&serial, (const char *)chunk.bytes + chunk_done, chunk_count - chunk_done);
        if (chunk_done < chunk_count)
            return false;
    }
    return true;
}

/* Whether there is nothing to do until the port or the client notifies. */
static bool must_wait(bool has_room)
{
    if (serial16550_has_input(&serial) && !ring_pair_waits_for_room(&client, 1))
        return false;
    return !has_room || ring_pair_waits_for_entries(&client, 1);
}

static void serve(void)
{
    bool has_room;
    do {
        if (ring_pair_accept(&client))
            microkit_notify(CLIENT);
        has_room = send();
        hand_on();
        bool is_asked_for = ring_publish(&client.out);
        if (ring_release(&client.in) || is_asked_for)
            microkit_notify(CLIENT);
    } while (!must_wait(has_room));
}

void init(void)
{
    serial16550_initialise(&serial, BASE_IOPORT_CAP + PORTS, (uint16_t)first_port);
    ring_pair_start(&client, (void *)port_region, (const void *)client_region, SERIAL_CHUNKS, SERIAL_CHUNKS);
    microkit_notify(CLIENT);
    serve();
}

void notified(microkit_channel ch)
{
    if (ch == INTERRUPT && !serial16550_interrupt(&serial)) {
        microkit_dbg_puts("serial16550: the device never lets the interrupt go\n");
        __builtin_trap();
    }
    serve();
    if (ch == INTERRUPT)
        microkit_irq_ack(ch);
}
