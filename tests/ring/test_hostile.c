/* The peer writes anything into its area, and into ours where the memory is shared both ways, at any time. */
#include "areas.h"
#include "test.h"

static uint64_t random_state;

static uint64_t random_next(void)
{
    random_state ^= random_state << 13;
    random_state ^= random_state >> 7;
    random_state ^= random_state << 17;
    return random_state;
}

/* A position that is often nearly right. */
static uint64_t hostile_position(const struct ring_end *victim)
{
    uint16_t epoch = random_next() % 8 ? victim->peer_epoch : (uint16_t)random_next();
    uint16_t peer_epoch = random_next() % 8 ? victim->epoch : (uint16_t)random_next();
    uint32_t index = random_next() % 8 ? victim->seen + (uint32_t)(random_next() % 6) - 1 : (uint32_t)random_next();
    return (uint64_t)epoch << 48 | (uint64_t)peer_epoch << 32 | index;
}

static void write_garbage(struct areas areas, struct ring_control *control, const struct ring_end *victim)
{
    control->position = hostile_position(victim);
    control->wake_after = (uint32_t)random_next();
    _Atomic uint64_t *words = areas.producer;
    words[random_next() % (ring_producer_area_bytes(areas.shape) / sizeof(uint64_t))] = random_next();
}

enum { ROUNDS = 300000, MOST_ENTRIES = 16, ENTRY_BYTES = 24 };

TEST(hostile, a_consumer_stays_within_the_ring)
{
    random_state = 1;
    struct areas areas = areas_allocate((struct ring_shape){8, ENTRY_BYTES});
    struct ring_consumer consumer;
    areas_start_consumer(areas, &consumer);
    unsigned taken = 0, broken = 0, restarts = 0;
    for (int round = 0; round < ROUNDS; round++) {
        write_garbage(areas, areas.producer, &consumer.end);
        char *entries = malloc(MOST_ENTRIES * ENTRY_BYTES);
        uint32_t count = ring_take(&consumer, entries, (uint32_t)(random_next() % MOST_ENTRIES));
        free(entries);
        expect(count <= areas.shape.capacity);
        taken += count;
        if (random_next() % 2)
            ring_release(&consumer);
        ring_consumer_waits(&consumer, 1);
        expect(consumer.end.seen - consumer.end.index <= areas.shape.capacity);
        enum ring_state state = ring_consumer_state(&consumer);
        broken += state == RING_BROKEN;
        if (state == RING_PEER_STARTED)
            restarts += ring_consumer_accept(&consumer);
    }
    /* It has seen all three. */
    expect(taken > 1000);
    expect(broken > 1000);
    expect(restarts > 1000);
    areas_free(areas);
}

TEST(hostile, a_producer_stays_within_the_ring)
{
    random_state = 2;
    struct areas areas = areas_allocate((struct ring_shape){8, ENTRY_BYTES});
    struct ring_producer producer;
    areas_start_producer(areas, &producer);
    char entries[MOST_ENTRIES * ENTRY_BYTES] = {0};
    unsigned put = 0, broken = 0, restarts = 0;
    for (int round = 0; round < ROUNDS; round++) {
        write_garbage(areas, areas.consumer, &producer.end);
        put += ring_put(&producer, entries, (uint32_t)(random_next() % MOST_ENTRIES));
        if (random_next() % 2)
            ring_publish(&producer);
        ring_producer_waits(&producer, 1);
        expect(producer.end.index - producer.end.seen <= areas.shape.capacity);
        enum ring_state state = ring_producer_state(&producer);
        broken += state == RING_BROKEN;
        if (state == RING_PEER_STARTED)
            restarts += ring_producer_accept(&producer);
    }
    expect(put > 1000);
    expect(broken > 1000);
    expect(restarts > 1000);
    areas_free(areas);
}

