/*
 * The disk as the file server sees it: reads, writes and flushes of ranges of its buffers, many at a time. That the block server or a
 * driver below it was restarted is not noticed here: what was under way is sent again.
 *
 * disk.c does it over the ring of protocols/block.h; tests on the host put a simulated disk in its place.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { DISK_SECTOR_BYTES = 512 };

enum disk_result {
    DISK_OK,
    DISK_REFUSED, /* not on the disk, or not in the buffer */
    DISK_FAILED,
    DISK_NONE /* there is no disk */
};

enum disk_operation { DISK_READ, DISK_WRITE };

struct disk_range {
    uint64_t sector;
    uint64_t offset; /* in the buffer */
    uint32_t bytes;
    uint32_t buffer; /* 0: disk_memory; 1 and on: the client's */
};

/* Takes the result of a request, while the disk is waited for or polled. It must not call functions of the disk. */
typedef void disk_done(void *context, enum disk_result result);

/* The server's own buffer. */
extern uint8_t *disk_memory;
extern size_t disk_memory_bytes;

/* Begins a request; waits first while there are as many under way as there can be. */
void disk_begin(enum disk_operation operation, struct disk_range range, disk_done *done, void *context);

/* Waits until nothing is under way. */
void disk_wait(void);

/* One request, from beginning to end. */
enum disk_result disk_do(enum disk_operation operation, struct disk_range range);

/* All that was written before is on the disk for good, once this returns DISK_OK. */
enum disk_result disk_flush(void);

/* Asks for the size; DISK_OK and the number of sectors. */
enum disk_result disk_size(uint64_t *sectors);
