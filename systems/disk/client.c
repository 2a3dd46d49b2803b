/*
 * Reads the first 32 KiB of the disk, eight requests at once, and prints the sum of the bytes; writes a block, makes it certain, reads it back;
 * asks for the size and for what is not there. Requests that were not answered when the disk was restarted are sent again.
 */
#include "protocols/block.h"
#include <microkit.h>
#include <stdbool.h>

enum { DISK = 1 };
enum { BLOCK_BYTES = 4096, BLOCK_SECTORS = BLOCK_BYTES / BLOCK_SECTOR_BYTES, BATCH = 8, WRITTEN_SECTOR = 128 };

/* Filled in from the description. */
uintptr_t client_region, disk_region, buffer_start;

static struct ring_pair disk;
static struct block_request asked[BATCH];
static uint32_t results[BATCH], sectors, buffer_number;
static unsigned asked_count, unanswered; /* the second, a bit for each */
static unsigned step;
static bool is_sent; /* what is unanswered, to the disk's present incarnation */

static uint8_t *buffer(unsigned block)
{
    return (uint8_t *)buffer_start + block * BLOCK_BYTES;
}

static uint8_t pattern(unsigned place)
{
    return (uint8_t)(place * 31 + place / 256);
}

static void send_unanswered(void)
{
    for (unsigned i = 0; i < asked_count; i++) {
        if (unanswered & 1u << i)
            ring_put(&disk.out, &asked[i], 1);
    }
    if (ring_publish(&disk.out))
        microkit_notify(DISK);
}

static void ask(enum block_operation operation, uint64_t sector, unsigned count)
{
    asked_count = count;
    unanswered = (1u << count) - 1;
    for (unsigned i = 0; i < count; i++)
        asked[i] =
            (struct block_request){.id = i,
                                   .operation = operation,
                                   .bytes = operation == BLOCK_READ || operation == BLOCK_WRITE ? BLOCK_BYTES : 0,
                                   .sector = sector + i * BLOCK_SECTORS,
                                   .offset = i * BLOCK_BYTES,
                                   .buffer = buffer_number};
    send_unanswered();
}

static void print(const char *text, uint32_t number)
{
    microkit_dbg_puts(text);
    microkit_dbg_put32(number);
    microkit_dbg_puts("\n");
}

/* All that was asked is answered: looks at it, and asks what comes next. */
static void next_step(void)
{
    uint32_t sum = 0, wrong = 0;
    switch (step++) {
    case 0:
        ask(BLOCK_READ, 0, BATCH);
        return;
    case 1:
        for (unsigned i = 0; i < BATCH * BLOCK_BYTES; i++)
            sum += buffer(0)[i];
        print("client: first result ", results[0]);
        print("client: the sum of 32 KiB is ", sum);
        for (unsigned i = 0; i < BLOCK_BYTES; i++)
            buffer(0)[i] = pattern(i);
        ask(BLOCK_WRITE, WRITTEN_SECTOR, 1);
        return;
    case 2:
        print("client: written with result ", results[0]);
        ask(BLOCK_FLUSH, 0, 1);
        return;
    case 3:
        print("client: flushed with result ", results[0]);
        for (unsigned i = 0; i < BLOCK_BYTES; i++)
            buffer(0)[i] = 0;
        ask(BLOCK_READ, WRITTEN_SECTOR, 1);
        return;
    case 4:
        for (unsigned i = 0; i < BLOCK_BYTES; i++)
            wrong += buffer(0)[i] != pattern(i);
        print("client: read back, wrong bytes: ", wrong);
        ask(BLOCK_READ, UINT64_MAX / BLOCK_SECTOR_BYTES, 1);
        return;
    case 5:
        print("client: beyond the end: result ", results[0]);
        ask(BLOCK_SIZE, 0, 1);
        return;
    case 6:
        print("client: the size: result ", results[0]);
        print("client: sectors: ", sectors);
        buffer_number = 1;
        ask(BLOCK_READ, 0, 1);
        return;
    case 7:
        print("client: no such buffer: result ", results[0]);
        microkit_dbg_puts("client: done\n");
        return;
    default:
        return;
    }
}

static void take_answers(void)
{
    struct block_answer batch[BATCH];
    uint32_t count = ring_take(&disk.in, batch, BATCH);
    for (uint32_t i = 0; i < count; i++) {
        if (batch[i].id >= asked_count || !(unanswered & 1u << batch[i].id))
            continue;
        unanswered &= ~(1u << batch[i].id);
        results[batch[i].id] = batch[i].result;
        sectors = (uint32_t)batch[i].sectors;
    }
    if (ring_release(&disk.in))
        microkit_notify(DISK);
    if (count && !unanswered)
        next_step();
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
            if (step)
                send_unanswered();
            else
                next_step();
        }
        take_answers();
    } while (!ring_pair_waits_for_entries(&disk, 1));
}

void init(void)
{
    ring_pair_start(&disk, (void *)client_region, (const void *)disk_region, BLOCK_REQUESTS, BLOCK_ANSWERS);
    microkit_notify(DISK);
    serve();
}

void notified(microkit_channel ch)
{
    (void)ch;
    serve();
}
