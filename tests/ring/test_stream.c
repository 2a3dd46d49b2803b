/* One thread plays both sides of a stream: order, room, when a notification is due, restarts, and a peer that writes anything. */
#include "ring/stream.h"
#include "test.h"

#include <stdlib.h>
#include <string.h>

struct sides {
    struct stream_area *areas[2];
    struct stream left, right;
};

static struct sides sides_start(void)
{
    struct sides sides;
    for (int i = 0; i < 2; i++)
        sides.areas[i] = aligned_alloc(64, sizeof(struct stream_area));
    memset(sides.areas[0], 0, sizeof(struct stream_area));
    memset(sides.areas[1], 0, sizeof(struct stream_area));
    stream_start(&sides.left, sides.areas[0], sides.areas[1]);
    stream_start(&sides.right, sides.areas[1], sides.areas[0]);
    return sides;
}

static void sides_free(struct sides *sides)
{
    free(sides->areas[0]);
    free(sides->areas[1]);
}

TEST(stream, bytes_stay_until_they_are_taken)
{
    struct sides s = sides_start();
    char bytes[8] = {0};
    expect_eq(stream_write(&s.left, "hello", 5), 5);
    expect_eq(stream_waiting(&s.right), 5);
    expect_eq(stream_peek(&s.right, 0, bytes, sizeof bytes), 5);
    expect(memcmp(bytes, "hello", 5) == 0);
    expect_eq(stream_peek(&s.right, 3, bytes, sizeof bytes), 2);
    expect(memcmp(bytes, "lo", 2) == 0);
    expect_eq(stream_peek(&s.right, 5, bytes, sizeof bytes), 0);
    stream_take(&s.right, 4);
    expect_eq(stream_peek(&s.right, 0, bytes, sizeof bytes), 1);
    expect_eq(bytes[0], 'o');
    expect_eq(stream_room(&s.left), STREAM_BYTES - 1);
    sides_free(&s);
}

TEST(stream, a_full_one_takes_no_more)
{
    struct sides s = sides_start();
    static const char bytes[STREAM_BYTES + 10];
    expect_eq(stream_write(&s.left, bytes, sizeof bytes), STREAM_BYTES);
    expect_eq(stream_write(&s.left, bytes, 1), 0);
    stream_take(&s.right, 3);
    expect_eq(stream_write(&s.left, bytes, sizeof bytes), 3);
    sides_free(&s);
}

TEST(stream, only_who_waits_is_notified)
{
    struct sides s = sides_start();
    stream_write(&s.left, "a", 1);
    expect(!stream_publish(&s.left));
    expect(!stream_waits_for_bytes(&s.right, 1));
    expect(stream_waits_for_bytes(&s.right, 3));
    stream_write(&s.left, "b", 1);
    expect(!stream_publish(&s.left));
    stream_write(&s.left, "c", 1);
    expect(stream_publish(&s.left));
    expect(!stream_publish(&s.left)); /* nothing new */

    expect(!stream_waits_for_room(&s.left, STREAM_BYTES - 3));
    expect(stream_waits_for_room(&s.left, STREAM_BYTES)); /* until all is taken */
    stream_take(&s.right, 2);
    expect(!stream_publish(&s.right));
    stream_take(&s.right, 1);
    expect(stream_publish(&s.right));
    sides_free(&s);
}

TEST(stream, goes_on_after_either_side_started_again_and_after_2_to_the_32)
{
    struct sides s = sides_start();
    /* Shortly before the positions start again at 0. */
    s.areas[0]->written = s.areas[1]->taken = UINT32_MAX - 40;
    unsigned seed = 1;
    uint8_t sent = 0, got = 0;
    for (int round = 0; round < 2000; round++) {
        if (rand_r(&seed) % 4 == 0)
            stream_start(&s.left, s.areas[0], s.areas[1]);
        if (rand_r(&seed) % 4 == 0)
            stream_start(&s.right, s.areas[1], s.areas[0]);
        for (int i = rand_r(&seed) % 20; i--;)
            sent += (uint8_t)stream_write(&s.left, &sent, 1);
        uint8_t bytes[16];
        uint32_t count = stream_peek(&s.right, 0, bytes, 1 + (uint32_t)rand_r(&seed) % 16);
        for (uint32_t i = 0; i < count; i++)
            expect_eq(bytes[i], (uint8_t)(got + i));
        got += (uint8_t)count;
        stream_take(&s.right, count);
    }
    expect(s.areas[0]->written < 100000);
    sides_free(&s);
}

TEST(stream, a_hostile_peer_sends_wrong_bytes_at_most)
{
    struct sides s = sides_start();
    unsigned seed = 3, broken = 0;
    for (int round = 0; round < 300000; round++) {
        struct stream_area *hostile = s.areas[1];
        hostile->written = s.areas[0]->taken + (uint32_t)(rand_r(&seed) % 3 ? rand_r(&seed) % 3000 : rand_r(&seed));
        hostile->taken = s.areas[0]->written - (uint32_t)(rand_r(&seed) % 3 ? rand_r(&seed) % 3000 : rand_r(&seed));
        hostile->wanted_bytes = (uint32_t)rand_r(&seed);
        hostile->wanted_room = (uint32_t)rand_r(&seed);
        if (rand_r(&seed) % 16 == 0) {
            s.areas[0]->written = (uint32_t)rand_r(&seed);
            stream_start(&s.left, s.areas[0], s.areas[1]);
        }
        uint8_t *bytes = malloc(100);
        uint32_t count = stream_peek(&s.left, (uint32_t)rand_r(&seed) % 3000, bytes, 100);
        expect(count <= 100);
        stream_take(&s.left, count);
        expect(stream_write(&s.left, bytes, count) <= count);
        free(bytes);
        stream_publish(&s.left);
        broken += !stream_room(&s.left);
        stream_waits_for_room(&s.left, STREAM_BYTES / 2);
    }
    expect(broken > 1000);
    sides_free(&s);
}
