/*
 * The channel that the journal's log is written through: what is written one block behind the other is gathered in the server's
 * buffer and goes to the disk in one piece.
 */
#pragma once

#include <ext2fs/ext2fs.h>
#include <stdbool.h>
#include <stddef.h>

enum { LOG_CHANNEL_BYTES = 65 * 4096 };

/* Uses LOG_CHANNEL_BYTES of the server's buffer. There is one such channel. */
io_channel log_channel_start(size_t offset);

/* Of the flushes to come, the first `count` make certain that all is on the disk for good; later ones only that it has been written. */
void log_channel_flush_next(unsigned count);
