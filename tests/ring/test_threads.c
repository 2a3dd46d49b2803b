/* A producer and a consumer in threads of their own; a kernel's notifications are played by condition variables. */
#include "areas.h"
#include "note.h"
#include "test.h"

#include <stdio.h>

enum { ENTRY_WORDS = 6, MOST_BATCH = 7 };

/* Who wrote it for whom, its index, and words made of these: a mixture of two entries has wrong words. */
struct entry {
    uint64_t words[ENTRY_WORDS];
};

static struct entry entry_make(const struct ring_end *end, bool is_producer, uint64_t index)
{
    uint64_t writer = is_producer ? end->epoch : end->peer_epoch, reader = is_producer ? end->peer_epoch : end->epoch;
    struct entry entry = {.words = {writer << 48 | reader << 32 | index}};
    for (unsigned i = 1; i < ENTRY_WORDS; i++)
        entry.words[i] = entry.words[i - 1] * 6364136223846793005u + 1442695040888963407u;
    return entry;
}

/* The two sides; each connection carries `wanted` entries, and each side starts again `restarts` times in the middle. */
struct pair {
    struct areas areas;
    struct note producer_note, consumer_note;
    uint32_t wanted, producer_restarts, consumer_restarts;
    _Atomic bool is_done;
    const char *failure;
};

static void *produce(void *argument)
{
    struct pair *pair = argument;
    struct ring_producer producer;
    unsigned random = 12345;
    for (uint32_t restarts_left = pair->producer_restarts;; restarts_left--) {
        areas_start_producer(pair->areas, &producer);
        note_set(&pair->consumer_note);
        uint32_t sent = 0, end_at = restarts_left ? (uint32_t)rand_r(&random) % pair->wanted : UINT32_MAX;
        while (!pair->is_done && sent < end_at) {
            if (ring_producer_accept(&producer))
                sent = 0;
            struct entry batch[MOST_BATCH];
            uint32_t count = 1 + (uint32_t)rand_r(&random) % MOST_BATCH;
            if (count > pair->wanted - sent)
                count = pair->wanted - sent;
            for (uint32_t i = 0; i < count; i++)
                batch[i] = entry_make(&producer.end, true, sent + i);
            uint32_t put = ring_put(&producer, batch, count);
            sent += put;
            if (ring_publish(&producer))
                note_set(&pair->consumer_note);
            if (put == 0 && ring_producer_waits(&producer, pair->areas.shape.capacity / 2))
                note_wait(&pair->producer_note);
        }
        if (!restarts_left || pair->is_done)
            return NULL;
        /* Ends in the middle of writing an entry that nobody has been told of. */
        ring_put(&producer, &(struct entry){{1, 2, 3, 4, 5, 6}}, 1);
    }
}

static void *consume(void *argument)
{
    struct pair *pair = argument;
    struct ring_consumer consumer;
    unsigned random = 54321;
    for (uint32_t restarts_left = pair->consumer_restarts;; restarts_left--) {
        areas_start_consumer(pair->areas, &consumer);
        note_set(&pair->producer_note);
        uint32_t received = 0, end_at = restarts_left ? (uint32_t)rand_r(&random) % pair->wanted : pair->wanted;
        while (received < end_at) {
            if (ring_consumer_accept(&consumer))
                received = 0;
            struct entry batch[MOST_BATCH];
            uint32_t count = ring_take(&consumer, batch, 1 + (uint32_t)rand_r(&random) % MOST_BATCH);
            for (uint32_t i = 0; i < count; i++) {
                struct entry right = entry_make(&consumer.end, false, received + i);
                if (memcmp(&batch[i], &right, sizeof right) != 0)
                    pair->failure = "an entry is not the one that was due";
            }
            received += count;
            if (ring_release(&consumer))
                note_set(&pair->producer_note);
            if (count == 0) {
                if (ring_consumer_state(&consumer) == RING_BROKEN)
                    pair->failure = "the ring broke";
                if (pair->failure)
                    break;
                if (ring_consumer_waits(&consumer, 1))
                    note_wait(&pair->consumer_note);
            }
        }
        if (!restarts_left || pair->failure)
            break;
    }
    pair->is_done = true;
    note_set(&pair->producer_note);
    return NULL;
}

static void run_pair(const char *name, uint32_t wanted, uint32_t producer_restarts, uint32_t consumer_restarts)
{
    struct pair pair = {.areas = areas_allocate((struct ring_shape){16, sizeof(struct entry)}),
                        .producer_note = NOTE_QUIET,
                        .consumer_note = NOTE_QUIET,
                        .wanted = wanted,
                        .producer_restarts = producer_restarts,
                        .consumer_restarts = consumer_restarts};
    pthread_t producer, consumer;
    pthread_create(&producer, NULL, produce, &pair);
    pthread_create(&consumer, NULL, consume, &pair);
    pthread_join(consumer, NULL);
    pthread_join(producer, NULL);
    printf("  %s: %u entries a connection, %u notifications to the consumer, %u to the producer\n", name, wanted,
           pair.consumer_note.count, pair.producer_note.count);
    areas_free(pair.areas);
    expect_ptr_eq(pair.failure, NULL);
}

TEST(threads, all_entries_arrive_whole_and_in_order)
{
    run_pair("steady", 300000, 0, 0);
}

TEST(threads, a_producer_that_starts_again_and_again_is_followed)
{
    run_pair("producer restarts", 2000, 500, 0);
}

TEST(threads, a_consumer_that_starts_again_and_again_is_served)
{
    run_pair("consumer restarts", 2000, 0, 500);
}

TEST(threads, both_start_again_and_again)
{
    run_pair("both restart", 1000, 400, 400);
}
