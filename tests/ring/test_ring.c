/* One thread plays both sides. */
#include "areas.h"
#include "test.h"

/* A ring of four entries of two words, both sides started and connected. */
struct both {
    struct areas areas;
    struct ring_producer producer;
    struct ring_consumer consumer;
};

struct entry {
    uint64_t number, check;
};

static struct both both_start(void)
{
    struct both both = {.areas = areas_allocate((struct ring_shape){4, sizeof(struct entry)})};
    areas_start_producer(both.areas, &both.producer);
    areas_start_consumer(both.areas, &both.consumer);
    ring_producer_accept(&both.producer);
    return both;
}

static uint32_t put_numbers(struct ring_producer *producer, uint64_t first, uint32_t count)
{
    struct entry entries[8];
    for (uint32_t i = 0; i < count; i++)
        entries[i] = (struct entry){first + i, ~(first + i)};
    return ring_put(producer, entries, count);
}

/* Takes `count` and checks that they are `first` and the following ones. */
static void take_numbers(struct ring_consumer *consumer, uint64_t first, uint32_t count)
{
    struct entry entries[8];
    expect_eq(ring_take(consumer, entries, count), count);
    for (uint32_t i = 0; i < count; i++) {
        expect_eq(entries[i].number, first + i);
        expect_eq(entries[i].check, ~(first + i));
    }
}

TEST(ring, entries_come_out_as_they_went_in)
{
    struct both both = both_start();
    for (uint64_t number = 0; number < 1000; number += 3) {
        expect_eq(put_numbers(&both.producer, number, 3), 3);
        ring_publish(&both.producer);
        take_numbers(&both.consumer, number, 3);
        ring_release(&both.consumer);
    }
    areas_free(both.areas);
}

TEST(ring, indices_pass_their_largest_value)
{
    struct both both = both_start();
    struct ring_control *head = both.areas.producer, *tail = both.areas.consumer;
    uint32_t near_end = UINT32_MAX - 1;
    both.producer.end.index = both.producer.end.published = both.producer.end.seen = near_end;
    both.consumer.end.index = both.consumer.end.published = both.consumer.end.seen = near_end;
    head->position = (head->position & ~0xffffffffull) | near_end;
    tail->position = (tail->position & ~0xffffffffull) | near_end;
    for (uint64_t number = 0; number < 16; number += 4) {
        expect(ring_consumer_waits(&both.consumer, 4));
        expect_eq(put_numbers(&both.producer, number, 4), 4);
        expect(ring_publish(&both.producer));
        expect(ring_producer_waits(&both.producer, 1));
        take_numbers(&both.consumer, number, 4);
        expect(ring_release(&both.consumer));
    }
    areas_free(both.areas);
}

TEST(ring, what_is_put_is_invisible_until_published)
{
    struct both both = both_start();
    struct entry entry;
    put_numbers(&both.producer, 7, 2);
    expect_eq(ring_take(&both.consumer, &entry, 1), 0);
    ring_publish(&both.producer);
    take_numbers(&both.consumer, 7, 2);
    areas_free(both.areas);
}

TEST(ring, room_comes_back_when_released)
{
    struct both both = both_start();
    expect_eq(put_numbers(&both.producer, 0, 6), 4);
    ring_publish(&both.producer);
    take_numbers(&both.consumer, 0, 3);
    expect_eq(put_numbers(&both.producer, 4, 2), 0);
    expect_eq(ring_room(&both.producer), 0);
    ring_release(&both.consumer);
    expect_eq(ring_room(&both.producer), 3);
    expect_eq(put_numbers(&both.producer, 4, 4), 3);
    areas_free(both.areas);
}

TEST(ring, a_consumer_that_works_is_not_notified)
{
    struct both both = both_start();
    expect(ring_consumer_waits(&both.consumer, 1));
    put_numbers(&both.producer, 0, 1);
    expect(ring_publish(&both.producer)); /* it waited */
    put_numbers(&both.producer, 1, 1);
    expect(!ring_publish(&both.producer)); /* it has been told */
    take_numbers(&both.consumer, 0, 2);
    expect(!ring_release(&both.consumer)); /* the producer waits for nothing */
    put_numbers(&both.producer, 2, 1);
    expect(!ring_publish(&both.producer)); /* it has not asked again */
    expect(!ring_consumer_waits(&both.consumer, 1));
    take_numbers(&both.consumer, 2, 1);
    expect(ring_consumer_waits(&both.consumer, 1));
    areas_free(both.areas);
}

