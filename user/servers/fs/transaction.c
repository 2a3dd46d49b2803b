#include "servers/fs/transaction.h"

#include "servers/fs/cache.h"
#include "servers/fs/disk.h"
#include "servers/fs/log_channel.h"
#include <ext2fs_journal.h>
#include <stdlib.h>
#include <string.h>

enum { BITS_PER_BYTE = 8 };
/* A commit flushes twice: before its last block and behind it. */
enum { FLUSHES_DURABLE = 2, FLUSHES_ORDERED = 1 };
/* What an operation changes at most, and what is left for the log's own blocks. */
enum { OPERATION_BLOCKS = 64 };

static ext2_filsys fs;
static struct fs_journal *journal;
static size_t blocks_most; /* of a transaction */
static bool is_broken;
static bool is_last_durable;                  /* all commits so far */
static bool has_freed;                        /* blocks, since the last durable commit */
static bool *changed_blocks, *changed_inodes; /* of each group, its bitmap */
static struct fs_journal_block *list;
static blk64_t *revoked;
static size_t revoked_count, revoked_room;
static char *bitmap;

/* --- what libext2fs tells ------------------------------------------------------------------------------------------- */

static void note_revoked(blk64_t block)
{
    if (revoked_count == revoked_room) {
        size_t room = revoked_room ? 2 * revoked_room : OPERATION_BLOCKS;
        blk64_t *larger = realloc(revoked, room * sizeof *larger);
        if (!larger) {
            is_broken = true;
            return;
        }
        revoked = larger;
        revoked_room = room;
    }
    revoked[revoked_count++] = block;
}

static void note_block(ext2_filsys of, blk64_t block, int in_use)
{
    changed_blocks[ext2fs_group_of_blk2(of, block)] = true;
    if (in_use > 0)
        return;
    has_freed = true;
    if (cache_forget(block))
        note_revoked(block);
}

/* Blocks are taken and freed one by one: what libext2fs says of a range, after the fact, names none of its blocks. */
static void note_range(ext2_filsys of, blk64_t first, blk_t count, int in_use)
{
    (void)of, (void)first, (void)count, (void)in_use;
    abort();
}

void transaction_note_inode(ext2_ino_t inode)
{
    changed_inodes[ext2fs_group_of_ino(fs, inode)] = true;
}

/* --- bitmaps, descriptors, superblock ------------------------------------------------------------------------------- */

static errcode_t write_block_bitmap(dgrp_t group)
{
    unsigned bytes = EXT2_CLUSTERS_PER_GROUP(fs->super) / BITS_PER_BYTE;
    memset(bitmap, 0xff, fs->blocksize);
    errcode_t error = ext2fs_get_block_bitmap_range2(
        fs->block_map, fs->super->s_first_data_block + (blk64_t)group * bytes * BITS_PER_BYTE, bytes * BITS_PER_BYTE,
        bitmap);
    if (error)
        return error;
    /* Behind the end of the file system there is nothing to be had. */
    if (group == fs->group_desc_count - 1) {
        unsigned count = (unsigned)((ext2fs_blocks_count(fs->super) - fs->super->s_first_data_block) %
                                    EXT2_BLOCKS_PER_GROUP(fs->super));
        for (unsigned bit = count; count && bit < fs->blocksize * BITS_PER_BYTE; bit++)
            ext2fs_set_bit(bit, bitmap);
    }
    ext2fs_block_bitmap_csum_set(fs, group, bitmap, (int)bytes);
    ext2fs_group_desc_csum_set(fs, group);
    return cache_write(ext2fs_block_bitmap_loc(fs, group), bitmap);
}

static errcode_t write_inode_bitmap(dgrp_t group)
{
    unsigned bytes = (EXT2_INODES_PER_GROUP(fs->super) + BITS_PER_BYTE - 1) / BITS_PER_BYTE;
    memset(bitmap, 0xff, fs->blocksize);
    errcode_t error = ext2fs_get_inode_bitmap_range2(fs->inode_map, (__u64)group * bytes * BITS_PER_BYTE + 1,
                                                     bytes * BITS_PER_BYTE, bitmap);
    if (error)
        return error;
    ext2fs_inode_bitmap_csum_set(fs, group, bitmap, (int)bytes);
    ext2fs_group_desc_csum_set(fs, group);
    return cache_write(ext2fs_inode_bitmap_loc(fs, group), bitmap);
}

static errcode_t write_bitmaps(void)
{
    errcode_t error = 0;
    for (dgrp_t group = 0; group < fs->group_desc_count && !error; group++) {
        if (changed_blocks[group])
            error = write_block_bitmap(group);
        if (!error && changed_inodes[group])
            error = write_inode_bitmap(group);
        changed_blocks[group] = changed_inodes[group] = false;
    }
    return error;
}

