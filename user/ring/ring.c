#include "ring/ring.h"

/*
 * Ordering, in the terms of tests/ring/ring.pml, which checks it:
 *   publish   entries, then position: the store of the position is a release, the load by the peer an acquire.
 *   sleep     wake_after, fence, the peer's position; against position, fence, the peer's wake_after. One of the two sides
 *             sees the other's store, so no wake-up is lost.
 *   restart   a side's new epoch is visible before any entry it writes (fence after the store), and the consumer looks at
 *             the epoch again after it has copied entries (fence before the load): what it hands out is of one epoch.
 */

enum { MOST_ENTRIES = 1 << 30 };

struct position {
    uint16_t epoch, peer_epoch;
    uint32_t index;
};

static struct position position_load(const struct ring_control *control, memory_order order)
{
    uint64_t word = atomic_load_explicit(&control->position, order);
    return (struct position){
        .epoch = (uint16_t)(word >> 48), .peer_epoch = (uint16_t)(word >> 32), .index = (uint32_t)word};
}

static void position_store(struct ring_end *end)
{
    uint64_t word = (uint64_t)end->epoch << 48 | (uint64_t)end->peer_epoch << 32 | end->index;
    atomic_store_explicit(&end->mine->position, word, memory_order_release);
    end->published = end->index;
}

/* Begins a connection with the peer of that epoch, 0 if it never started. */
static void end_connect(struct ring_end *end, uint16_t peer_epoch)
{
    end->peer_epoch = peer_epoch;
    end->index = 0;
    end->seen = 0;
    end->state = peer_epoch ? RING_OPEN : RING_CLOSED;
    /* Nothing is asked for: the last index that the peer can pass. */
    atomic_store_explicit(&end->mine->wake_after, UINT32_MAX, memory_order_relaxed);
    position_store(end);
    /* The epochs before any entry of this connection. */
    atomic_thread_fence(memory_order_seq_cst);
}

static bool end_start(struct ring_end *end, void *own_area, const void *peer_area, struct ring_shape shape)
{
    bool is_power_of_two = shape.capacity && !(shape.capacity & (shape.capacity - 1));
    if (!is_power_of_two || shape.capacity > MOST_ENTRIES || !shape.entry_bytes || shape.entry_bytes % sizeof(uint64_t))
        return false;
    end->mine = own_area;
    end->theirs = peer_area;
    end->shape = shape;
    uint16_t previous = position_load(end->mine, memory_order_relaxed).epoch;
    end->epoch = previous == UINT16_MAX ? 1 : (uint16_t)(previous + 1);
    end_connect(end, position_load(end->theirs, memory_order_acquire).epoch);
    return true;
}

/* Looks at the peer's position; `room` is how far its index may have moved on since the last look. */
static enum ring_state end_look(struct ring_end *end, uint32_t room)
{
    struct position theirs = position_load(end->theirs, memory_order_acquire);
    if (theirs.epoch != end->peer_epoch) {
        end->state = RING_PEER_STARTED;
    } else if (end->state == RING_OPEN && theirs.peer_epoch == end->epoch) {
        if (theirs.index - end->seen > room)
            end->state = RING_BROKEN;
        else
            end->seen = theirs.index;
    }
    return end->state;
}

static bool end_accept(struct ring_end *end)
{
    uint16_t peer_epoch = position_load(end->theirs, memory_order_acquire).epoch;
    if (peer_epoch == end->peer_epoch)
        return false;
    end_connect(end, peer_epoch);
    return true;
}

/* Tells the peer the index; true if the peer asked to be told when it passes one that it has passed now. */
static bool end_publish(struct ring_end *end)
{
    uint32_t before = end->published;
    if (end->state != RING_OPEN || end->index == before)
        return false;
    position_store(end);
    atomic_thread_fence(memory_order_seq_cst);
    uint32_t wake_after = atomic_load_explicit(&end->theirs->wake_after, memory_order_relaxed);
    return end->index - wake_after - 1 < end->index - before;
}

static void end_ask(struct ring_end *end, uint32_t wake_after)
{
    atomic_store_explicit(&end->mine->wake_after, wake_after, memory_order_relaxed);
    atomic_thread_fence(memory_order_seq_cst);
}

/* The consumer may have released no more than was published to it, and not yet released. */
static enum ring_state producer_look(struct ring_producer *producer)
{
    return end_look(&producer->end, producer->end.published - producer->end.seen);
}

/* The producer may have filled all that has been released to it. */
static enum ring_state consumer_look(struct ring_consumer *consumer)
{
    struct ring_end *end = &consumer->end;
    return end_look(end, end->shape.capacity - (end->seen - end->published));
}

