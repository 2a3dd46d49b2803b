/*
 * What client and server of this example say to each other: a pair of rings, requests one way and answers the other.
 */
#pragma once

#include <ring/ring.h>

enum { PEER = 1, BATCH = 16 }; /* the channel's id on both sides; entries that are moved at a time */

struct request {
    uint64_t number;
};

struct answer {
    uint64_t number, square;
};

static const struct ring_shape requests = {.capacity = 64, .entry_bytes = sizeof(struct request)};
static const struct ring_shape answers = {.capacity = 64, .entry_bytes = sizeof(struct answer)};

/* The tool sets these: where this side writes, and where it reads. */
extern seL4_Word own_region, peer_region;