TEST(ring, who_waits_for_several_is_notified_once_they_are_there)
{
    struct both both = both_start();
    expect(ring_consumer_waits(&both.consumer, 3));
    for (uint64_t number = 0; number < 4; number++) {
        put_numbers(&both.producer, number, 1);
        expect_eq(ring_publish(&both.producer), number == 2);
    }
    expect(ring_producer_waits(&both.producer, 2));
    take_numbers(&both.consumer, 0, 1);
    expect(!ring_release(&both.consumer));
    take_numbers(&both.consumer, 1, 1);
    expect(ring_release(&both.consumer));
    expect(!ring_producer_waits(&both.producer, 2));
    areas_free(both.areas);
}

TEST(ring, nothing_passes_before_both_have_started)
{
    struct areas areas = areas_allocate((struct ring_shape){4, sizeof(struct entry)});
    struct ring_producer producer;
    expect(areas_start_producer(areas, &producer));
    expect_eq(ring_producer_state(&producer), RING_CLOSED);
    expect_eq(put_numbers(&producer, 0, 1), 0);
    expect_eq(ring_room(&producer), 0);
    expect(!ring_publish(&producer));
    expect(ring_producer_waits(&producer, 1));

    struct ring_consumer consumer;
    expect(areas_start_consumer(areas, &consumer));
    expect_eq(ring_consumer_state(&consumer), RING_OPEN);
    expect_eq(ring_producer_state(&producer), RING_PEER_STARTED);
    expect(!ring_producer_waits(&producer, 1));
    expect(ring_producer_accept(&producer));
    expect_eq(ring_producer_state(&producer), RING_OPEN);
    areas_free(areas);
}

TEST(ring, a_restarted_producer_is_seen_and_its_old_entries_are_gone)
{
    struct both both = both_start();
    put_numbers(&both.producer, 0, 4);
    ring_publish(&both.producer);
    take_numbers(&both.consumer, 0, 1);
    areas_start_producer(both.areas, &both.producer);
    struct entry entries[4];
    expect_eq(ring_take(&both.consumer, entries, 1), 0);
    expect_eq(ring_consumer_state(&both.consumer), RING_PEER_STARTED);
    expect(!ring_consumer_waits(&both.consumer, 1));

    /* It may send before the consumer has noticed: four fit, none of which is seen before the restart is accepted. */
    expect_eq(put_numbers(&both.producer, 10, 4), 4);
    ring_publish(&both.producer);
    expect_eq(put_numbers(&both.producer, 14, 1), 0);
    expect_eq(ring_take(&both.consumer, entries, 1), 0);
    expect(ring_consumer_accept(&both.consumer));
    take_numbers(&both.consumer, 10, 4);
    ring_release(&both.consumer);
    expect_eq(put_numbers(&both.producer, 14, 4), 4);
    areas_free(both.areas);
}

TEST(ring, a_restarted_consumer_is_seen_and_begins_with_an_empty_ring)
{
    struct both both = both_start();
    put_numbers(&both.producer, 0, 3);
    ring_publish(&both.producer);
    take_numbers(&both.consumer, 0, 2);
    areas_start_consumer(both.areas, &both.consumer);
    struct entry entry;
    expect_eq(ring_take(&both.consumer, &entry, 1), 0); /* those were for its predecessor */
    expect_eq(ring_consumer_state(&both.consumer), RING_OPEN);
    expect_eq(ring_producer_state(&both.producer), RING_PEER_STARTED);
    expect_eq(put_numbers(&both.producer, 3, 1), 0);
    expect(ring_producer_accept(&both.producer));
    expect_eq(put_numbers(&both.producer, 20, 4), 4);
    ring_publish(&both.producer);
    take_numbers(&both.consumer, 20, 4);
    areas_free(both.areas);
}

