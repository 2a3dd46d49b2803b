/*
 * How Ethernet frames come and go: a pair of rings (user/ring) between a network card and its client, and buffers that the device
 * reaches directly. Buffers have numbers that the system's description gives them, from 0.
 *
 * The client gives memory for frames to come, and frames to send, which may lie in several pieces: what comes before the data, and
 * the data where it is. Each of these is answered once; its part of the buffers belongs to the card until then. When the card was
 * restarted, the client gives and sends again what was not answered: a frame may go out twice. When the client was, the card forgets
 * what its predecessor gave before it accepts the new one, which leaves the buffers alone until then.
 */
#pragma once

#include "ring/ring.h"

enum { NET_MOST_FRAME_BYTES = 1514, NET_ADDRESS_BYTES = 6 };
enum { NET_MOST_PIECES = 4, NET_MOST_BUFFERS = 2 };

enum net_operation { NET_GIVE, NET_SEND };

struct net_piece {
    uint32_t offset; /* in the buffer */
    uint16_t bytes;
    uint16_t buffer;
};

struct net_request {
    uint64_t id;          /* the client's, comes back with the answer */
    uint32_t operation;   /* enum net_operation */
    uint32_t piece_count; /* at least 1; memory that is given is one piece */
    struct net_piece pieces[NET_MOST_PIECES];
};

enum net_result {
    NET_OK,
    NET_REFUSED /* not in a buffer, too short, too long, or there is no card */
};

struct net_answer {
    uint64_t id;
    uint32_t result; /* enum net_result */
    uint32_t bytes;  /* of a frame that came; 0: it was too short to be one */
};

/* No more than half of them in each direction are under way. */
enum { NET_RING_ENTRIES = 256 };
#define NET_REQUESTS ((struct ring_shape){NET_RING_ENTRIES, sizeof(struct net_request)})
#define NET_ANSWERS  ((struct ring_shape){NET_RING_ENTRIES, sizeof(struct net_answer)})

/* Either side's region. */
enum { NET_REGION_BYTES = 0x4000 };

/* The label of a call to the card, without words. The answer: one word, the card's address, its first byte lowest. */
enum net_call { NET_ADDRESS = 1 };
enum net_call_result { NET_CALL_OK, NET_CALL_NO_CARD, NET_CALL_BAD };
