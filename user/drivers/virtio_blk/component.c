/*
 * The component of a virtio disk: requests come through a ring, go to the device, and are answered through another one
 * (protocols/block.h). It never sees the data: the device reads and writes the client's buffers.
 */
#include "drivers/virtio/component.h"
#include "drivers/virtio_blk/virtio_blk.h"
#include "protocols/block.h"
#include "ring/checked.h"
#include <microkit.h>
#include <pecan/component.h>

/* Filled in from the description: the client's buffers, of which there may be fewer, and the rings. */
uint64_t buffer0_address, buffer0_bytes;
uint64_t buffer1_address, buffer1_bytes;
uint64_t buffer2_address, buffer2_bytes;
uintptr_t client_region, disk_region;

static struct virtio_blk disk;
static struct virtio_resources resources;
static bool has_disk;
static struct ring_pair client;
static unsigned under_way; /* requests at the device */

static void answer(uint64_t id, enum block_result result)
{
    /* There is room: no more requests are taken. A client that has restarted meanwhile misses nothing. */
    struct block_answer entry = {.id = id, .result = result, .sectors = has_disk ? disk.sector_count : 0};
    ring_put(&client.out, &entry, 1);
}

static void answer_all(void)
{
    struct virtio_blk_answer done;
    while (has_disk && virtio_blk_take(&disk, &done)) {
        under_way--;
        answer(done.token, done.result == VIRTIO_BLK_OK ? BLOCK_OK : BLOCK_FAILED);
    }
    if (ring_publish_checked(&client.out))
        microkit_notify(CLIENT);
}

/* A client that has started (again) is accepted once the device has finished what the one before asked for. */
static void accept_client(void)
{
    if (!under_way && ring_pair_accept(&client))
        microkit_notify(CLIENT);
}

/* How many requests may be taken: each is certain of a place at the device and of room for its answer. */
static unsigned requests_room(void)
{
    if (ring_pair_state(&client) != RING_OPEN)
        return 0;
    unsigned room = ring_room(&client.out);
    unsigned for_answers = room > under_way ? room - under_way : 0;
    unsigned at_disk = has_disk ? virtio_blk_room(&disk) : BLOCK_RING_ENTRIES;
    return for_answers < at_disk ? for_answers : at_disk;
}

/* Where the device finds the data of a request; false: in no buffer. */
static bool data_address(const struct block_request *request, uint64_t *address)
{
    const uint64_t addresses[BLOCK_MOST_BUFFERS] = {buffer0_address, buffer1_address, buffer2_address};
    const uint64_t sizes[BLOCK_MOST_BUFFERS] = {buffer0_bytes, buffer1_bytes, buffer2_bytes};
    if (request->buffer >= BLOCK_MOST_BUFFERS ||
        !ring_range_fits(request->offset, request->bytes, sizes[request->buffer]))
        return false;
    *address = addresses[request->buffer] + request->offset;
    return true;
}

static enum virtio_blk_result submit(const struct block_request *request)
{
    static const enum virtio_blk_operation operations[] = {
        [BLOCK_READ] = VIRTIO_BLK_READ, [BLOCK_WRITE] = VIRTIO_BLK_WRITE, [BLOCK_FLUSH] = VIRTIO_BLK_FLUSH};
    uint64_t address;
    if (request->operation > BLOCK_FLUSH || !data_address(request, &address))
        return VIRTIO_BLK_REFUSED;
    return virtio_blk_submit(&disk, (struct virtio_blk_request){.operation = operations[request->operation],
                                                                .sector = request->sector,
                                                                .address = address,
                                                                .bytes = request->bytes,
                                                                .token = request->id});
}

/* Takes requests, at most `room`, and says how many more there was room for. */
static unsigned take_requests(unsigned room)
{
    struct block_request batch[BLOCK_RING_ENTRIES];
    uint32_t count = ring_take(&client.in, batch, room);
    for (uint32_t i = 0; i < count; i++) {
        if (!has_disk || batch[i].operation == BLOCK_SIZE) {
            answer(batch[i].id, has_disk ? BLOCK_OK : BLOCK_NO_DISK);
            continue;
        }
        enum virtio_blk_result result = submit(&batch[i]);
        if (result == VIRTIO_BLK_OK)
            under_way++;
        else
            answer(batch[i].id, result == VIRTIO_BLK_DONE      ? BLOCK_OK
                                : result == VIRTIO_BLK_REFUSED ? BLOCK_REFUSED
                                                               : BLOCK_FAILED);
    }
    /* What the device is told wrongly is lost on the disk. */
    if (count)
        pecan_check();
    if (has_disk)
        virtio_blk_publish(&disk);
    bool is_asked_for = ring_publish_checked(&client.out);
    if (ring_release(&client.in) || is_asked_for)
        microkit_notify(CLIENT);
    return room - count;
}

/* Whether there is nothing to do until the device or the client notifies. */
static bool must_wait(unsigned room)
{
    if (has_disk && !virtio_blk_waits(&disk))
        return false;
    if (room)
        return ring_pair_waits_for_entries(&client, 1);
    return under_way || ring_pair_waits_for_room(&client, 1);
}

static void serve(void)
{
    unsigned room;
    do {
        answer_all();
        accept_client();
        room = take_requests(requests_room());
        if (has_disk && virtio_blk_is_broken(&disk))
            pecan_give_up("the device breaks the rules");
    } while (!must_wait(room));
}

void init(void)
{
    has_disk = virtio_open(&resources) && virtio_check_start(virtio_blk_start(&disk, &resources));
    microkit_dbg_puts(has_disk ? "virtio-blk: started, with " : "virtio-blk: no disk\n");
    if (has_disk)
        microkit_dbg_puts(resources.vector == VIRTIO_NO_VECTOR ? "the line interrupt\n" : "message interrupts\n");

    ring_pair_start(&client, (void *)disk_region, (const void *)client_region, BLOCK_ANSWERS, BLOCK_REQUESTS);
    microkit_notify(CLIENT);
    serve();
}

void notified(microkit_channel ch)
{
    virtio_end_interrupt(ch, has_disk ? &disk.device : NULL, &resources);
    serve();
    if (ch == MESSAGE_INTERRUPT || ch == LINE_INTERRUPT)
        microkit_irq_ack(ch);
}