TEST(ring, both_may_restart_at_once)
{
    struct both both = both_start();
    put_numbers(&both.producer, 0, 3);
    ring_publish(&both.producer);
    areas_start_consumer(both.areas, &both.consumer);
    areas_start_producer(both.areas, &both.producer);
    expect_eq(ring_consumer_state(&both.consumer), RING_PEER_STARTED);
    expect_eq(ring_producer_state(&both.producer), RING_OPEN);
    expect(ring_consumer_accept(&both.consumer));
    put_numbers(&both.producer, 30, 1);
    ring_publish(&both.producer);
    take_numbers(&both.consumer, 30, 1);
    areas_free(both.areas);
}

TEST(ring, accepting_without_a_restart_changes_nothing)
{
    struct both both = both_start();
    put_numbers(&both.producer, 5, 2);
    expect(!ring_producer_accept(&both.producer));
    expect(!ring_consumer_accept(&both.consumer));
    ring_publish(&both.producer);
    take_numbers(&both.consumer, 5, 2);
    areas_free(both.areas);
}

TEST(ring, epochs_skip_zero_when_they_wrap)
{
    struct both both = both_start();
    for (int i = 0; i < 70000; i++) {
        areas_start_producer(both.areas, &both.producer);
        expect(both.producer.end.epoch != 0);
        expect(ring_consumer_accept(&both.consumer));
    }
    areas_free(both.areas);
}

/* Two sides of a pair in regions of exactly their size: requests of two words, answers of one. */
static const struct ring_shape request_shape = {4, 16}, answer_shape = {4, 8};

struct pair_sides {
    void *client_region, *server_region;
    struct ring_pair client, server;
};

static void client_start(struct pair_sides *sides)
{
    expect(ring_pair_start(&sides->client, sides->client_region, sides->server_region, request_shape, answer_shape));
}

static void server_start(struct pair_sides *sides)
{
    expect(ring_pair_start(&sides->server, sides->server_region, sides->client_region, answer_shape, request_shape));
}

static struct pair_sides sides_make(void)
{
    struct pair_sides sides = {
        .client_region = aligned_alloc(RING_LINE_BYTES, ring_pair_region_bytes(request_shape)),
        .server_region = aligned_alloc(RING_LINE_BYTES, ring_pair_region_bytes(answer_shape)),
    };
    memset(sides.client_region, 0, ring_pair_region_bytes(request_shape));
    memset(sides.server_region, 0, ring_pair_region_bytes(answer_shape));
    return sides;
}

static void sides_free(struct pair_sides sides)
{
    free(sides.client_region);
    free(sides.server_region);
}

/* A request of the client reaches the server, and the answer comes back. */
static void expect_service(struct pair_sides *sides, uint64_t number)
{
    expect_eq(ring_pair_state(&sides->client), RING_OPEN);
    expect_eq(ring_pair_state(&sides->server), RING_OPEN);
    expect(ring_pair_waits_for_entries(&sides->server, 1));
    struct entry request = {number, ~number};
    expect_eq(ring_put(&sides->client.out, &request, 1), 1);
    expect(ring_publish(&sides->client.out));
    expect(!ring_pair_waits_for_entries(&sides->server, 1));
    expect_eq(ring_take(&sides->server.in, &request, 1), 1);
    expect_eq(request.check, ~number);
    expect_eq(ring_put(&sides->server.out, &request.number, 1), 1);
    expect(ring_pair_waits_for_entries(&sides->client, 1));
    expect(ring_publish(&sides->server.out));
    uint64_t answer;
    expect_eq(ring_take(&sides->client.in, &answer, 1), 1);
    expect_eq(answer, number);
    ring_release(&sides->server.in);
    ring_release(&sides->client.in);
}

TEST(ring_pair, both_sides_accept_each_other_before_it_opens)
{
    struct pair_sides sides = sides_make();
    client_start(&sides);
    expect_eq(ring_pair_state(&sides.client), RING_CLOSED);
    expect(ring_pair_waits_for_entries(&sides.client, 1));
    server_start(&sides); /* finds the client there, and so accepts it */
    expect_eq(ring_pair_state(&sides.server), RING_CLOSED);
    expect_eq(ring_pair_state(&sides.client), RING_PEER_STARTED);
    expect(!ring_pair_waits_for_entries(&sides.client, 1));
    expect(ring_pair_accept(&sides.client));
    expect_service(&sides, 1);
    sides_free(sides);
}

