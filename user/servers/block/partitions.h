/*
 * Where the partitions of a disk are: its GUID partition table (UEFI 2.10, 5.3), or, without one, the four entries of its master boot
 * record, and the logical partitions in one of them, from number 5 on: each has a record of its own, which says where the next one is.
 * Nothing of what the disk says is trusted: a table whose sums are wrong is not used, and an entry that does not lie on the disk, or
 * overlaps an earlier one or the table itself, is left out.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    PARTITION_SECTOR_BYTES = 512,
    PARTITIONS_MOST = 16,
    PARTITIONS_PRIMARY = 4, /* of a boot record */
    /* How much of the disk's beginning, or end, must be at hand: a header, and 128 entries of 128 bytes; more are not looked at. */
    PARTITION_WINDOW_SECTORS = 64,
};

/* In sectors; without any: it is not there. */
struct partition {
    uint64_t first, count;
};

/* Partition n of the disk is at n - 1. */
struct partitions {
    struct partition at[PARTITIONS_MOST];
    struct partition extended; /* what holds the logical ones */
    /* Sectors with their records: those that were read, and behind them the one that is to be read next. */
    uint64_t records[PARTITIONS_MOST - PARTITIONS_PRIMARY];
    unsigned record_count;  /* that were read */
    unsigned logical_count; /* of the entries in them, also those left out */
};

/* A part of the disk that has been read. */
struct partition_window {
    const uint8_t *bytes;
    uint64_t first, count; /* in sectors */
};

enum partitions_result {
    PARTITIONS_OK,
    PARTITIONS_SEE_END,    /* the table at the beginning is damaged: look at the copy at the end */
    PARTITIONS_SEE_RECORD, /* there is more: look at the sector `records[record_count]` */
    PARTITIONS_NONE        /* there is no table, or none that is whole */
};

/* Reads the table at the disk's beginning: `start` begins with sector 0. */
enum partitions_result partitions_read(const struct partition_window *start, uint64_t disk_sectors,
                                       struct partitions *partitions);

/* Reads the record that is next: `window` holds its sector. PARTITIONS_OK or PARTITIONS_SEE_RECORD. */
enum partitions_result partitions_read_record(const struct partition_window *window, struct partitions *partitions);

/* Reads the copy at the disk's end: `end` ends with its last sector. */
enum partitions_result partitions_read_copy(const struct partition_window *end, uint64_t disk_sectors,
                                            struct partitions *partitions);
