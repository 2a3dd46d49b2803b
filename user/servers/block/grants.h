/*
 * Who gets which part of the disk: a table that the system's own file holds, as only its description knows the channels and where the
 * regions are mapped.
 */
#pragma once

#include <stdint.h>

enum { BLOCK_MOST_CLIENTS = 4 };

struct block_grant {
    uint32_t channel;
    uint32_t partition;        /* from 1; 0: the whole disk */
    void *server_region;       /* the rings' regions (protocols/block.h), */
    const void *client_region; /* the client's read-only */
    uint32_t first_buffer;     /* of the disk's buffers: the client's buffer 0 */
    uint32_t buffer_count;     /* the client's following buffers are the disk's following ones */
};

/* Which of the disk's buffers is the memory for the partition table. */
extern const uint32_t block_window_buffer;

extern const struct block_grant block_grants[];
extern const unsigned block_grant_count; /* at most BLOCK_MOST_CLIENTS */
