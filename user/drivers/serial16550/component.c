/*
 * The component of a serial port: a terminal (protocols/terminal.h) whose size is not known. What is to be sent is done when the device has it.
 * Without a device it takes what is sent, and nothing comes.
 */
#include "drivers/serial16550/serial16550.h"
#include "protocols/terminal.h"
#include <microkit.h>
#include <pecan/component.h>

enum { PORTS = 0, INTERRUPT = 1, CLIENT = 3 };
/* A device that wants to be served so often, though no byte moves, is out of order. */
enum { MOST_IDLE_ROUNDS = 16 };

/* Filled in from the description. */
uint64_t first_port;
uintptr_t client_region, port_region;

static struct serial16550 serial;
static bool has_port;
static struct stream client;

/*
 * Takes what has come as far as there is room. False: there is none, and more may have come. One byte at a time, here and below: when this
 * program is ended in the middle, no more than one byte is lost or sent twice.
 */
static bool receive(void)
{
    char byte;
    while (stream_room(&client)) {
        if (!serial16550_read(&serial, &byte, 1))
            return true;
        stream_write(&client, &byte, 1);
    }
    return false;
}

/* Sends what there is room for. False: there is more. */
static bool send(void)
{
    size_t room;
    char byte;
    while (stream_waiting(&client) && (room = serial16550_room(&serial))) {
        while (room-- && stream_peek(&client, 0, &byte, 1)) {
            serial16550_put(&serial, byte);
            stream_take(&client, 1);
        }
    }
    bool is_all_sent = !stream_waiting(&client);
    serial16550_want_room(&serial, !is_all_sent);
    return is_all_sent;
}

/* There is no port: nothing comes, and what is sent is gone. */
static void serve_nobody(void)
{
    do {
        stream_take(&client, stream_waiting(&client));
        if (stream_publish(&client))
            microkit_notify(CLIENT);
    } while (!stream_waits_for_bytes(&client, 1));
}

static void serve_port(void)
{
    int idle_rounds = 0;
    bool must_wait;
    do {
        bool has_received = receive(), has_sent = send();
        if (serial.has_lost) {
            serial.has_lost = false;
            microkit_dbg_puts("serial: bytes came too fast, and some are lost\n");
        }
        serial16550_listen(&serial, has_received);
        idle_rounds = client.has_written || client.has_taken ? 0 : idle_rounds + 1;
        if (idle_rounds == MOST_IDLE_ROUNDS)
            pecan_give_up("the device never lets the interrupt go");
        if (stream_publish(&client))
            microkit_notify(CLIENT);
        must_wait = (!has_sent || stream_waits_for_bytes(&client, 1)) &&
                    (has_received || stream_waits_for_room(&client, STREAM_BYTES / 2));
    } while (!must_wait || serial16550_is_pending(&serial));
}

static void serve(void)
{
    if (has_port)
        serve_port();
    else
        serve_nobody();
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
