/*
 * The file system of the file server, at /data: inodes, names and attributes of its files, as far as they are known here.
 *
 * The personality is the server's only client, so what it has learnt stays true: names that were looked up are kept in
 * their directories (also that there is no such name), attributes in their inodes. Changes are answered by the server before a
 * call ends. Contents are the business of pages.h.
 *
 * Calls wait as all calls do: a function gives CALL_WAITS, which the call passes on, and is called again later. What only fills
 * what is known here is looked at again then; a change is begun once and belongs to its thread (struct disk_call):
 * the call asks for its result first thing when it is made again.
 */
#pragma once

#include "personality/linux/file/inode.h"
#include "personality/linux/process/process.h"
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
    bool is_asked_for;                       /* a link's text is on its way */
    bool is_mapped_writable;                 /* programs may have changed it through memory */
};

/* A change that a thread waits for. */
struct disk_call {
    struct disk_request *request; /* null: answered */
    int64_t result;
    struct inode *inode; /* that was made; counted */
    struct file_statistics statistics;
    uint32_t list_frame, list_bytes; /* entries of a directory */
};

/* Makes the root directory, if there is a file server: null otherwise, or without memory. */
struct inode *disk_start(void);
bool disk_is_there(void); /* there is a server, and it has a disk as far as is known */

/* The inode behind a name, with a reference, or null if there is none. 0, an error, or CALL_WAITS. */
int64_t disk_lookup(struct inode *directory, const char *name, size_t length, struct inode **inode);

/* Sees to it that a link's text is there. 0, an error, or CALL_WAITS. */
int64_t disk_read_link(struct inode *link);

/* The result of the change that the thread has begun; CALL_WAITS as long as there is none. `*inode` may be null. */
int64_t disk_call_result(struct thread *thread, struct inode **inode);
void disk_call_forget(struct thread *thread); /* the thread ends, or makes another call */

/* Whether the thread has begun a change and not taken its result. */
static inline bool disk_call_is_begun(const struct thread *thread)
{
    return thread->disk_call != NULL;
}

static inline bool disk_call_is_done(const struct disk_call *call)
{
    return !call->request;
}

/* Changes: each gives an error or CALL_WAITS, and the thread has a struct disk_call in the latter case. */
int64_t disk_make(struct thread *thread, struct inode *directory, const char *name, size_t length, uint32_t mode,
                  uint64_t device, const char *link_text);
int64_t disk_link(struct thread *thread, struct inode *directory, const char *name, size_t length, struct inode *file);
int64_t disk_unlink(struct thread *thread, struct inode *directory, const char *name, size_t length,
                    struct inode *file);
int64_t disk_rename(struct thread *thread, struct inode *from, const char *old_name, size_t old_length,
                    struct inode *file, struct inode *to, const char *new_name, size_t new_length, bool no_replace);
int64_t disk_set(struct thread *thread, struct inode *inode, const struct file_request *wish); /* its set and values */
int64_t disk_list(struct thread *thread, struct inode *directory, uint64_t cookie);
int64_t disk_statistics(struct thread *thread);

/* The size changes when the server has answered; until then nothing of the content is asked for or sent. */
int64_t disk_set_size(struct thread *thread, struct inode *file, uint64_t size);
int64_t disk_wait_for_size(const struct inode *file); /* 0 if no change of the size is on its way, or CALL_WAITS */

/* Waits for what a channel tells of: CALL_WAITS, or -ERESTART. Signals interrupt only what takes long. */
int64_t disk_wait(const void *channel);

/* The server has started again: names that nobody uses are asked for anew. An earlier one may have been wrong about them when it ended. */
void disk_names_forget(void);

/* The last reference to an inode of the server is gone. */
void disk_inode_forget(struct inode *inode);

int64_t disk_error(uint32_t result); /* a FILE_ result as an error of Linux; 0 for FILE_OK */
