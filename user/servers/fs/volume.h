/*
 * The file system that is served: mounting it, its inodes, and what happens to files without a name.
 *
 * Functions that change something leave it to the running transaction (transaction.h).
 */
#pragma once

#include "protocols/file.h"
#include <ext2fs/ext2fs.h>

enum { VOLUME_BLOCK_BYTES = 4096 };

/* Once it is mounted. */
extern ext2_filsys volume;

/* Replays the journal and mounts. FILE_OK, or FILE_NO_DEVICE: *why says what is wrong. */
enum file_result volume_mount(const char **why);

/* What an error of libext2fs means to a client. */
enum file_result volume_result(errcode_t error);

/* The present date of the request that is worked on. */
void volume_set_time(int64_t ns);

struct inode {
    ext2_ino_t number;
    struct ext2_inode_large raw;
};

/* libext2fs's functions take this part of it. */
static inline struct ext2_inode *inode_small(struct inode *inode)
{
    return (struct ext2_inode *)&inode->raw;
}

/* Reads the inode that a handle, or a directory's entry, names. FILE_STALE: there is no such file (any more). */
enum file_result inode_open(struct file_handle handle, struct inode *inode);
enum file_result inode_read(ext2_ino_t number, struct inode *inode);
enum file_result inode_write(struct inode *inode);

bool inode_is_directory(const struct inode *inode);
bool inode_is_regular(const struct inode *inode);
uint64_t inode_size(const struct inode *inode);
void inode_describe(const struct inode *inode, struct file_attributes *attributes);

enum inode_times { INODE_ATIME = 1, INODE_MTIME = 2, INODE_CTIME = 4 };
/* Sets some times to one. */
void inode_set_times(struct inode *inode, unsigned times, int64_t ns);
/* Sets them to the present date. */
void inode_touch(struct inode *inode, unsigned times);

/* Takes a free inode near to a directory, for a file of this mode; nothing is changed yet. */
enum file_result inode_choose(const struct inode *directory, uint32_t mode, ext2_ino_t *number);
/* Makes a new file in it: one link, no content. */
void inode_make(ext2_ino_t number, const struct file_request *request, uint32_t mode, struct inode *inode);
/* Marks it as taken. */
void inode_take(const struct inode *inode);

/* Frees the blocks of a file from a block on. */
enum file_result inode_cut(struct inode *inode, uint64_t first_block);

/* The file has lost its last name: frees it, or keeps it in the list of such files. */
enum file_result inode_lose(struct inode *inode, bool is_kept);
/* Frees what is kept: one file, if it is kept; or all. */
enum file_result inode_release(struct inode *inode);
enum file_result inode_release_all(void);
