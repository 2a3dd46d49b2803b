/*
 * The component of a serial port: a terminal (protocols/terminal.h) whose size is not known. What is to be sent is done when the device has it.
 * Without a device it takes what is sent, and nothing comes.
 */
#include "drivers/serial16550/serial16550.h"
#include "protocols/terminal.h"
#include <microkit.h>

enum { PORTS = 0, INTERRUPT = 1, CLIENT = 3 };
/* A device that wants to be served so often, though no byte moves, is out of order. */
enum { MOST_IDLE_ROUNDS = 16 };

/* Filled in from the description. */
uint64_t first_port;
uintptr_t client_region, port_region;

static struct serial16550 serial;
static bool has_port;
static struct stream client;

/* Takes what has come as far as there is room. False: there is none, and more may have come. */
static bool receive(void)
{
    char bytes[SERIAL_FIFO_BYTES];
    uint32_t room;
    while ((room = stream_room(&client))) {
        uint32_t count =
            (uint32_t)serial16550_read(&serial, bytes, room < SERIAL_FIFO_BYTES ? room : SERIAL_FIFO_BYTES);
        if (!count)
            return true;
        stream_write(&client, bytes, count);
    }
    return false;
}

/* Sends what there is room for: a few bytes at a time, so that the client's view of it is never far behind. False: there is more. */
static bool send(void)
{
    char bytes[SERIAL_FIFO_BYTES];
    uint32_t count;
    while ((count = stream_peek(&client, 0, bytes, sizeof bytes))) {
        uint32_t done = has_port ? (uint32_t)serial16550_write(&serial, bytes, count) : count;
        stream_take(&client, done);
        if (done < count)
            return false;
    }
    return true;
}

static void serve(void)
{
    int idle_rounds = 0;
    bool must_wait;
    do {
        bool has_received = !has_port || receive(), has_sent = send();
        if (has_port)
            serial16550_listen(&serial, has_received);
        idle_rounds = client.has_written || client.has_taken ? 0 : idle_rounds + 1;
        if (idle_rounds == MOST_IDLE_ROUNDS) {
            microkit_dbg_puts("serial: the device never lets the interrupt go\n");
            __builtin_trap();
        }
        if (stream_publish(&client))
            microkit_notify(CLIENT);
        must_wait = (!has_sent || stream_waits_for_bytes(&client, 1)) &&
                    (has_received || stream_waits_for_room(&client, STREAM_BYTES / 2));
    } while (!must_wait || (has_port && serial16550_is_pending(&serial)));
}

void init(void)
{
    stream_start(&client, (void *)port_region, (const void *)client_region);
    has_port = serial16550_start(&serial, BASE_IOPORT_CAP + PORTS, (uint16_t)first_port);
    if (!has_port)
        microkit_dbg_puts("serial: no port\n");
    microkit_notify(CLIENT);
    serve();
}

void notified(microkit_channel ch)
{
    serve();
    if (ch == INTERRUPT)
        microkit_irq_ack(ch);
}
