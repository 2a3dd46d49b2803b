/*
 * Metadata of the file system in memory: whole blocks, in the server's buffer, from which the disk reads them and to which it writes.
 *
 * What is written stays here until it is in the log: the disk's own copy is that of before. A block is one of
 *
 *   clean ──write──► dirty ──its transaction is in the log──► logged ──home──► clean
 *     └─ gives way to others      ▲────────────write────────────┘
 */
#pragma once

#include <ext2fs/ext2fs.h>
#include <ext2fs_journal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { CACHE_BLOCK_BYTES = 4096 };

/* How libext2fs reaches the disk: a channel over the cache. */
extern struct struct_io_manager cache_manager;

/*
 * Uses a part of the server's buffer. While `is_through`, what is written goes to the disk at once, until the disk fails: then nothing is
 * written any more, and each write and flush returns an error.
 */
void cache_start(size_t offset, size_t bytes);
void cache_set_through(bool is_through);
/* Forgets all blocks; none is dirty or logged. */
void cache_drop(void);

/* A whole block. */
errcode_t cache_read(blk64_t number, void *data);
errcode_t cache_write(blk64_t number, const void *data);

/* The block is free: what is to be in it does not matter any more. True: it is in the log, which must not bring it back. */
bool cache_forget(blk64_t number);

size_t cache_size(void);        /* in blocks */
size_t cache_dirty_count(void); /* of these, dirty ones */
size_t cache_logged_count(void);
bool cache_is_dirty(blk64_t number);

/* Fills in the dirty blocks, of which there are cache_dirty_count(). */
void cache_list_dirty(struct fs_journal_block *blocks);
/* They are in the log now. */
void cache_set_logged(void);
/* Writes the logged blocks to their places, and waits for it. None is dirty. */
errcode_t cache_write_home(void);
