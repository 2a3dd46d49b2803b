/* Two threads send to each other through a stream, and either is ended and started again between any two steps; none may wait for ever. */
#include "note.h"
#include "ring/stream.h"
#include "test.h"

#include <stdlib.h>
#include <string.h>

enum { TOTAL = 400000, MOST_BATCH = 300 };

struct side {
    struct stream_area *mine, *theirs;
    struct note *note, *peer_note;
    unsigned seed;
    const char *failure;
};

static uint8_t byte_at(uint32_t place)
{
    return (uint8_t)(place * 31 + (place >> 8));
}

static void take_some(struct side *side, struct stream *stream)
{
    uint8_t bytes[MOST_BATCH];
    uint32_t place = side->mine->taken;
    uint32_t count = stream_peek(stream, 0, bytes, 1 + (uint32_t)rand_r(&side->seed) % MOST_BATCH);
    for (uint32_t i = 0; i < count; i++) {
        if (bytes[i] != byte_at(place + i))
            side->failure = "a byte is wrong";
    }
    stream_take(stream, count);
}

static void send_some(struct side *side, struct stream *stream)
{
    uint8_t bytes[MOST_BATCH];
    uint32_t place = side->mine->written, count = 1 + (uint32_t)rand_r(&side->seed) % MOST_BATCH;
    if (count > TOTAL - place)
        count = TOTAL - place;
    for (uint32_t i = 0; i < count; i++)
        bytes[i] = byte_at(place + i);
    stream_write(stream, bytes, count);
}

static void *run(void *argument)
{
    struct side *side = argument;
    struct stream stream;
    stream_start(&stream, side->mine, side->theirs);
    for (;;) {
        if (rand_r(&side->seed) % 50 == 0) {
            stream_start(&stream, side->mine, side->theirs);
            note_set(side->peer_note);
        }
        take_some(side, &stream);
        send_some(side, &stream);
        if (stream_publish(&stream))
            note_set(side->peer_note);
        bool is_all_sent = side->mine->written == TOTAL;
        if (is_all_sent && side->mine->taken == TOTAL)
            return NULL;
        if (stream_waits_for_bytes(&stream, 1) && (is_all_sent || stream_waits_for_room(&stream, STREAM_BYTES / 2)))
            note_wait(side->note);
    }
}

TEST(stream_threads, all_comes_in_order_and_nobody_waits_for_ever)
{
    struct stream_area *areas[2];
    struct note notes[2] = {NOTE_QUIET, NOTE_QUIET};
    struct side sides[2];
    pthread_t threads[2];
    for (int i = 0; i < 2; i++) {
        areas[i] = aligned_alloc(64, sizeof(struct stream_area));
        memset(areas[i], 0, sizeof(struct stream_area));
    }
    for (int i = 0; i < 2; i++) {
        sides[i] = (struct side){areas[i], areas[1 - i], &notes[i], &notes[1 - i], (unsigned)i + 1, NULL};
        pthread_create(&threads[i], NULL, run, &sides[i]);
    }
    for (int i = 0; i < 2; i++)
        pthread_join(threads[i], NULL);
    for (int i = 0; i < 2; i++) {
        expect(!sides[i].failure);
        expect_eq(areas[i]->written, TOTAL);
        expect_eq(areas[i]->taken, TOTAL);
        free(areas[i]);
    }
}
