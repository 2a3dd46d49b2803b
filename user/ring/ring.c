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
static void end_connect(struct ring_end *end, uint16_t epoch)
{
    end->peer_epoch = epoch;
    end->index = 0;
    end->seen = 0;
    end->state = epoch ? RING_OPEN : RING_CLOSED;
    /* Nothing is asked for: the last index that the peer can pass. */
    atomic_store_explicit(&end->mine->wake_after, UINT32_MAX, memory_order_relaxed);
    position_store(end);
    /* The epochs before any entry of this connection. */
    atomic_thread_fence(memory_order_seq_cst);
}

static bool shape_is_possible(struct ring_shape shape)
{
    bool is_power_of_two = shape.capacity && !(shape.capacity & (shape.capacity - 1));
    return is_power_of_two && shape.capacity <= MOST_ENTRIES && shape.entry_bytes &&
           shape.entry_bytes % sizeof(uint64_t) == 0;
}

static void end_place(struct ring_end *end, void *own_area, const void *peer_area, struct ring_shape shape)
{
    end->mine = own_area;
    end->theirs = peer_area;
    end->shape = shape;
}

static uint16_t own_epoch(const struct ring_end *end)
{
    return position_load(end->mine, memory_order_relaxed).epoch;
}

static uint16_t peer_epoch(const struct ring_end *end)
{
    return position_load(end->theirs, memory_order_acquire).epoch;
}

/* The epoch of the next start; 0 is none. */
static uint16_t epoch_after(uint16_t epoch)
{
    return epoch == UINT16_MAX ? 1 : (uint16_t)(epoch + 1);
}

static void end_start(struct ring_end *end, uint16_t epoch)
{
    end->epoch = epoch;
    end_connect(end, peer_epoch(end));
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
    uint16_t epoch = peer_epoch(end);
    if (epoch == end->peer_epoch)
        return false;
    end_connect(end, epoch);
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

static void producer_place(struct ring_producer *producer, void *own_area, const void *peer_area,
                           struct ring_shape shape)
{
    producer->words = (_Atomic uint64_t *)((struct ring_control *)own_area + 1);
    end_place(&producer->end, own_area, peer_area, shape);
}

static void consumer_place(struct ring_consumer *consumer, void *own_area, const void *peer_area,
                           struct ring_shape shape)
{
    consumer->words = (const _Atomic uint64_t *)((const struct ring_control *)peer_area + 1);
    end_place(&consumer->end, own_area, peer_area, shape);
}

bool ring_producer_start(struct ring_producer *producer, void *own_area, const void *peer_area, struct ring_shape shape)
{
    if (!shape_is_possible(shape))
        return false;
    producer_place(producer, own_area, peer_area, shape);
    end_start(&producer->end, epoch_after(own_epoch(&producer->end)));
    return true;
}

bool ring_consumer_start(struct ring_consumer *consumer, void *own_area, const void *peer_area, struct ring_shape shape)
{
    if (!shape_is_possible(shape))
        return false;
    consumer_place(consumer, own_area, peer_area, shape);
    end_start(&consumer->end, epoch_after(own_epoch(&consumer->end)));
    return true;
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

bool ring_pair_start(struct ring_pair *pair, void *own_region, const void *peer_region, struct ring_shape out,
                     struct ring_shape in)
{
    if (!shape_is_possible(out) || !shape_is_possible(in))
        return false;
    producer_place(&pair->out, own_region, (const char *)peer_region + ring_producer_area_bytes(in), out);
    consumer_place(&pair->in, (char *)own_region + ring_producer_area_bytes(out), peer_region, in);
    /* One epoch for both. The outgoing ring first: whoever ended between the two has left its epoch ahead of the other's. */
    uint16_t epoch = epoch_after(own_epoch(&pair->out.end));
    end_start(&pair->out.end, epoch);
    end_start(&pair->in.end, epoch);
    return true;
}

/* The peer's present start; 0 if it has not started or is just about to. */
static uint16_t pair_peer_epoch(const struct ring_pair *pair)
{
    uint16_t epoch = peer_epoch(&pair->out.end);
    return epoch == peer_epoch(&pair->in.end) ? epoch : 0;
}

static bool is_accepted(const struct ring_end *end)
{
    return position_load(end->theirs, memory_order_acquire).peer_epoch == end->epoch;
}

enum ring_state ring_pair_state(struct ring_pair *pair)
{
    uint16_t epoch = pair_peer_epoch(pair);
    if (!epoch)
        return RING_CLOSED;
    if (epoch != pair->out.end.peer_epoch || epoch != pair->in.end.peer_epoch)
        return RING_PEER_STARTED;
    if (producer_look(&pair->out) == RING_BROKEN || consumer_look(&pair->in) == RING_BROKEN)
        return RING_BROKEN;
    return is_accepted(&pair->out.end) && is_accepted(&pair->in.end) ? RING_OPEN : RING_CLOSED;
}

bool ring_pair_peer_is_behind(const struct ring_pair *pair)
{
    uint16_t epoch = pair_peer_epoch(pair);
    return epoch && epoch == pair->in.end.peer_epoch && !(is_accepted(&pair->out.end) && is_accepted(&pair->in.end));
}

bool ring_pair_accept(struct ring_pair *pair)
{
    uint16_t epoch = pair_peer_epoch(pair);
    if (!epoch || (epoch == pair->out.end.peer_epoch && epoch == pair->in.end.peer_epoch))
        return false;
    end_connect(&pair->out.end, epoch);
    end_connect(&pair->in.end, epoch);
    return true;
}

bool ring_pair_waits_for_entries(struct ring_pair *pair, uint32_t count)
{
    end_ask(&pair->in.end, pair->in.end.index + count - 1);
    enum ring_state state = ring_pair_state(pair);
    return state != RING_PEER_STARTED && (state != RING_OPEN || consumer_waiting(&pair->in) < count);
}

bool ring_pair_waits_for_room(struct ring_pair *pair, uint32_t count)
{
    end_ask(&pair->out.end, pair->out.end.index + count - pair->out.end.shape.capacity - 1);
    enum ring_state state = ring_pair_state(pair);
    return state != RING_PEER_STARTED && (state != RING_OPEN || producer_room(&pair->out) < count);
}