TEST(hostile, a_pair_stays_within_its_rings)
{
    random_state = 3;
    struct ring_shape out = {4, 8}, in = {8, ENTRY_BYTES};
    char *own = aligned_alloc(RING_LINE_BYTES, ring_pair_region_bytes(out));
    char *peers = aligned_alloc(RING_LINE_BYTES, ring_pair_region_bytes(in));
    memset(own, 0, ring_pair_region_bytes(out));
    memset(peers, 0, ring_pair_region_bytes(in));
    struct ring_pair pair;
    expect(ring_pair_start(&pair, own, peers, out, in));
    unsigned states[RING_BROKEN + 1] = {0}, taken = 0, put = 0;
    for (int round = 0; round < ROUNDS; round++) {
        struct ring_control *head = (void *)peers, *tail = (void *)(peers + ring_producer_area_bytes(in));
        head->position = hostile_position(&pair.in.end);
        tail->position = random_next() % 8
                             ? (head->position & ~0xffffffffull) | (uint32_t)hostile_position(&pair.out.end)
                             : hostile_position(&pair.out.end);
        head->wake_after = (uint32_t)random_next();
        tail->wake_after = (uint32_t)random_next();
        char entries[MOST_ENTRIES * ENTRY_BYTES] = {0};
        taken += ring_take(&pair.in, entries, (uint32_t)(random_next() % MOST_ENTRIES));
        put += ring_put(&pair.out, entries, (uint32_t)(random_next() % MOST_ENTRIES));
        ring_publish(&pair.out);
        ring_release(&pair.in);
        ring_pair_waits_for_entries(&pair, 1);
        ring_pair_waits_for_room(&pair, 1);
        states[ring_pair_state(&pair)]++;
        if (random_next() % 4 == 0)
            ring_pair_accept(&pair);
    }
    for (unsigned state = 0; state <= RING_BROKEN; state++)
        expect(states[state] > 100);
    expect(taken > 1000 && put > 1000);
    free(own);
    free(peers);
}

TEST(hostile, an_index_out_of_range_breaks_the_ring_until_the_peer_restarts)
{
    struct areas areas = areas_allocate((struct ring_shape){8, ENTRY_BYTES});
    struct ring_producer producer;
    struct ring_consumer consumer;
    areas_start_producer(areas, &producer);
    areas_start_consumer(areas, &consumer);
    struct ring_control *head = areas.producer;
    uint64_t honest = head->position = (uint64_t)1 << 48 | (uint64_t)1 << 32;
    char entry[ENTRY_BYTES];

    head->position = honest | 9; /* one more than fits */
    expect_eq(ring_take(&consumer, entry, 1), 0);
    expect_eq(ring_consumer_state(&consumer), RING_BROKEN);
    head->position = honest | 1; /* good again: too late */
    expect_eq(ring_take(&consumer, entry, 1), 0);
    expect(!ring_consumer_accept(&consumer));
    expect(ring_consumer_waits(&consumer, 1));

    areas_start_producer(areas, &producer);
    expect_eq(ring_consumer_state(&consumer), RING_PEER_STARTED);
    expect(ring_consumer_accept(&consumer));
    expect_eq(ring_put(&producer, entry, 1), 1);
    ring_publish(&producer);
    expect_eq(ring_take(&consumer, entry, 1), 1);
    areas_free(areas);
}

TEST(hostile, an_index_that_goes_back_breaks_the_ring)
{
    struct areas areas = areas_allocate((struct ring_shape){8, ENTRY_BYTES});
    struct ring_producer producer;
    areas_start_producer(areas, &producer);
    struct ring_consumer consumer;
    areas_start_consumer(areas, &consumer);
    ring_producer_accept(&producer);
    char entries[8 * ENTRY_BYTES] = {0};
    ring_put(&producer, entries, 4);
    ring_publish(&producer);
    struct ring_control *tail = areas.consumer;
    uint64_t honest = tail->position;
    tail->position = honest + 3;
    expect_eq(ring_producer_state(&producer), RING_OPEN);
    tail->position = honest + 2;
    expect_eq(ring_producer_state(&producer), RING_BROKEN);
    expect_eq(ring_put(&producer, entries, 1), 0);
    areas_free(areas);
}
