/*
 * A 16550 serial port that is driven by interrupts: bytes to send wait in a ring, received ones are taken as they come.
 */
#pragma once

#include <sel4/sel4.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { SERIAL_PORT_COUNT = 8, SERIAL_RING_SIZE = 1024 };

struct serial16550 {
    seL4_CPtr ports;
    uint16_t base;
    char ring[SERIAL_RING_SIZE]; /* to be sent */
    uint32_t written, sent;
    bool sends; /* the transmitter will interrupt when it has room */
};

/* 115200 baud, 8 bits, no parity; `ports` is a capability to base ... base + 7. */
void serial16550_initialise(struct serial16550 *serial, seL4_CPtr ports, uint16_t base);

/* Takes as many bytes as there is room for. */
size_t serial16550_write(struct serial16550 *serial, const char *bytes, size_t count);

/* Serves the device until it wants nothing more; received bytes go to `received`. */
void serial16550_interrupt(struct serial16550 *serial, void (*received)(const char *bytes, size_t count));

/* Sends all that waits, without interrupts. */
void serial16550_flush(struct serial16550 *serial);
