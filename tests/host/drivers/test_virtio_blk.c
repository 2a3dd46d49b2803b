#include "virtio_machine.h"

#include "drivers/virtio_blk/virtio_blk.h"
#include "machine.h"
#include "test.h"
#include <stdlib.h>
#include <string.h>

enum { SECTORS = 64, DATA_BYTES = 65536, READ_ONLY = 1 << 5, FLUSH = 1 << 9 };

/* A simulated disk and its driver. */
struct world {
    struct virtio_machine machine;
    struct virtio_blk disk;
    uint8_t bytes[SECTORS * VIRTIO_BLK_SECTOR_BYTES];
    unsigned flushes;
    uint8_t *data;    /* memory for requests, */
    uint64_t address; /* as the device sees it */
};

/* What is on the disk first. */
static uint8_t content(unsigned place)
{
    return (uint8_t)(place * 7 + place / VIRTIO_BLK_SECTOR_BYTES);
}

static struct world *world_start(uint64_t features)
{
    static struct world world;
    world = (struct world){.machine = {.features = VIRTIO_FEATURE_VERSION_1 | VIRTIO_FEATURE_EVENTS | features,
                                       .config = {SECTORS},
                                       .queues = {{.most = 256}}}};
    for (unsigned i = 0; i < sizeof world.bytes; i++)
        world.bytes[i] = content(i);
    struct virtio_resources resources = virtio_machine_start(&world.machine, VIRTIO_BLK_MEMORY_BYTES);
    world.data = machine_add_memory(DATA_BYTES, &world.address);
    expect_eq(virtio_blk_start(&world.disk, &resources), VIRTIO_OK);
    return &world;
}

/* Serves one request as a disk does; returns its status. */
static uint8_t serve(struct world *world, const struct virtio_work *work, uint32_t *written_bytes)
{
    uint32_t type;
    uint64_t sector;
    expect_eq(work->readable[0].count, 16);
    memcpy(&type, work->readable[0].bytes, 4);
    memcpy(&sector, work->readable[0].bytes + 8, 8);
    *written_bytes = 1;
    if (type == 0) {
        expect_eq(work->writable_count, 2);
        *written_bytes +=
            virtio_work_write(work, world->bytes + sector * VIRTIO_BLK_SECTOR_BYTES, work->writable[0].count);
    } else if (type == 1) {
        expect_eq(work->readable_count, 2);
        memcpy(world->bytes + sector * VIRTIO_BLK_SECTOR_BYTES, work->readable[1].bytes, work->readable[1].count);
    } else if (type == 4) {
        world->flushes++;
    } else {
        return 2;
    }
    return 0;
}

static void serve_all(struct world *world)
{
    struct virtio_work work;
    while (virtio_machine_take(&world->machine, 0, &work)) {
        uint32_t written_bytes;
        *work.writable[work.writable_count - 1].bytes = serve(world, &work, &written_bytes);
        virtio_machine_answer(&world->machine, 0, work.head, written_bytes);
    }
}

static enum virtio_blk_result submit(struct world *world, enum virtio_blk_operation operation, uint64_t sector,
                                     uint32_t bytes, uint64_t token)
{
    struct virtio_blk_request request = {operation, sector, world->address, bytes, token};
    return virtio_blk_submit(&world->disk, request);
}

static void expect_answer(struct world *world, uint64_t token, enum virtio_blk_result result)
{
    struct virtio_blk_answer answer;
    expect(virtio_blk_take(&world->disk, &answer));
    expect_eq(answer.token, token);
    expect_eq(answer.result, result);
}

TEST(virtio_blk, sectors_are_read_and_written)
{
    struct world *world = world_start(FLUSH);
    expect_eq(world->disk.sector_count, SECTORS);
    expect_eq(submit(world, VIRTIO_BLK_READ, 5, 1024, 11), VIRTIO_BLK_OK);
    virtio_blk_publish(&world->disk);
    expect(virtio_blk_waits(&world->disk));
    serve_all(world);
    expect(!virtio_blk_waits(&world->disk));
    expect_answer(world, 11, VIRTIO_BLK_OK);
    expect(memcmp(world->data, world->bytes + 5 * 512, 1024) == 0);

    memset(world->data, 0x5a, 512);
    expect_eq(submit(world, VIRTIO_BLK_WRITE, 63, 512, 12), VIRTIO_BLK_OK);
    expect_eq(submit(world, VIRTIO_BLK_FLUSH, 0, 0, 13), VIRTIO_BLK_OK);
    virtio_blk_publish(&world->disk);
    serve_all(world);
    expect_answer(world, 12, VIRTIO_BLK_OK);
    expect_answer(world, 13, VIRTIO_BLK_OK);
    expect_eq(world->bytes[64 * 512 - 1], 0x5a);
    expect_eq(world->bytes[63 * 512 - 1], content(63 * 512 - 1));
    expect_eq(world->flushes, 1);
}

