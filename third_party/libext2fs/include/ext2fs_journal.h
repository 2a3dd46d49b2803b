/*
 * The journal (jbd2) of a file system that libext2fs has open: replaying what a crash left in it, and writing transactions
 * to it, which libext2fs itself does not do.
 *
 * A transaction is a set of blocks, each with what is to be in it. It counts as a whole from the moment fs_journal_write
 * returns, and, if there is a crash, as a whole or not at all. The blocks themselves must not be written to their places
 * before that; afterwards they may, in any order. When all of them are there, fs_journal_empty makes the log free again.
 *
 *      ext2fs_open ─► ext2fs_run_ext3_journal, if it needs recovery ─► fs_journal_open ─► fs_journal_write ... ─► fs_journal_close
 *                                                                                      ▲         │ no room
 *                                                                                      └─ fs_journal_empty
 *
 * All functions return 0 or an error of libext2fs.
 */
#pragma once

#include <ext2fs/ext2fs.h>
#include <stddef.h>

struct fs_journal;

struct fs_journal_block {
    blk64_t number;   /* of the file system */
    const void *data; /* a block; it must not change while it is written */
};

/* Writes the committed transactions of the log to their places and empties it. Opens the file system anew, because what the
   library knows of it may be out of date, also when it fails: then *fs may be null. */
errcode_t ext2fs_run_ext3_journal(ext2_filsys *fs);

/* Opens the log, which must be empty. `log` is the channel that it is written through: write_blk64 may be early or late, but
   after its flush all is on the disk. The channel stays the caller's. The superblock of `fs` is marked as needing recovery: it
   must be on the disk before the first transaction. */
errcode_t fs_journal_open(ext2_filsys fs, io_channel log, struct fs_journal **opened);

/* Blocks of the log that are free, and that a transaction of so many blocks and revocations takes. */
size_t fs_journal_room(const struct fs_journal *journal);
size_t fs_journal_room_for(const struct fs_journal *journal, size_t block_count, size_t revoked_count);

/* Writes a transaction. Revoked are blocks that an earlier transaction since the log was empty may hold and that must not be
   replayed from there, because they have been freed and may hold something else by now; those among `blocks` are replayed.
   ENOSPC: nothing was written; empty the log, or, if the transaction is larger than the log, split it.
   After any other error the transaction may or may not count: the log is of no use until it is opened again. */
errcode_t fs_journal_write(struct fs_journal *journal, const struct fs_journal_block *blocks, size_t block_count,
                           const blk64_t *revoked, size_t revoked_count);

/* Makes the log empty. All blocks of all transactions are at their places, on the disk. */
errcode_t fs_journal_empty(struct fs_journal *journal);

/* Empties and closes the log (see there). The superblock is marked as not needing recovery; the caller writes it. */
errcode_t fs_journal_close(struct fs_journal *journal);

/* Closes the log and leaves the disk as it is, as a crash would. */
void fs_journal_abandon(struct fs_journal *journal);
