/*
 * A terminal: what is written to it is shown, what is typed on it comes back. Bytes go through a stream (user/ring/stream.h) between the terminal
 * and its one client, who is notified on the channel. A serial port is a terminal whose size is not known.
 *
 * Each side writes a region of one page, which the other need only read. When either side is restarted it goes on where it was: no byte is lost. What the terminal has
 * taken has been shown or sent. What the
 * client does not take waits; when there is no more room, the terminal takes no more from its user.
 */
#pragma once

#include "ring/stream.h"

/* The terminal's region. The client is notified when the size changes. */
struct terminal_region {
    struct stream_area stream;
    _Atomic uint32_t size;         /* columns << 16 | lines; 0: not known */
    _Atomic uint32_t port_offset;  /* the terminal's own: what its stream to a port is ahead of the client's */
    _Atomic uint32_t input_offset; /* the same for what comes from the port and a keyboard */
};

/* The client's region. */
struct terminal_client_region {
    struct stream_area stream;
};

enum { TERMINAL_REGION_BYTES = 4096 };
_Static_assert(sizeof(struct terminal_region) <= TERMINAL_REGION_BYTES, "a region is a page");
