/*
 * Reading a cpio archive in the "newc" format (070701): the files that the system starts with.
 *
 * The archive is not trusted: every size is checked against the end, and a mistake is named.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct cpio_reader {
    const char *archive;
    size_t size;
    size_t offset;       /* of the next header */
    const char *problem; /* null, or what is wrong with the archive at `offset` */
};

struct cpio_entry {
    const char *name; /* terminated, in the archive */
    const char *data;
    uint64_t data_size;
    uint32_t inode, mode, uid, gid, links, modified, device_major, device_minor;
};

/* The next entry; false at the end of the archive or when reader->problem is set. */
bool cpio_next(struct cpio_reader *reader, struct cpio_entry *entry);
