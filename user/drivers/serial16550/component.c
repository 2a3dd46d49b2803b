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

static void received(const char *bytes, size_t count)
{
    while (count) {
        struct serial_chunk came = {.count = (uint8_t)(count < SERIAL_CHUNK_BYTES ? count : SERIAL_CHUNK_BYTES)};
        for (unsigned i = 0; i < came.count; i++)
            came.bytes[i] = (uint8_t)bytes[i];
        ring_put(&client.out, &came, 1);
        bytes += came.count;
        count -= came.count;
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

static void serve(void)
{
    bool has_room;
    do {
        if (ring_pair_accept(&client))
            microkit_notify(CLIENT);
        has_room = send();
        bool is_asked_for = ring_publish(&client.out);
        if (ring_release(&client.in) || is_asked_for)
            microkit_notify(CLIENT);
    } while (has_room && !ring_pair_waits_for_entries(&client, 1));
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
    if (ch == INTERRUPT)
        serial16550_interrupt(&serial, received);
    serve();
    if (ch == INTERRUPT)
        microkit_irq_ack(ch);
}
