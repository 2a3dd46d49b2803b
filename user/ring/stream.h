/*
 * A stream carries bytes in both directions between two components through shared memory, and loses none when either is restarted.
 *
 *        one side's area (the other need only read it)          the other side's area
 *      +---------------------------+------------------+       +---------------------------+------------------+
 *      | written, taken, wanted... | bytes it has sent|       | written, taken, wanted... | bytes it has sent|
 *      +---------------------------+------------------+       +---------------------------+------------------+
 *
 * A byte stays in its sender's area until the receiver says that it is done with it, and all positions are in the areas, which outlive
 * their components: a side that starts again goes on where it was. Where a ring (ring.h) starts empty after a restart, because entries are
 * requests that can be asked again, a stream does not.
 *
 * A receiver copies bytes with stream_peek and takes them once it is done with them: when it has passed them on, or has sent them to the
 * device. What was looked at and not taken is there again after a restart.
 *
 * Each side writes its area only. What it reads from the other's is checked: a peer that breaks the rules can send wrong bytes, and
 * no more. Each function is for the one thread that owns the side. None blocks, and none calls the kernel: notifying is the
 * caller's business.
 */
#pragma once

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

enum { STREAM_BYTES = 2048 };

/* One side's; zeroed memory is one that never started. Positions count bytes from the first on, and go on at 0 after 2^32 - 1. */
struct stream_area {
    _Alignas(64) _Atomic uint32_t written; /* the end of what this side has sent */
    _Atomic uint32_t taken;                /* the end of what it is done with, of what the other has sent */
    _Atomic uint32_t wanted_bytes;         /* notify me when so many have come; 0: do not */
    _Atomic uint32_t wanted_room;          /* notify me when there is room for so many; 0: do not */
    _Alignas(64) _Atomic uint8_t bytes[STREAM_BYTES];
};

/* One side. Its state is in its area; here is only what concerns the next notification. */
struct stream {
    struct stream_area *mine;
    const struct stream_area *theirs;
    bool has_written, has_taken; /* since the last stream_publish */
};

/*
 * Starts a side, for the first time or after a restart, in memory that may hold anything: positions that cannot be are mended, and what
 * was between them is lost. The caller notifies the peer afterwards.
 */
void stream_start(struct stream *stream, void *own_area, const void *peer_area);

/* How many bytes there is room for, and how many have come and are not taken. 0 while the peer's positions cannot be. */
uint32_t stream_room(const struct stream *stream);
uint32_t stream_waiting(const struct stream *stream);

/* Sends up to `count` bytes, as many as there is room for, and says how many. */
uint32_t stream_write(struct stream *stream, const void *bytes, uint32_t count);

/* Copies up to `count` bytes that have come, from `skipped` after the first on, and says how many. They stay. */
uint32_t stream_peek(const struct stream *stream, uint32_t skipped, void *bytes, uint32_t count);

/* Is done with `count` bytes, at most stream_waiting. */
void stream_take(struct stream *stream, uint32_t count);

/* After writing and taking: true if the peer waits for that, notify it. */
bool stream_publish(struct stream *stream);

/*
 * Asks for a notification when `count` bytes are waiting (there is room for `count`), after stream_publish. True: there are fewer now, wait for the
 * notification; it may also come for another reason. False: go on at once. At most STREAM_BYTES, which as room means that all is taken.
 */
bool stream_waits_for_bytes(struct stream *stream, uint32_t count);
bool stream_waits_for_room(struct stream *stream, uint32_t count);
