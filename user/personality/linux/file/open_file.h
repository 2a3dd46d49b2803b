/*
 * Open files: what a descriptor stands for. Descriptors of several processes may stand for the same one, with one
 * position and one set of flags. What can be done with it depends on its kind (a table of functions).
 */
#pragma once

#include "personality/linux/file/inode.h"

struct address_space;
struct open_file;
struct thread;

/* A piece of a program's memory that is read into or written from. */
struct user_buffer {
    struct address_space *space;
    uint64_t address;
    size_t length;
};

/* Gives and takes bytes of the personality's; 0 or a negative error. The piece given or taken leaves the buffer. */
int64_t user_buffer_put(struct user_buffer *buffer, const void *bytes, size_t count);
int64_t user_buffer_take(struct user_buffer *buffer, void *bytes, size_t count);

/* Any member may be null: the call then gives the usual error. Reads and writes give bytes, an error, or CALL_WAITS. */
struct file_operations {
    int64_t (*read)(struct thread *thread, struct open_file *file, struct user_buffer *buffer);
    int64_t (*write)(struct thread *thread, struct open_file *file, struct user_buffer *buffer);
    unsigned (*poll)(struct open_file *file); /* POLL bits that hold now; null: always readable and writable */
    const void *(*channel)(const struct open_file *file); /* that is woken when they may have changed; null: never */
    int64_t (*control)(struct thread *thread, struct open_file *file, uint64_t request, uint64_t argument);
    void (*close)(struct open_file *file); /* the last descriptor is gone */
};

struct open_file {
    unsigned references;
    uint32_t flags; /* O_ */
    uint64_t position;
    struct inode *inode; /* counted; never null */
    const struct file_operations *operations;
    void *data;           /* of the kind: a pipe, generated contents */
    struct list watchers; /* items of epolls, by their in_file */
};

/* Makes an open file for an inode (a reference to it is taken); null when memory is exhausted. */
struct open_file *open_file_create(struct inode *inode, uint32_t flags, const struct file_operations *operations);
/* The same for a file of a kind that has no place in a file system: it gets an inode of its own. */
struct open_file *open_file_create_alone(uint32_t mode, uint32_t flags, const struct file_operations *operations,
                                         void *data);
void open_file_reference(struct open_file *file);
void open_file_release(struct open_file *file);

/* The POLL bits that hold now. */
unsigned open_file_poll(struct open_file *file);

/* Opens an inode of any kind; null and an error, or CALL_WAITS as the error for a named pipe without a partner. */
struct open_file *inode_open(struct thread *thread, struct inode *inode, uint32_t flags, int64_t *error);

static inline bool open_file_is_readable(const struct open_file *file)
{
    return (file->flags & O_ACCMODE) != O_WRONLY && !(file->flags & O_PATH);
}
static inline bool open_file_is_writable(const struct open_file *file)
{
    return (file->flags & O_ACCMODE) != O_RDONLY && !(file->flags & O_PATH);
}

/* The kinds */
extern const struct file_operations regular_file_operations, directory_operations, pseudo_file_operations;
const struct file_operations *device_operations(uint64_t device); /* null: no such device */
