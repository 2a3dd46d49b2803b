/*
 * The file system of the file server, at /data: inodes, names and attributes of its files, as far as they are known here.
 *
 * The personality is the server's only client, so what it has learnt stays true: names that were looked up are kept in
 * their directories (also that there is no such name), attributes in their inodes. Contents are the business of pages.h, changes
 * of changes.h.
 *
 * Calls wait as all calls do: a function gives CALL_WAITS, which the call passes on, and is called again later, when what is known here is
 * looked at again.
 */
#pragma once

#include "personality/linux/file/inode.h"
#include "personality/linux/support/list.h"
#include "protocols/file.h"

struct disk_request;

/* What an inode of the server has beside others. */
struct disk_file {
    struct inode *inode;
    struct file_handle handle;
    struct list in_bucket;                   /* of all known inodes */
    struct list in_changed;                  /* of those with pages that are not certain (pages.c) */
    uint32_t dirty, writing, uncommitted[2]; /* pages; the latter by the colour of the commit */
    uint64_t expected_page;                  /* where a reader who goes on would read next */
    int64_t error, write_error;              /* of reading and looking up, and of writing: to be told once */
    bool was_wrong;                          /* a page came back different, and was asked for again */
    bool size_is_asked;                      /* the server was asked to change the size, and has not answered */
    bool is_gone;                            /* has lost its last name */
    bool is_stale;                           /* the server knows no file with this handle: its name is asked for anew */
    bool is_asked_for;                       /* a link's text is on its way */
    bool is_mapped_writable;                 /* programs may have changed it through memory */
};

/* Makes the root directory, if there is a file server: null otherwise, or without memory. */
struct inode *disk_start(void);
bool disk_is_there(void); /* there is a server, and it has a disk as far as is known */

/* The inode behind a name, with a reference, or null if there is none. 0, an error, or CALL_WAITS. */
int64_t disk_lookup(struct inode *directory, const char *name, size_t length, struct inode **inode);

/* Sees to it that a link's text is there. 0, an error, or CALL_WAITS. */
int64_t disk_read_link(struct inode *link);

/* Waits for what a channel tells of: CALL_WAITS, or -ERESTART. Signals interrupt only what takes long. */
int64_t disk_wait(const void *channel);

/* The server has started again: names that nobody uses are asked for anew. An earlier one may have been wrong about them when it ended. */
void disk_names_forget(void);

/* The server has answered that it knows none of these, which may be null, or that one has another name. */
void disk_handles_are_stale(struct inode *const *inodes, unsigned count);

/* What programs have changed through memory is to be certain now, of all files (pages.h). */
void disk_mapped_changed(void);

/* Whether an inode is kept though nobody refers to it: it has names, and pages that are not certain. */
bool disk_inode_is_needed(const struct inode *inode);

/* The last reference to an inode of the server is gone, and it is not needed. */
void disk_inode_forget(struct inode *inode);

int64_t disk_error(uint32_t result); /* a FILE_ result as an error of Linux; 0 for FILE_OK */
