/*
 * How a disk is read and written: a pair of rings (user/ring), requests to the disk and answers to its client, and buffers for
 * the data between them, which the device reaches directly.
 *
 * Each side writes its region of the pair, which the other need only read. Each request is answered once, in any order; its part
 * of a buffer belongs to the disk until then. What was written is certain to be on the disk after the answer to a later
 * BLOCK_FLUSH. When the disk was restarted, the client sends again what was not answered. When the client was, the disk accepts it
 * once nothing of what its predecessor asked for touches the buffers any more: until then the client leaves them alone.
 */
#pragma once

#include "ring/ring.h"

enum { BLOCK_SECTOR_BYTES = 512 };

enum block_operation {
    BLOCK_READ,
    BLOCK_WRITE,
    BLOCK_FLUSH,
    BLOCK_SIZE /* how many sectors there are */
};

struct block_request {
    uint64_t id;        /* the client's, comes back with the answer */
    uint32_t operation; /* enum block_operation */
    uint32_t bytes;     /* whole sectors; 0 for a flush and for the size */
    uint64_t sector;    /* the first */
    uint64_t offset;    /* of the data in the buffer */
    uint32_t buffer;    /* which of them: a number that the system's description gives it, from 0 */
    uint32_t reserved;
};

enum block_result {
    BLOCK_OK,
    BLOCK_REFUSED, /* not on this disk, not in a buffer, or not possible with it */
    BLOCK_FAILED,  /* the disk could not do it */
    BLOCK_NO_DISK  /* there is none, nor will there be until one of both sides starts again */
};

struct block_answer {
    uint64_t id;
    uint32_t result; /* enum block_result */
    uint32_t reserved;
    uint64_t sectors; /* of BLOCK_SIZE */
};

enum { BLOCK_RING_ENTRIES = 64 };
#define BLOCK_REQUESTS ((struct ring_shape){BLOCK_RING_ENTRIES, sizeof(struct block_request)})
#define BLOCK_ANSWERS  ((struct ring_shape){BLOCK_RING_ENTRIES, sizeof(struct block_answer)})

/* Either side's region; and how many buffers a client may have. */
enum { BLOCK_REGION_BYTES = 4096, BLOCK_MOST_BUFFERS = 3 };
