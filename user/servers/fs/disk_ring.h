/* The ring to the block server, for the component's event loop. */
#pragma once

#include <microkit.h>
#include <stdbool.h>

/* Starts the ring. The regions and the buffer are told by the description. */
void disk_ring_start(microkit_channel block_channel);
/* Takes what has come (true: something has), sends what was begun. */
bool disk_ring_serve(void);
/* Asks for a notification: true if there is nothing to do before it comes. */
bool disk_ring_waits(void);
/* Whether there is a disk that has failed at least one request. */
bool disk_ring_has_failed(void);
/* Whether anything is under way. */
bool disk_is_busy(void);
