/*
 * Changes of the file system of the file server, and questions whose answers are not kept: the server answers before a call ends.
 *
 * Each is begun once and belongs to its thread (struct disk_call): a call that waits passes CALL_WAITS on, and asks for the result first
 * thing when it is made again.
 */
#pragma once

#include "personality/linux/disk/disk.h"
#include "personality/linux/process/process.h"

/* A change that a thread waits for. */
struct disk_call {
    struct disk_request *request; /* null: answered */
    int64_t result;
    struct inode *inode; /* that was made; counted */
    struct file_statistics statistics;
    uint32_t list_frame, list_bytes; /* entries of a directory */
};

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
