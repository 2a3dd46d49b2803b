/*
 * A client that keeps the disk at work: eight requests at a time, writes, reads that are compared with what was written, and flushes. A
 * new load begins by writing everything.
 */
#include "protocols/block.h"
#include "report.h"
#include <microkit.h>
#include <stdbool.h>

enum { DISK = 1 };
enum { BLOCK_BYTES = 4096, BLOCK_SECTORS = BLOCK_BYTES / BLOCK_SECTOR_BYTES, SLOTS = 8, BLOCKS_PER_SLOT = 16 };

/* Filled in from the description. */
uintptr_t client_region, disk_region, buffer_start, report_start;

/* Each slot has a part of the buffer and blocks of its own, so that the content of each is known at any time. */
struct slot {
    struct block_request asked;
    bool is_asked;
    unsigned block;
    uint32_t generations[BLOCKS_PER_SLOT]; /* of what was written last; 0: nothing */
};

static struct ring_pair disk;
static bool has_begun, is_sent; /* to the disk's present incarnation */
static struct slot slots[SLOTS];
static uint64_t random_state;

static struct report *report(void)
{
    return (struct report *)report_start;
}

static uint64_t *buffer(unsigned slot)
{
    return (uint64_t *)(buffer_start + slot * BLOCK_BYTES);
}

/* Every word of a block is different, and different in each generation. */
static uint64_t content(unsigned slot, const struct slot *s, unsigned word)
{
    uint64_t place = ((uint64_t)slot * BLOCKS_PER_SLOT + s->block) * BLOCK_BYTES + word;
    return (place << 32 | s->generations[s->block]) * 0x9e3779b97f4a7c15u;
}

static void choose(unsigned number)
{
    struct slot *slot = &slots[number];
    slot->block = random_next(&random_state) % BLOCKS_PER_SLOT;
    for (unsigned i = 0; i < BLOCKS_PER_SLOT; i++) {
        if (!slot->generations[i])
            slot->block = i;
    }
    uint32_t dice = random_next(&random_state) % 16;
    enum block_operation operation = dice == 0 ? BLOCK_FLUSH : dice < 8 ? BLOCK_WRITE : BLOCK_READ;
    if (!slot->generations[slot->block])
        operation = BLOCK_WRITE;
    slot->asked = (struct block_request){.id = number,
                                         .operation = operation,
                                         .bytes = operation == BLOCK_FLUSH ? 0 : BLOCK_BYTES,
                                         .sector = ((uint64_t)number * BLOCKS_PER_SLOT + slot->block) * BLOCK_SECTORS,
                                         .offset = (uint64_t)number * BLOCK_BYTES};
    slot->is_asked = true;
    if (operation == BLOCK_WRITE)
        slot->generations[slot->block]++;
    for (unsigned word = 0; word < BLOCK_BYTES / sizeof(uint64_t); word++)
        buffer(number)[word] = operation == BLOCK_WRITE ? content(number, slot, word) : 0;
    ring_put(&disk.out, &slot->asked, 1);
}

static void compare(unsigned number)
{
    for (unsigned word = 0; word < BLOCK_BYTES / sizeof(uint64_t); word++) {
        if (buffer(number)[word] != content(number, &slots[number], word))
            report()->wrong_bytes += sizeof(uint64_t);
    }
}

static void take_answers(void)
{
    struct block_answer batch[SLOTS];
    uint32_t count = ring_take(&disk.in, batch, SLOTS);
    for (uint32_t i = 0; i < count; i++) {
        unsigned number = (unsigned)batch[i].id;
        if (number >= SLOTS || !slots[number].is_asked)
            continue;
        slots[number].is_asked = false;
        if (batch[i].result != BLOCK_OK)
            report()->refused++;
        else if (slots[number].asked.operation == BLOCK_READ)
            compare(number);
        report_answer(report());
        choose(number);
    }
    bool is_asked_for = ring_publish(&disk.out);
    if (ring_release(&disk.in) || is_asked_for)
        microkit_notify(DISK);
}

/* The disk has accepted this load, or has started again: sends all that is unanswered. */
static void send_all(void)
{
    for (unsigned i = 0; i < SLOTS; i++) {
        if (has_begun)
            ring_put(&disk.out, &slots[i].asked, 1);
        else
            choose(i);
    }
    report()->resent += has_begun;
    has_begun = true;
    if (ring_publish(&disk.out))
        microkit_notify(DISK);
}

static void serve(void)
{
    do {
        if (ring_pair_accept(&disk)) {
            is_sent = false;
            microkit_notify(DISK);
        }
        if (!is_sent && ring_pair_state(&disk) == RING_OPEN) {
            is_sent = true;
            send_all();
        }
        take_answers();
    } while (!ring_pair_waits_for_entries(&disk, 1));
}

void init(void)
{
    random_state = clock_read();
    ring_pair_start(&disk, (void *)client_region, (const void *)disk_region, BLOCK_REQUESTS, BLOCK_ANSWERS);
    microkit_notify(DISK);
    serve();
}

void notified(microkit_channel ch)
{
    (void)ch;
    serve();
}