static errcode_t write_descriptors(void)
{
    errcode_t error = 0;
    for (unsigned i = 0; i < fs->desc_blocks && !error; i++)
        error = cache_write(ext2fs_descriptor_block_loc2(fs, fs->super->s_first_data_block, i),
                            (const char *)fs->group_desc + (size_t)i * fs->blocksize);
    return error;
}

static errcode_t write_superblock(void)
{
    errcode_t error = ext2fs_superblock_csum_set(fs, fs->super);
    return error ? error : io_channel_write_byte(fs->io, SUPERBLOCK_OFFSET, SUPERBLOCK_SIZE, fs->super);
}

/* --- commit --------------------------------------------------------------------------------------------------------- */

/* Everything that is in the log goes to its place, and the log is empty again. */
static errcode_t empty_log(void)
{
    errcode_t error = 0;
    if (!is_last_durable && disk_flush() != DISK_OK)
        return EXT2_ET_SHORT_WRITE;
    is_last_durable = true;
    has_freed = false;
    error = cache_write_home();
    if (!error && disk_flush() != DISK_OK)
        error = EXT2_ET_SHORT_WRITE;
    if (error)
        return error;
    log_channel_flush_next(1);
    return fs_journal_empty(journal);
}

/* Blocks that have come into use again as metadata are to be replayed. */
static void drop_reused(void)
{
    size_t kept = 0;
    for (size_t i = 0; i < revoked_count; i++) {
        if (!cache_is_dirty(revoked[i]))
            revoked[kept++] = revoked[i];
    }
    revoked_count = kept;
}

static errcode_t write_transaction(bool is_durable)
{
    size_t count = cache_dirty_count();
    drop_reused();
    cache_list_dirty(list);
    log_channel_flush_next(is_durable ? FLUSHES_DURABLE : FLUSHES_ORDERED);
    errcode_t error = fs_journal_write(journal, list, count, revoked, revoked_count);
    if (error)
        return error;
    cache_set_logged();
    revoked_count = 0;
    is_last_durable = is_durable;
    has_freed = has_freed && !is_durable;
    /* There must be room for any transaction to come. */
    if (fs_journal_room(journal) < fs_journal_room_for(journal, blocks_most, 2 * cache_size()) ||
        cache_logged_count() > cache_size() / 4)
        return empty_log();
    return 0;
}

static errcode_t commit(bool is_durable)
{
    disk_wait();
    if (is_broken)
        return EXT2_ET_RO_FILSYS;
    errcode_t error = write_bitmaps();
    if (!error)
        error = write_descriptors();
    if (!error)
        error = write_superblock();
    if (error)
        return error;
    if (cache_dirty_count())
        return write_transaction(is_durable);
    /* Content that was written in place, and earlier commits. */
    if (is_durable && disk_flush() != DISK_OK)
        return EXT2_ET_SHORT_WRITE;
    is_last_durable = is_last_durable || is_durable;
    has_freed = has_freed && !is_durable;
    return 0;
}

errcode_t transaction_commit(bool is_durable)
{
    errcode_t error = commit(is_durable);
    if (error)
        is_broken = true;
    return error;
}

void transaction_break(void)
{
    is_broken = true;
}

bool transaction_is_large(void)
{
    /* To cut one file may change the bitmaps of all groups. */
    return cache_dirty_count() + 2 * (size_t)fs->group_desc_count + fs->desc_blocks + OPERATION_BLOCKS > blocks_most ||
           revoked_count > cache_size();
}

errcode_t transaction_free_for_content(void)
{
    return has_freed ? transaction_commit(true) : 0;
}

errcode_t transaction_start(ext2_filsys opened, io_channel log)
{
    fs = opened;
    changed_blocks = calloc(fs->group_desc_count, sizeof *changed_blocks);
    changed_inodes = calloc(fs->group_desc_count, sizeof *changed_inodes);
    list = calloc(cache_size(), sizeof *list);
    bitmap = malloc(fs->blocksize);
    if (!changed_blocks || !changed_inodes || !list || !bitmap)
        return EXT2_ET_NO_MEMORY;
    log_channel_flush_next(1);
    errcode_t error = fs_journal_open(fs, log, &journal);
    if (error)
        return error;
    /* A transaction takes at most half of the log, and half of the cache. */
    blocks_most = fs_journal_room(journal) / 2;
    if (blocks_most > cache_size() / 2)
        blocks_most = cache_size() / 2;
    if (blocks_most < 2 * OPERATION_BLOCKS + 2 * (size_t)fs->group_desc_count + fs->desc_blocks ||
        fs_journal_room(journal) < fs_journal_room_for(journal, blocks_most, 2 * cache_size()))
        return EXT2_ET_JOURNAL_TOO_SMALL;
    ext2fs_set_block_alloc_stats_callback(fs, note_block, NULL);
    ext2fs_set_block_alloc_stats_range_callback(fs, note_range, NULL);
    /* That the journal needs recovery is on the disk before anything is in it. */
    error = write_superblock();
    if (!error)
        error = io_channel_flush(fs->io);
    cache_set_through(false);
    is_last_durable = true;
    return error;
}
