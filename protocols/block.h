/*
 * How a disk is read and written: two rings (user/ring), requests to the disk and answers to its client, and a buffer for the data
 * between them, which the client owns and the device reaches directly.
 *
 * Each side writes one region, which the other need only read:
 *
 *   the client's: | requests: producer's area | answers: consumer's area |
 *   the disk's:   | answers: producer's area | requests: consumer's area |
 *
 * Each request is answered once, in any order; its part of the buffer belongs to the disk until then. What was written is certain to
 * be on the disk after the answer to a later BLOCK_FLUSH. When the disk was restarted, the client sends again what was not
 * answered; when the client was, nothing of what it asked for touches the buffer after the disk has accepted its new rings.
 * Both start their answers' side first.
 */
#pragma once

#include "ring/ring.h"

enum { BLOCK_SECTOR_BYTES = 512 };

enum block_operation { BLOCK_READ, BLOCK_WRITE, BLOCK_FLUSH };

struct block_request {
    uint64_t id;        /* the client's, comes back with the answer */
    uint32_t operation; /* enum block_operation */
    uint32_t bytes;     /* whole sectors; 0 for a flush */
    uint64_t sector;    /* the first */
    uint64_t offset;    /* of the data in the buffer */
};

enum block_result {
    BLOCK_OK,
    BLOCK_REFUSED, /* not on this disk, not in the buffer, or not possible with it */
    BLOCK_FAILED   /* the disk could not do it */
};

struct block_answer {
    uint64_t id;
    uint32_t result; /* enum block_result */
    uint32_t reserved;
};

enum { BLOCK_RING_ENTRIES = 64 };
#define BLOCK_REQUESTS ((struct ring_shape){BLOCK_RING_ENTRIES, sizeof(struct block_request)})
#define BLOCK_ANSWERS  ((struct ring_shape){BLOCK_RING_ENTRIES, sizeof(struct block_answer)})

/* Either region, and the buffer. */
enum { BLOCK_REGION_BYTES = 4096, BLOCK_BUFFER_BYTES = 65536 };

/* The areas in the regions. */
static inline void *block_requests_producer(void *client_region)
{
    return client_region;
}

static inline void *block_answers_consumer(void *client_region)
{
    return (char *)client_region + ring_producer_area_bytes(BLOCK_REQUESTS);
}

static inline void *block_answers_producer(void *disk_region)
{
    return disk_region;
}

static inline void *block_requests_consumer(void *disk_region)
{
    return (char *)disk_region + ring_producer_area_bytes(BLOCK_ANSWERS);
}
