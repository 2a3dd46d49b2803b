#include "servers/fs/disk.h"

#include "protocols/block.h"
#include "ring/checked.h"
#include "servers/fs/disk_ring.h"
#include <microkit.h>
#include <pecan/component.h>

enum { SLOTS = BLOCK_RING_ENTRIES };

/* Filled in from the description. */
uintptr_t disk_client_region, disk_server_region;
uintptr_t disk_buffer_start;
uintptr_t disk_buffer_bytes;

uint8_t *disk_memory;
size_t disk_memory_bytes;

struct slot {
    struct block_request request;
    disk_done *done; /* null: the slot is free */
    void *context;
};

static struct ring_pair ring;
static microkit_channel channel;
static bool is_sent; /* all that is in slots, to the block server's present incarnation; before, nothing else is */
static struct slot slots[SLOTS];
static unsigned free_slots = SLOTS;
static uint64_t answered_sectors;   /* of the last answer */
static bool is_missing, has_failed; /* at least one answer said so of the disk */

static enum disk_result result_of(uint32_t result)
{
    static const enum disk_result results[] = {[BLOCK_OK] = DISK_OK,
                                               [BLOCK_REFUSED] = DISK_REFUSED,
                                               [BLOCK_FAILED] = DISK_FAILED,
                                               [BLOCK_NO_DISK] = DISK_NONE};
    return result < sizeof results / sizeof *results ? results[result] : DISK_FAILED;
}

/* True: there were some. */
static bool take_answers(void)
{
    struct block_answer batch[SLOTS];
    uint32_t count = ring_take(&ring.in, batch, SLOTS);
    for (uint32_t i = 0; i < count; i++) {
        if (batch[i].id >= SLOTS || !slots[batch[i].id].done)
            continue;
        struct slot slot = slots[batch[i].id];
        slots[batch[i].id].done = NULL;
        free_slots++;
        answered_sectors = batch[i].sectors;
        enum disk_result result = result_of(batch[i].result);
        is_missing = is_missing || result == DISK_NONE;
        has_failed = has_failed || result == DISK_FAILED;
        slot.done(slot.context, result);
    }
    if (ring_release(&ring.in))
        microkit_notify(channel);
    return count;
}

bool disk_ring_serve(void)
{
    if (ring_pair_accept(&ring)) {
        if (is_missing)
            pecan_give_up("another start of the block server may find a disk");
        is_sent = false;
        microkit_notify(channel);
    }
    if (!is_sent && ring_pair_state(&ring) == RING_OPEN) {
        is_sent = true;
        for (unsigned i = 0; i < SLOTS; i++) {
            if (slots[i].done)
                ring_put(&ring.out, &slots[i].request, 1);
        }
    }
    bool has_come = take_answers();
    if (ring_publish_checked(&ring.out))
        microkit_notify(channel);
    return has_come;
}

bool disk_ring_waits(void)
{
    return ring_pair_waits_for_entries(&ring, 1);
}

bool disk_ring_has_failed(void)
{
    return has_failed;
}

bool disk_is_busy(void)
{
    return free_slots != SLOTS;
}

/* There are as many slots as the ring has entries, but the block server may not have given an entry back yet. */
static bool lacks_room(void)
{
    return is_sent && ring_pair_state(&ring) == RING_OPEN && !ring_room(&ring.out);
}

/* Serves the ring; if nothing has come, waits until something may have. */
static void wait_once(void)
{
    if (disk_ring_serve())
        return;
    bool waits = disk_ring_waits();
    if (waits && lacks_room())
        waits = ring_pair_waits_for_room(&ring, 1);
    if (waits)
        pecan_wait(1ul << channel);
}

static void begin(struct block_request request, disk_done *done, void *context)
{
    while (!free_slots || lacks_room())
        wait_once();
    unsigned number = 0;
    while (slots[number].done)
        number++;
    request.id = number;
    slots[number] = (struct slot){request, done, context};
    free_slots--;
    if (is_sent)
        ring_put(&ring.out, &slots[number].request, 1);
}

void disk_begin(enum disk_operation operation, struct disk_range range, disk_done *done, void *context)
{
    begin((struct block_request){.operation = operation == DISK_READ ? BLOCK_READ : BLOCK_WRITE,
                                 .bytes = range.bytes,
                                 .sector = range.sector,
                                 .offset = range.offset,
                                 .buffer = range.buffer},
          done, context);
}

void disk_wait(void)
{
    disk_ring_serve();
    while (disk_is_busy())
        wait_once();
}

struct waiter {
    bool is_done;
    enum disk_result result;
    uint64_t sectors;
};

static void note_result(void *context, enum disk_result result)
{
    *(struct waiter *)context = (struct waiter){true, result, answered_sectors};
}

static struct waiter do_request(struct block_request request)
{
    struct waiter waiter = {0};
    begin(request, note_result, &waiter);
    disk_ring_serve();
    while (!waiter.is_done)
        wait_once();
    return waiter;
}

enum disk_result disk_do(enum disk_operation operation, struct disk_range range)
{
    return do_request((struct block_request){.operation = operation == DISK_READ ? BLOCK_READ : BLOCK_WRITE,
                                             .bytes = range.bytes,
                                             .sector = range.sector,
                                             .offset = range.offset,
                                             .buffer = range.buffer})
        .result;
}

enum disk_result disk_flush(void)
{
    return do_request((struct block_request){.operation = BLOCK_FLUSH}).result;
}

enum disk_result disk_size(uint64_t *sectors)
{
    struct waiter answer = do_request((struct block_request){.operation = BLOCK_SIZE});
    *sectors = answer.sectors;
    return answer.result;
}

void disk_ring_start(microkit_channel block_channel)
{
    channel = block_channel;
    disk_memory = (uint8_t *)disk_buffer_start;
    disk_memory_bytes = disk_buffer_bytes;
    ring_pair_start(&ring, (void *)disk_client_region, (const void *)disk_server_region, BLOCK_REQUESTS, BLOCK_ANSWERS);
    microkit_notify(channel);
}