static uint32_t producer_room(const struct ring_producer *producer)
{
    return producer->end.shape.capacity - (producer->end.index - producer->end.seen);
}

static uint32_t consumer_waiting(const struct ring_consumer *consumer)
{
    return consumer->end.seen - consumer->end.index;
}

static size_t entry_word(const struct ring_end *end, uint32_t index)
{
    return (size_t)(index & (end->shape.capacity - 1)) * (end->shape.entry_bytes / sizeof(uint64_t));
}

bool ring_producer_start(struct ring_producer *producer, void *own_area, const void *peer_area, struct ring_shape shape)
{
    producer->words = (_Atomic uint64_t *)((struct ring_control *)own_area + 1);
    return end_start(&producer->end, own_area, peer_area, shape);
}

bool ring_consumer_start(struct ring_consumer *consumer, void *own_area, const void *peer_area, struct ring_shape shape)
{
    consumer->words = (const _Atomic uint64_t *)((const struct ring_control *)peer_area + 1);
    return end_start(&consumer->end, own_area, peer_area, shape);
}

enum ring_state ring_producer_state(struct ring_producer *producer)
{
    return producer_look(producer);
}

enum ring_state ring_consumer_state(struct ring_consumer *consumer)
{
    return consumer_look(consumer);
}

bool ring_producer_accept(struct ring_producer *producer)
{
    return end_accept(&producer->end);
}

bool ring_consumer_accept(struct ring_consumer *consumer)
{
    return end_accept(&consumer->end);
}

uint32_t ring_put(struct ring_producer *producer, const void *entries, uint32_t count)
{
    struct ring_end *end = &producer->end;
    if (producer_room(producer) < count)
        producer_look(producer);
    if (end->state != RING_OPEN)
        return 0;
    uint32_t room = producer_room(producer);
    uint32_t done = count < room ? count : room;
    const char *from = entries;
    for (uint32_t i = 0; i < done; i++) {
        _Atomic uint64_t *entry = producer->words + entry_word(end, end->index++);
        for (size_t word = 0; word < end->shape.entry_bytes / sizeof(uint64_t); word++, from += sizeof(uint64_t)) {
            uint64_t value;
            __builtin_memcpy(&value, from, sizeof value);
            atomic_store_explicit(entry + word, value, memory_order_relaxed);
        }
    }
    return done;
}

uint32_t ring_room(struct ring_producer *producer)
{
    return producer_look(producer) == RING_OPEN ? producer_room(producer) : 0;
}

bool ring_publish(struct ring_producer *producer)
{
    return end_publish(&producer->end);
}

uint32_t ring_take(struct ring_consumer *consumer, void *entries, uint32_t count)
{
    struct ring_end *end = &consumer->end;
    if (consumer_waiting(consumer) < count)
        consumer_look(consumer);
    if (end->state != RING_OPEN)
        return 0;
    uint32_t waiting = consumer_waiting(consumer);
    uint32_t done = count < waiting ? count : waiting;
    char *to = entries;
    for (uint32_t i = 0; i < done; i++) {
        const _Atomic uint64_t *entry = consumer->words + entry_word(end, end->index + i);
        for (size_t word = 0; word < end->shape.entry_bytes / sizeof(uint64_t); word++, to += sizeof(uint64_t)) {
            uint64_t value = atomic_load_explicit(entry + word, memory_order_relaxed);
            __builtin_memcpy(to, &value, sizeof value);
        }
    }
    /* A producer that has started again meanwhile may have written over what was copied. */
    atomic_thread_fence(memory_order_acquire);
    if (position_load(end->theirs, memory_order_relaxed).epoch != end->peer_epoch) {
        end->state = RING_PEER_STARTED;
        return 0;
    }
    end->index += done;
    return done;
}

bool ring_release(struct ring_consumer *consumer)
{
    return end_publish(&consumer->end);
}

bool ring_producer_waits(struct ring_producer *producer, uint32_t count)
{
    struct ring_end *end = &producer->end;
    end_ask(end, end->index + count - end->shape.capacity - 1);
    enum ring_state state = producer_look(producer);
    return state != RING_PEER_STARTED && (state != RING_OPEN || producer_room(producer) < count);
}

bool ring_consumer_waits(struct ring_consumer *consumer, uint32_t count)
{
    struct ring_end *end = &consumer->end;
    end_ask(end, end->index + count - 1);
    enum ring_state state = consumer_look(consumer);
    return state != RING_PEER_STARTED && (state != RING_OPEN || consumer_waiting(consumer) < count);
}
