/*
 * The network server without its component: rings in memory on one side, on the other what environment.h asks for. One thread.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Where everything is; all but the rings of others and the send region is written. */
struct network_places {
    void *card_rings_own;
    const void *card_rings_theirs;
    void *client_rings_own; /* SOCKET_SERVER_BYTES, the status in it */
    const void *client_rings_theirs;
    void *packets;
    size_t packets_bytes;
    const void *send_region;
    size_t send_region_bytes;
};

/* Once, first. */
void network_start(const struct network_places *places);

/*
 * One round of work. True: there is nothing to do before a notification, or network_next_ns. `*has_worked`: whether anything came to be
 * done; a server that goes round without that hangs.
 */
bool network_serve(bool *has_worked);

/* When there is something to do in any case, in the environment's time. */
uint64_t network_next_ns(void);
