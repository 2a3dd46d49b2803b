/*
 * A virtio disk (virtio 1.2, 5.2): reads, writes and flushes, many at a time, straight between the device and the caller's
 * memory.
 */
#pragma once

#include "drivers/virtio/device.h"

enum { VIRTIO_BLK_SECTOR_BYTES = 512, VIRTIO_BLK_MOST_REQUESTS = 64 };
/* What the driver takes of the memory it is given. */
enum { VIRTIO_BLK_MEMORY_BYTES = 8192 };

enum virtio_blk_operation { VIRTIO_BLK_READ, VIRTIO_BLK_WRITE, VIRTIO_BLK_FLUSH };

struct virtio_blk_request {
    enum virtio_blk_operation operation;
    uint64_t sector;  /* of 512 bytes, the first */
    uint64_t address; /* of the data, as the device sees it */
    uint32_t bytes;   /* a multiple of 512, at least that; 0 for a flush */
    uint64_t token;   /* the caller's, comes back with the answer */
};

enum virtio_blk_result {
    VIRTIO_BLK_OK,
    VIRTIO_BLK_DONE,    /* nothing was to be done: no answer follows */
    VIRTIO_BLK_BUSY,    /* no room: try again after an answer */
    VIRTIO_BLK_REFUSED, /* beyond the disk's end, not whole sectors, or a write to a disk that is read-only */
    VIRTIO_BLK_FAILED   /* the device could not do it, or is broken */
};

struct virtio_blk_answer {
    uint64_t token;
    enum virtio_blk_result result; /* OK or FAILED */
};

struct virtio_blk {
    struct virtio_device device;
    struct virtqueue queue;
    uint64_t sector_count;
    bool is_read_only, can_flush;
    struct dma headers;  /* of each request that may be under way: what the device reads, */
    struct dma statuses; /* and the byte that it writes */
    uint64_t free_slots; /* a bit for each */
    unsigned free_slot_count;
    struct {
        uint64_t token;
        uint32_t written_bytes; /* that a complete answer states */
    } slots[VIRTIO_BLK_MOST_REQUESTS];
};

enum virtio_result virtio_blk_start(struct virtio_blk *disk, const struct virtio_resources *resources);

/* How many requests are certain not to find it busy. */
unsigned virtio_blk_room(const struct virtio_blk *disk);

/*
 * Makes a request: OK if it is under way once the next virtio_blk_publish returns. What was written, with an answer, before a flush is on the disk after
 * the answer to that: a device without such requests keeps nothing back (virtio 1.2, 5.2.5.2), and the flush is DONE.
 */
enum virtio_blk_result virtio_blk_submit(struct virtio_blk *disk, struct virtio_blk_request request);
void virtio_blk_publish(struct virtio_blk *disk);

/* The next answer, in the device's order; false if there is none. */
bool virtio_blk_take(struct virtio_blk *disk, struct virtio_blk_answer *answer);

/* True: no answer is there, an interrupt will tell. */
bool virtio_blk_waits(struct virtio_blk *disk);
/* The device broke the rules: nothing more comes from it. */
bool virtio_blk_is_broken(const struct virtio_blk *disk);
