/* What many calls do with their arguments. */
#pragma once

#include "personality/linux/file/directory.h"
#include "personality/linux/file/file_table.h"
#include "personality/linux/memory/user_memory.h"
#include "personality/linux/process/process.h"

/* The directory argument of calls that have none. */
#define WORKING_DIRECTORY ((uint64_t)AT_FDCWD)

/* The open file of a descriptor of the thread's process, or null (the call then gives -EBADF). */
static inline struct open_file *descriptor_file(const struct thread *thread, uint64_t descriptor)
{
    return file_table_get(thread->process->files, (uint32_t)descriptor);
}

static inline struct address_space *memory_of(const struct thread *thread)
{
    return thread->process->space;
}

/*
 * Reads a path argument into a buffer that is valid until the next call of this function, twice at most (old and new
 * name). The directory where a relative path begins comes from an AT_FDCWD or descriptor argument.
 */
int64_t argument_path(struct thread *thread, uint64_t address, const char **path);
int64_t argument_directory(const struct thread *thread, uint64_t descriptor, const char *path, struct inode **start);

/* Walks to a path argument. The result is the caller's to release if 0 is given. */
int64_t argument_walk(struct thread *thread, uint64_t directory, uint64_t address, unsigned flags,
                      struct path_result *result);

/* The existing inode that a path argument (or, with AT_EMPTY_PATH, the descriptor itself) names; null and an error. */
struct inode *argument_inode(struct thread *thread, uint64_t directory, uint64_t address, uint64_t at_flags,
                             int64_t *error);

/* A duration argument as nanoseconds; 0 or a negative error. */
int64_t argument_duration(struct thread *thread, uint64_t address, uint64_t *ns);