TEST(ring_pair, a_restarted_client_waits_until_it_is_accepted)
{
    struct pair_sides sides = sides_make();
    server_start(&sides);
    client_start(&sides);
    ring_pair_accept(&sides.server);
    expect_service(&sides, 1);
    client_start(&sides);
    expect_eq(ring_pair_state(&sides.server), RING_PEER_STARTED);
    expect_eq(ring_pair_state(&sides.client), RING_CLOSED); /* the server may still work for the one before */
    expect(ring_pair_waits_for_entries(&sides.client, 1));
    expect(ring_pair_accept(&sides.server));
    expect(!ring_pair_accept(&sides.server));
    expect_service(&sides, 2);
    server_start(&sides);
    expect(ring_pair_accept(&sides.client));
    expect_service(&sides, 3);
    sides_free(sides);
}

TEST(ring_pair, a_side_between_its_two_starts_is_about_to_start)
{
    struct pair_sides sides = sides_make();
    server_start(&sides);
    client_start(&sides);
    ring_pair_accept(&sides.server);
    struct ring_control before;
    struct ring_control *incoming = (void *)((char *)sides.client_region + ring_producer_area_bytes(request_shape));
    struct entry request = {1, ~1ull};
    ring_put(&sides.client.out, &request, 1);
    ring_publish(&sides.client.out);
    for (int round = 0; round < 3; round++) {
        memcpy(&before, incoming, sizeof before);
        client_start(&sides);
        memcpy(incoming, &before, sizeof before); /* it was ended after the first of its two rings */
        expect_eq(ring_pair_state(&sides.server), RING_CLOSED);
        expect(!ring_pair_accept(&sides.server));
        expect(ring_pair_waits_for_entries(&sides.server, 1));
        expect(ring_pair_waits_for_room(&sides.server, 1));
    }
    client_start(&sides);
    expect(ring_pair_accept(&sides.server));
    expect_service(&sides, 2);
    sides_free(sides);
}

TEST(ring_pair, room_is_waited_for)
{
    struct pair_sides sides = sides_make();
    server_start(&sides);
    client_start(&sides);
    ring_pair_accept(&sides.server);
    struct entry entries[4] = {{0}};
    expect(!ring_pair_waits_for_room(&sides.client, 4));
    ring_put(&sides.client.out, entries, 4);
    ring_publish(&sides.client.out);
    expect(ring_pair_waits_for_room(&sides.client, 1));
    expect_eq(ring_take(&sides.server.in, entries, 4), 4);
    expect(ring_release(&sides.server.in));
    expect(!ring_pair_waits_for_room(&sides.client, 1));
    struct ring_control *head = sides.client_region;
    head->position += 100;
    expect_eq(ring_pair_state(&sides.server), RING_BROKEN);
    expect(ring_pair_waits_for_entries(&sides.server, 1));
    sides_free(sides);
}

TEST(ring, impossible_shapes_are_refused)
{
    struct ring_producer producer;
    struct ring_control controls[2] = {0};
    static const struct ring_shape wrong[] = {{0, 8}, {3, 8}, {4, 0}, {4, 12}, {1u << 31, 8}};
    for (unsigned i = 0; i < sizeof wrong / sizeof *wrong; i++)
        expect(!ring_producer_start(&producer, &controls[0], &controls[1], wrong[i]));
    expect_eq(controls[0].position, 0);
}

TEST(ring, ranges_of_entries_are_checked_without_overflow)
{
    expect(ring_range_fits(0, 4096, 4096));
    expect(ring_range_fits(4096, 0, 4096));
    expect(!ring_range_fits(1, 4096, 4096));
    expect(!ring_range_fits(4097, 0, 4096));
    expect(!ring_range_fits(UINT64_MAX, 2, 4096));
    expect(!ring_range_fits(2, UINT64_MAX, 4096));
}
