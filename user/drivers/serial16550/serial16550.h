/*
 * A 16550 serial port: bytes go straight to the device and come straight from it, as many as it has room for or has received.
 *
 * The line to the interrupt controller is edge-triggered: after an interrupt the caller reads and writes until serial16550_is_pending says that
 * the device has let go of it.
 */
#pragma once

#include <sel4/sel4.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { SERIAL_PORT_COUNT = 8, SERIAL_FIFO_BYTES = 16 };

struct serial16550 {
    seL4_CPtr ports;
    uint16_t base;
    uint8_t interrupts; /* that are enabled */
    uint8_t room;       /* of the device when it is empty: older ones (8250, 16450) take one byte at a time */
    bool has_lost;      /* bytes came while the device's queue was full; the caller clears it */
};

/*
 * 115200 baud, 8 bits, no parity; `ports` is a capability to base ... base + 7. False: no such device is there. What a device that was in use already
 * has in its queues stays there. Interrupts for what is received are on.
 */
bool serial16550_start(struct serial16550 *serial, seL4_CPtr ports, uint16_t base);

/* How many bytes there is room for now; so many may be put without another look. */
size_t serial16550_room(struct serial16550 *serial);
void serial16550_put(const struct serial16550 *serial, char byte);

/* Whether an interrupt tells when there is room. */
void serial16550_want_room(struct serial16550 *serial, bool is_wanted);

/* Takes as many bytes as have come, at most `count`, and says how many. */
size_t serial16550_read(struct serial16550 *serial, char *bytes, size_t count);

/* Whether bytes that come make an interrupt. While they do not, they stay in the device, and the other end is asked to wait (RTS). */
void serial16550_listen(struct serial16550 *serial, bool is_listening);

/* The device (still) asks for an interrupt. One that does so though there is nothing to read and nothing to write is out of order. */
bool serial16550_is_pending(struct serial16550 *serial);
