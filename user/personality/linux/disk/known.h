/* What disk.c knows of files, for what changes them (changes.c). */
#pragma once

#include "personality/linux/disk/disk.h"
#include "personality/linux/support/clock.h"

/* 0 once the server has told of its file system; its error; or CALL_WAITS. */
int64_t disk_wait_until_attached(void);

/* The inode that a request on a name is answered with, of one type unless it is 0; or null and an error. */
struct inode *disk_inode_answered(const struct disk_request *request, const struct file_answer *answer, uint32_t type,
                                  int64_t *error);

static inline struct linux_timespec disk_timespec(int64_t ns)
{
    return timespec_from_ns(ns < 0 ? 0 : (uint64_t)ns);
}
