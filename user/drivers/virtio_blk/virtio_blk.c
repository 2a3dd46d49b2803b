#include "drivers/virtio_blk/virtio_blk.h"

#define FEATURE_READ_ONLY (1ull << 5)
#define FEATURE_FLUSH     (1ull << 9)

enum { CONFIG_CAPACITY = 0 };
enum { TYPE_READ = 0, TYPE_WRITE = 1, TYPE_FLUSH = 4 };
enum { STATUS_OK = 0, STATUS_NONE = 0xff };
/* Header, data, status. */
enum { MOST_SEGMENTS = 3, QUEUE_SIZE = 256 };

struct header {
    uint32_t type, reserved;
    uint64_t sector;
};

enum virtio_result virtio_blk_start(struct virtio_blk *disk, const struct virtio_resources *resources)
{
    *disk = (struct virtio_blk){0};
    enum virtio_result result = virtio_start(&disk->device, resources, FEATURE_READ_ONLY | FEATURE_FLUSH, 0);
    if (result == VIRTIO_OK)
        result = virtio_queue_start(&disk->device, &disk->queue, 0, MOST_SEGMENTS + 1, QUEUE_SIZE);
    if (result != VIRTIO_OK)
        return result;
    if (!virtio_config_read(&disk->device, CONFIG_CAPACITY, &disk->sector_count, sizeof disk->sector_count))
        return VIRTIO_NO_REGISTERS;
    if (!dma_take(&disk->device.memory, sizeof(struct header) * VIRTIO_BLK_MOST_REQUESTS, 16, &disk->headers) ||
        !dma_take(&disk->device.memory, VIRTIO_BLK_MOST_REQUESTS, 1, &disk->statuses))
        return VIRTIO_NO_MEMORY;
    disk->is_read_only = disk->device.features & FEATURE_READ_ONLY;
    disk->can_flush = disk->device.features & FEATURE_FLUSH;
    disk->free_slots = UINT64_MAX;
    disk->free_slot_count = VIRTIO_BLK_MOST_REQUESTS;
    virtio_run(&disk->device);
    return VIRTIO_OK;
}

unsigned virtio_blk_room(const struct virtio_blk *disk)
{
    unsigned chains = disk->queue.free_count / MOST_SEGMENTS;
    return disk->free_slot_count < chains ? disk->free_slot_count : chains;
}

static bool is_possible(const struct virtio_blk *disk, const struct virtio_blk_request *request)
{
    if (request->operation == VIRTIO_BLK_FLUSH)
        return !request->bytes;
    uint64_t count = request->bytes / VIRTIO_BLK_SECTOR_BYTES;
    return count && request->bytes % VIRTIO_BLK_SECTOR_BYTES == 0 && request->sector <= disk->sector_count &&
           count <= disk->sector_count - request->sector &&
           (request->operation == VIRTIO_BLK_READ || (request->operation == VIRTIO_BLK_WRITE && !disk->is_read_only));
}

static uint32_t request_type(enum virtio_blk_operation operation)
{
    static const uint32_t types[] = {
        [VIRTIO_BLK_READ] = TYPE_READ, [VIRTIO_BLK_WRITE] = TYPE_WRITE, [VIRTIO_BLK_FLUSH] = TYPE_FLUSH};
    return types[operation];
}

enum virtio_blk_result virtio_blk_submit(struct virtio_blk *disk, struct virtio_blk_request request)
{
    if (!is_possible(disk, &request))
        return VIRTIO_BLK_REFUSED;
    if (disk->queue.is_broken)
        return VIRTIO_BLK_FAILED;
    if (request.operation == VIRTIO_BLK_FLUSH && !disk->can_flush)
        return VIRTIO_BLK_DONE;
    if (!disk->free_slots)
        return VIRTIO_BLK_BUSY;
    unsigned slot = (unsigned)__builtin_ctzll(disk->free_slots);
    ((struct header *)disk->headers.memory)[slot] =
        (struct header){.type = request_type(request.operation), .sector = request.sector};
    ((volatile uint8_t *)disk->statuses.memory)[slot] = STATUS_NONE;

    struct virtqueue_segment segments[MOST_SEGMENTS];
    unsigned count = 0, readable_count = 1;
    segments[count++] =
        (struct virtqueue_segment){disk->headers.address + slot * sizeof(struct header), sizeof(struct header)};
    if (request.bytes)
        segments[count++] = (struct virtqueue_segment){request.address, request.bytes};
    if (request.operation == VIRTIO_BLK_WRITE)
        readable_count = 2;
    segments[count++] = (struct virtqueue_segment){disk->statuses.address + slot, 1};
    if (!virtqueue_add(&disk->queue, segments, readable_count, count - readable_count, slot))
        return VIRTIO_BLK_BUSY;
    disk->free_slots &= disk->free_slots - 1;
    disk->free_slot_count--;
    disk->slots[slot].token = request.token;
    disk->slots[slot].written_bytes = request.operation == VIRTIO_BLK_READ ? request.bytes + 1 : 1;
    return VIRTIO_BLK_OK;
}

void virtio_blk_publish(struct virtio_blk *disk)
{
    virtqueue_publish(&disk->queue);
}

bool virtio_blk_take(struct virtio_blk *disk, struct virtio_blk_answer *answer)
{
    struct virtqueue_answer taken;
    if (!virtqueue_take(&disk->queue, &taken))
        return false;
    unsigned slot = (unsigned)taken.token;
    /* A read that says "good" but has not filled the memory has left there what was in it before. */
    bool is_good = ((volatile uint8_t *)disk->statuses.memory)[slot] == STATUS_OK &&
                   taken.written_bytes >= disk->slots[slot].written_bytes;
    *answer = (struct virtio_blk_answer){disk->slots[slot].token, is_good ? VIRTIO_BLK_OK : VIRTIO_BLK_FAILED};
    disk->free_slots |= 1ull << slot;
    disk->free_slot_count++;
    return true;
}

bool virtio_blk_waits(struct virtio_blk *disk)
{
    return virtqueue_waits(&disk->queue);
}

bool virtio_blk_is_broken(const struct virtio_blk *disk)
{
    return disk->queue.is_broken;
}
