/*
 * Bytes to and from a serial port: a pair of rings (user/ring) between the port and its client. There are no answers: what has
 * been taken from the ring is being sent. When the port or its client is restarted, bytes under way may be lost. When the client
 * does not take what comes, the port holds 1024 bytes more and then asks the other end to wait (RTS).
 */
#pragma once

#include "ring/ring.h"

enum { SERIAL_CHUNK_BYTES = 63 };

struct serial_chunk {
    uint8_t count; /* at most SERIAL_CHUNK_BYTES; more counts as that */
    uint8_t bytes[SERIAL_CHUNK_BYTES];
};

/* In both directions. */
#define SERIAL_CHUNKS ((struct ring_shape){32, sizeof(struct serial_chunk)})

/* Either side's region. */
enum { SERIAL_REGION_BYTES = 4096 };
