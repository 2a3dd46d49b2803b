/*
 * A 16550 serial port that is driven by interrupts: bytes to send and bytes that came wait in two rings. While the ring of those that
 * came is full the other end is asked to wait (RTS); one that does not wait loses bytes.
 */
#pragma once

#include <sel4/sel4.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { SERIAL_PORT_COUNT = 8, SERIAL_RING_SIZE = 1024 };

struct serial16550_ring {
    char bytes[SERIAL_RING_SIZE];
    uint32_t last, first; /* counted on without end: the difference is what waits */
};

struct serial16550 {
    seL4_CPtr ports;
    uint16_t base;
    struct serial16550_ring output, input;
    bool sends;        /* the transmitter will interrupt when it has room */
    bool receives;     /* the receiver interrupts when a byte has come */
    uint32_t patience; /* looks at a device that takes nothing before the output is given up */
};

/* 115200 baud, 8 bits, no parity; `ports` is a capability to base ... base + 7. */
void serial16550_initialise(struct serial16550 *serial, seL4_CPtr ports, uint16_t base);

/* Takes as many bytes as there is room for. */
size_t serial16550_write(struct serial16550 *serial, const char *bytes, size_t count);

/* Hands out bytes that came, at most `count`; says how many. */
size_t serial16550_read(struct serial16550 *serial, char *bytes, size_t count);
bool serial16550_has_input(const struct serial16550 *serial);

/* Serves the device until it wants nothing more. False: it does not end to want something that is not there; it is out of order. */
bool serial16550_interrupt(struct serial16550 *serial);

/* Sends all that waits, without interrupts. What a device that takes nothing for some seconds was to send is lost. */
void serial16550_flush(struct serial16550 *serial);