TEST(virtio_blk, impossible_requests_are_refused)
{
    struct world *world = world_start(0);
    expect_eq(submit(world, VIRTIO_BLK_READ, 64, 512, 0), VIRTIO_BLK_REFUSED);
    expect_eq(submit(world, VIRTIO_BLK_READ, 63, 1024, 0), VIRTIO_BLK_REFUSED);
    expect_eq(submit(world, VIRTIO_BLK_READ, UINT64_MAX, 512, 0), VIRTIO_BLK_REFUSED);
    expect_eq(submit(world, VIRTIO_BLK_READ, 0, 0, 0), VIRTIO_BLK_REFUSED);
    expect_eq(submit(world, VIRTIO_BLK_READ, 0, 513, 0), VIRTIO_BLK_REFUSED);
    expect_eq(submit(world, (enum virtio_blk_operation)9, 0, 512, 0), VIRTIO_BLK_REFUSED);
    world = world_start(READ_ONLY);
    expect_eq(submit(world, VIRTIO_BLK_WRITE, 0, 512, 0), VIRTIO_BLK_REFUSED);
    expect_eq(submit(world, VIRTIO_BLK_READ, 0, 512, 0), VIRTIO_BLK_OK);
}

TEST(virtio_blk, a_disk_that_keeps_nothing_back_needs_no_flush)
{
    struct world *world = world_start(0);
    expect_eq(submit(world, VIRTIO_BLK_FLUSH, 0, 0, 0), VIRTIO_BLK_DONE);
    expect_eq(submit(world, VIRTIO_BLK_FLUSH, 0, 512, 0), VIRTIO_BLK_REFUSED);
    struct virtio_work work;
    virtio_blk_publish(&world->disk);
    expect(!virtio_machine_take(&world->machine, 0, &work));
    expect_eq(virtio_blk_room(&world->disk), VIRTIO_BLK_MOST_REQUESTS);
}

TEST(virtio_blk, a_full_disk_is_busy_until_an_answer)
{
    struct world *world = world_start(0);
    unsigned count = 0;
    expect_eq(virtio_blk_room(&world->disk), VIRTIO_BLK_MOST_REQUESTS);
    while (submit(world, VIRTIO_BLK_READ, 0, 512, count) == VIRTIO_BLK_OK)
        count++;
    expect_eq(count, VIRTIO_BLK_MOST_REQUESTS);
    expect_eq(virtio_blk_room(&world->disk), 0);
    expect_eq(submit(world, VIRTIO_BLK_READ, 0, 512, count), VIRTIO_BLK_BUSY);
    virtio_blk_publish(&world->disk);
    serve_all(world);
    for (unsigned i = 0; i < count; i++)
        expect_answer(world, i, VIRTIO_BLK_OK);
    expect_eq(submit(world, VIRTIO_BLK_READ, 0, 512, 0), VIRTIO_BLK_OK);
}

TEST(virtio_blk, reads_that_were_not_done_are_failures)
{
    /* Status and length: an error, none, "good" without data. */
    static const struct {
        uint8_t status;
        uint32_t written_bytes;
    } answers[] = {{1, 513}, {2, 513}, {0xff, 513}, {0, 512}, {0, 0}};
    struct world *world = world_start(0);
    for (unsigned i = 0; i < sizeof answers / sizeof *answers; i++) {
        struct virtio_work work;
        expect_eq(submit(world, VIRTIO_BLK_READ, 0, 512, i), VIRTIO_BLK_OK);
        virtio_blk_publish(&world->disk);
        expect(virtio_machine_take(&world->machine, 0, &work));
        *work.writable[1].bytes = answers[i].status;
        virtio_machine_answer(&world->machine, 0, work.head, answers[i].written_bytes);
        expect_answer(world, i, VIRTIO_BLK_FAILED);
    }
    expect(!virtio_blk_is_broken(&world->disk));
}

TEST(virtio_blk, a_broken_device_fails_requests)
{
    struct world *world = world_start(0);
    expect_eq(submit(world, VIRTIO_BLK_READ, 0, 512, 0), VIRTIO_BLK_OK);
    virtio_blk_publish(&world->disk);
    virtio_machine_answer(&world->machine, 0, 200, 0);
    struct virtio_blk_answer answer;
    expect(!virtio_blk_take(&world->disk, &answer));
    expect(virtio_blk_is_broken(&world->disk));
    expect_eq(submit(world, VIRTIO_BLK_READ, 0, 512, 0), VIRTIO_BLK_FAILED);
}

TEST(virtio_blk, disks_that_cannot_be_driven_are_reported)
{
    struct virtio_machine machine = {.features = VIRTIO_FEATURE_VERSION_1, .queues = {{.most = 2}}};
    struct virtio_resources resources = virtio_machine_start(&machine, VIRTIO_BLK_MEMORY_BYTES);
    struct virtio_blk disk;
    expect_eq(virtio_blk_start(&disk, &resources), VIRTIO_NO_QUEUE); /* not one request fits */
    machine.queues[0].most = 256;
    resources.layout.groups[VIRTIO_CONFIG].bytes = 7;
    expect_eq(virtio_blk_start(&disk, &resources), VIRTIO_NO_REGISTERS);
    resources.layout.groups[VIRTIO_CONFIG].bytes = 8;
    resources.memory.bytes = 7000;
    expect_eq(virtio_blk_start(&disk, &resources), VIRTIO_NO_MEMORY);
}
