/*
 * A terminal between its client and its serial port (protocols/terminal.h on both sides): bytes pass through as they are, and what
 * the client has written is taken from it when the port has sent it. It
 * is also kept, in memory that outlives this program, so that the screen can be drawn again. No call is made here.
 */
#pragma once

#include "protocols/terminal.h"
#include <stddef.h>

enum { TERMINAL_HISTORY_BYTES = 32768, TERMINAL_BATCH_BYTES = 512 };

struct terminal {
    bool has_client, has_port;
    struct terminal_region *region; /* the client's view of the terminal */
    struct stream client, port;
    uint8_t *history; /* the last bytes that were passed; each at its position's remainder */
};

/* The regions of a side that is not there are null. `history` may hold anything. */
void terminal_start(struct terminal *terminal, void *own_client_region, const void *client_region,
                    void *own_port_region, const void *port_region, void *history);

/*
 * Passes what the client has written to the port, at most TERMINAL_BATCH_BYTES, as far as that has room; copies it to `bytes`, for the screen, and
 * says how many.
 */
uint32_t terminal_pass_output(struct terminal *terminal, uint8_t bytes[TERMINAL_BATCH_BYTES]);

/* Passes what came from the port to the client, as far as that has room, and says how many. */
uint32_t terminal_pass_input(struct terminal *terminal);

/* Sends what was typed on a keyboard to the client: as much as there is room for. */
void terminal_type(struct terminal *terminal, const void *bytes, uint32_t count);

/* Sets the size that the client sees; 0: not known. True: it is another one, notify the client. */
bool terminal_set_size(struct terminal *terminal, uint16_t columns, uint16_t lines);

/*
 * Copies what the client had written, from `skipped` bytes after the oldest that is kept on, and says how many; 0 at the end. At most
 * TERMINAL_BATCH_BYTES. Bytes that never were are 0.
 */
uint32_t terminal_history(const struct terminal *terminal, uint32_t skipped, uint8_t bytes[TERMINAL_BATCH_BYTES]);

/* After passing: who is to be notified. */
bool terminal_wakes_client(struct terminal *terminal);
bool terminal_wakes_port(struct terminal *terminal);

/* Asks both sides for notifications. False: there is something to pass on now. */
bool terminal_must_wait(struct terminal *terminal);
