/*
 * The running transaction: all that operations change, from one commit to the next. It is in the journal as a whole or not at all.
 *
 * libext2fs keeps bitmaps, descriptors and the superblock to itself; what it has changed of them joins the transaction at its commit.
 */
#pragma once

#include <ext2fs/ext2fs.h>
#include <stdbool.h>

/* Begins, for a file system that is open and whose journal is empty. */
errcode_t transaction_start(ext2_filsys fs, io_channel log);

/*
 * Ends the transaction and begins the next. First all writes of files' content that are under way come to their end. With `is_durable` all is on
 * the disk for good afterwards; otherwise a power cut may still lose the transaction, and all after it.
 * An error: nothing of it counts, and nothing more can be written.
 */
errcode_t transaction_commit(bool is_durable);

/* What has changed is not what was to be: commits fail from now on, and nothing of the transaction counts. */
void transaction_break(void);

/* Whether it is time to commit, lest it become larger than the log or the cache can take. Asked between operations. */
bool transaction_is_large(void);

/* Blocks that were freed may still be in use by files as they are on the disk: makes them free for content. */
errcode_t transaction_free_for_content(void);

/* Marks what libext2fs does not tell by itself: the inode's group. */
void transaction_note_inode(ext2_ino_t inode);
