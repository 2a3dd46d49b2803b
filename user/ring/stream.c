#include "ring/stream.h"

/*
 * Ordering, in the terms of tests/ring/stream.pml, which checks it:
 *   send      bytes, then `written`: a release, which the peer's load acquires. `taken` the same way gives the room back.
 *   sleep     wanted_..., fence, the peer's position; against position, fence, the peer's wanted_... One of the two sides sees the
 *             other's store, so no wake-up is lost. It is the ring's rule (ring.c).
 */

static uint32_t load(const _Atomic uint32_t *word)
{
    return atomic_load_explicit(word, memory_order_acquire);
}

static void store(_Atomic uint32_t *word, uint32_t value)
{
    atomic_store_explicit(word, value, memory_order_release);
}

/* Own words are in memory that only this side writes. */
static uint32_t own(const _Atomic uint32_t *word)
{
    return atomic_load_explicit(word, memory_order_relaxed);
}

void stream_start(struct stream *stream, void *own_area, const void *peer_area)
{
    *stream = (struct stream){.mine = own_area, .theirs = peer_area};
    store(&stream->mine->wanted_bytes, 0);
    store(&stream->mine->wanted_room, 0);
    uint32_t their_taken = load(&stream->theirs->taken), their_written = load(&stream->theirs->written);
    if (own(&stream->mine->written) - their_taken > STREAM_BYTES)
        store(&stream->mine->written, their_taken);
    if (their_written - own(&stream->mine->taken) > STREAM_BYTES)
        store(&stream->mine->taken, their_written);
}

uint32_t stream_room(const struct stream *stream)
{
    uint32_t under_way = own(&stream->mine->written) - load(&stream->theirs->taken);
    return under_way <= STREAM_BYTES ? STREAM_BYTES - under_way : 0;
}

uint32_t stream_waiting(const struct stream *stream)
{
    uint32_t count = load(&stream->theirs->written) - own(&stream->mine->taken);
    return count <= STREAM_BYTES ? count : 0;
}

uint32_t stream_write(struct stream *stream, const void *bytes, uint32_t count)
{
    uint32_t room = stream_room(stream), written = own(&stream->mine->written);
    if (count > room)
        count = room;
    for (uint32_t i = 0; i < count; i++)
        atomic_store_explicit(&stream->mine->bytes[(written + i) % STREAM_BYTES], ((const uint8_t *)bytes)[i],
                              memory_order_relaxed);
    store(&stream->mine->written, written + count);
    stream->has_written |= count != 0;
    return count;
}

uint32_t stream_peek(const struct stream *stream, uint32_t skipped, void *bytes, uint32_t count)
{
    uint32_t waiting = stream_waiting(stream), first = own(&stream->mine->taken) + skipped;
    if (skipped >= waiting)
        return 0;
    if (count > waiting - skipped)
        count = waiting - skipped;
    for (uint32_t i = 0; i < count; i++)
        ((uint8_t *)bytes)[i] =
            atomic_load_explicit(&stream->theirs->bytes[(first + i) % STREAM_BYTES], memory_order_relaxed);
    return count;
}

void stream_take(struct stream *stream, uint32_t count)
{
    store(&stream->mine->taken, own(&stream->mine->taken) + count);
    stream->has_taken |= count != 0;
}

bool stream_publish(struct stream *stream)
{
    if (!stream->has_written && !stream->has_taken)
        return false;
    atomic_thread_fence(memory_order_seq_cst);
    uint32_t wanted_bytes = load(&stream->theirs->wanted_bytes), wanted_room = load(&stream->theirs->wanted_room);
    bool brings_bytes = stream->has_written && wanted_bytes && STREAM_BYTES - stream_room(stream) >= wanted_bytes;
    bool brings_room = stream->has_taken && wanted_room && STREAM_BYTES - stream_waiting(stream) >= wanted_room;
    stream->has_written = stream->has_taken = false;
    return brings_bytes || brings_room;
}

bool stream_waits_for_bytes(struct stream *stream, uint32_t count)
{
    store(&stream->mine->wanted_bytes, count);
    atomic_thread_fence(memory_order_seq_cst);
    if (stream_waiting(stream) < count)
        return true;
    store(&stream->mine->wanted_bytes, 0);
    return false;
}

bool stream_waits_for_room(struct stream *stream, uint32_t count)
{
    store(&stream->mine->wanted_room, count);
    atomic_thread_fence(memory_order_seq_cst);
    if (stream_room(stream) < count)
        return true;
    store(&stream->mine->wanted_room, 0);
    return false;
}
