/*
 * A ring carries entries of one size from one component to another through shared memory: one producer, one consumer, no
 * lock, and a notification only when the other side waits for one.
 *
 *        producer's area (the consumer need only read it)             consumer's area (the producer need only read it)
 *      +----------+---------+---------+-----+------------+          +----------+
 *      | control  | entry 0 | entry 1 | ... | entry n-1  |          | control  |
 *      +----------+---------+---------+-----+------------+          +----------+
 *        position: head                                                position: tail
 *
 * Each side keeps its own state in private memory and writes its own area only. What it reads from the other's area is
 * copied once and checked: a peer that breaks the rules makes the ring RING_BROKEN and can do no more than send wrong
 * entries. Entries are put and taken in batches; the peer learns of a batch by one store (publish, release), and needs a
 * notification only if that function says so.
 *
 * A side counts its own starts in its area (its epoch). Indices belong to a connection, which is a pair of epochs: when one
 * side starts again, the other finds RING_PEER_STARTED, accepts, and begins again at entry 0 with an empty ring.
 *
 * Each function is for the one thread that owns the side. None blocks, and none calls the kernel: notifying is the
 * caller's business.
 */
#pragma once

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { RING_LINE_BYTES = 64 };

/* What one side tells the other; the first line of its area. Zeroed memory is a side that never started. */
struct ring_control {
    _Alignas(RING_LINE_BYTES) _Atomic uint64_t position; /* own epoch << 48 | epoch of the peer << 32 | index */
    _Atomic uint32_t wake_after;                         /* notify me when your index passes this one */
};
_Static_assert(sizeof(struct ring_control) == RING_LINE_BYTES, "a control block is one cache line");

/* Both sides must be given the same shape, from the system's description: it is not read from shared memory. */
struct ring_shape {
    uint32_t capacity;    /* entries: a power of two, at most 2^30 */
    uint32_t entry_bytes; /* a multiple of 8 */
};

enum ring_state {
    RING_CLOSED,       /* the peer has not started yet */
    RING_OPEN,         /* entries can pass */
    RING_PEER_STARTED, /* the peer has started (again): accept, then put again what is still wanted */
    RING_BROKEN        /* the peer published an impossible index; only its next start opens the ring again */
};

/* One side's private state. */
struct ring_end {
    struct ring_control *mine;
    const struct ring_control *theirs;
    struct ring_shape shape;
    uint32_t index;     /* of the next entry to put or to take */
    uint32_t published; /* what the peer has been told of it */
    uint32_t seen;      /* the peer's index, checked */
    uint16_t epoch;     /* of this side's start; never 0 */
    uint16_t peer_epoch;
    enum ring_state state;
};

struct ring_producer {
    struct ring_end end;
    _Atomic uint64_t *words;
};

struct ring_consumer {
    struct ring_end end;
    const _Atomic uint64_t *words;
};

/* Bytes of an area, in whole lines; areas are aligned to RING_LINE_BYTES and start as zeros. */
static inline size_t ring_producer_area_bytes(struct ring_shape shape)
{
    size_t bytes = sizeof(struct ring_control) + (size_t)shape.capacity * shape.entry_bytes;
    return (bytes + RING_LINE_BYTES - 1) & ~(size_t)(RING_LINE_BYTES - 1);
}

static inline size_t ring_consumer_area_bytes(void)
{
    return sizeof(struct ring_control);
}

/*
 * Starts a side, for the first time or after a restart, in memory that may hold anything. The caller notifies the peer
 * afterwards. False, and nothing done, if the shape is not a possible one.
 */
bool ring_producer_start(struct ring_producer *producer, void *own_area, const void *peer_area,
                         struct ring_shape shape);
bool ring_consumer_start(struct ring_consumer *consumer, void *own_area, const void *peer_area,
                         struct ring_shape shape);

/* How the ring stands now. Looks at the peer's area. */
enum ring_state ring_producer_state(struct ring_producer *producer);
enum ring_state ring_consumer_state(struct ring_consumer *consumer);

/* After RING_PEER_STARTED: begins again with an empty ring. True if the peer had started; otherwise nothing changes. */
bool ring_producer_accept(struct ring_producer *producer);
bool ring_consumer_accept(struct ring_consumer *consumer);

/* Stores up to `count` entries, as many as there is room for, and says how many; none unless RING_OPEN. Not visible yet. */
uint32_t ring_put(struct ring_producer *producer, const void *entries, uint32_t count);
/* How many entries there is room for now; more only until the next start of the peer. None unless RING_OPEN. */
uint32_t ring_room(struct ring_producer *producer);
/* Makes visible what was put. True: the consumer waits for it, notify it. */
bool ring_publish(struct ring_producer *producer);
/* Whether there is something to be made visible. */
static inline bool ring_is_ahead(const struct ring_producer *producer)
{
    return producer->end.index != producer->end.published;
}

/*
 * Copies up to `count` entries out, as many as there are, and says how many; none unless RING_OPEN. What is returned was
 * written whole by the producer's present incarnation.
 */
uint32_t ring_take(struct ring_consumer *consumer, void *entries, uint32_t count);
/* Gives the room of what was taken back. True: the producer waits for it, notify it. */
bool ring_release(struct ring_consumer *consumer);

/*
 * Asks for a notification when `count` entries wait (may be put), after publishing or releasing everything. True: there are
 * fewer now, wait for the notification; it may also come for another reason. False: go on at once. At most `capacity`.
 */
bool ring_producer_waits(struct ring_producer *producer, uint32_t count);
bool ring_consumer_waits(struct ring_consumer *consumer, uint32_t count);

/*
 * Two rings between the same two components, one in each direction, that start and restart as one: requests and answers.
 *
 * Each side writes one region: its outgoing ring's producer area, then its incoming ring's consumer area. The pair is
 * RING_OPEN once each side has accepted the other's present start; before, nothing is handed out, and what either does on behalf of
 * an earlier start can come to its end. Starting and accepting are followed by a notification to the peer.
 */
struct ring_pair {
    struct ring_producer out;
    struct ring_consumer in;
};

static inline size_t ring_pair_region_bytes(struct ring_shape out)
{
    return ring_producer_area_bytes(out) + ring_consumer_area_bytes();
}

/* Starts both; `out` is the shape of this side's outgoing ring. As ring_producer_start. */
bool ring_pair_start(struct ring_pair *pair, void *own_region, const void *peer_region, struct ring_shape out,
                     struct ring_shape in);

/* RING_CLOSED also while the peer is about to start, or has not accepted this side's start. */
enum ring_state ring_pair_state(struct ring_pair *pair);

/*
 * Whether the peer has started and has not accepted this side's present start: it may still use what it has learnt from an earlier
 * one.
 */
bool ring_pair_peer_is_behind(const struct ring_pair *pair);

/* As ring_producer_accept. */
bool ring_pair_accept(struct ring_pair *pair);

/* As ring_consumer_waits and ring_producer_waits; while the pair is not open, for that. */
bool ring_pair_waits_for_entries(struct ring_pair *pair, uint32_t count);
bool ring_pair_waits_for_room(struct ring_pair *pair, uint32_t count);

/* Whether a range that an entry names lies within a shared buffer of `buffer_bytes`. */
static inline bool ring_range_fits(uint64_t offset, uint64_t length, uint64_t buffer_bytes)
{
    return offset <= buffer_bytes && length <= buffer_bytes - offset;
}
