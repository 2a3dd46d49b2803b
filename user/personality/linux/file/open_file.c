#include "personality/linux/file/open_file.h"

#include "lib/string.h"
#include "personality/linux/abi/errno.h"
#include "personality/linux/disk/changes.h"
#include "personality/linux/disk/pages.h"
#include "personality/linux/file/epoll.h"
#include "personality/linux/file/pipe.h"
#include "personality/linux/memory/user_memory.h"
#include "personality/linux/process/process.h"
#include "personality/linux/support/frame.h"
#include "personality/linux/support/heap.h"
#include "personality/linux/support/text.h"
#include "personality/linux/tty/tty.h"

int64_t user_buffer_put(struct user_buffer *buffer, const void *bytes, size_t count)
{
    int64_t error = user_write(buffer->space, buffer->address, bytes, count);
    buffer->address += count;
    buffer->length -= count;
    return error;
}

int64_t user_buffer_take(struct user_buffer *buffer, void *bytes, size_t count)
{
    int64_t error = user_read(buffer->space, bytes, buffer->address, count);
    buffer->address += count;
    buffer->length -= count;
    return error;
}

struct open_file *open_file_create(struct inode *inode, uint32_t flags, const struct file_operations *operations)
{
    struct open_file *file = heap_allocate(sizeof *file);
    if (!file)
        return NULL;
    file->references = 1;
    file->flags = flags & ~(uint32_t)(O_CREAT | O_EXCL | O_NOCTTY | O_TRUNC | O_CLOEXEC);
    file->inode = inode;
    file->operations = operations;
    list_initialise(&file->watchers);
    inode_reference(inode);
    return file;
}

struct open_file *open_file_create_alone(uint32_t mode, uint32_t flags, const struct file_operations *operations,
                                         void *data)
{
    struct inode *inode = inode_create(mode);
    struct open_file *file = inode ? open_file_create(inode, flags, operations) : NULL;
    if (file)
        file->data = data;
    if (inode)
        inode_release(inode);
    return file;
}

void open_file_reference(struct open_file *file)
{
    file->references++;
}

void open_file_release(struct open_file *file)
{
    if (--file->references)
        return;
    epoll_forget_file(file);
    if (file->operations->close)
        file->operations->close(file);
    inode_release(file->inode);
    heap_free(file);
}

unsigned open_file_poll(struct open_file *file)
{
    return file->operations->poll ? file->operations->poll(file) : POLL_READABLE | POLL_WRITABLE;
}

/* Regular files */

/* A read or write of a file of the file server does no more at once: all its pages are there at the same time. */
#define DISK_TRANSFER_MOST (1ul << 20)

static int64_t regular_read(struct thread *thread, struct open_file *file, struct user_buffer *buffer)
{
    (void)thread;
    struct inode *inode = file->inode;
    int64_t done = 0;
    if (inode->disk) {
        buffer->length = buffer->length < DISK_TRANSFER_MOST ? buffer->length : DISK_TRANSFER_MOST;
        int64_t error = disk_pages_want(inode, file->position, buffer->length);
        if (error)
            return error;
    }
    while (buffer->length && file->position < inode->size) {
        size_t piece = buffer->length;
        int64_t error;
        void *to = user_piece(buffer->space, buffer->address, &piece, ACCESS_WRITE, &error);
        if (!to)
            return done ? done : error;
        int64_t count = inode_read(inode, file->position, to, piece);
        if (count <= 0)
            break;
        buffer->address += (uint64_t)count;
        buffer->length -= (size_t)count;
        file->position += (uint64_t)count;
        done += count;
    }
    return done;
}

static int64_t regular_write(struct thread *thread, struct open_file *file, struct user_buffer *buffer)
{
    (void)thread;
    int64_t done = 0;
    if (file->flags & O_APPEND)
        file->position = file->inode->size;
    if (file->inode->disk && buffer->length) {
        buffer->length = buffer->length < DISK_TRANSFER_MOST ? buffer->length : DISK_TRANSFER_MOST;
        /* What is not overwritten after all, because the program's bytes end before, must be read first. */
        int64_t error;
        buffer->length = user_readable_bytes(buffer->space, buffer->address, buffer->length, &error);
        if (!buffer->length)
            return error;
        error = disk_wait_for_size(file->inode);
        if (!error)
            error = disk_pages_prepare_write(file->inode, file->position, buffer->length);
        if (error)
            return error;
    }
    while (buffer->length) {
        size_t piece = buffer->length;
        int64_t error;
        const void *from = user_piece(buffer->space, buffer->address, &piece, ACCESS_READ, &error);
        if (!from)
            return done ? done : error;
        int64_t count = inode_write(file->inode, file->position, from, piece);
        if (count == -ENOSPC && !done && file->inode->disk)
            return disk_pages_wait_for_memory();
        if (count < 0)
            return done ? done : count;
        buffer->address += (uint64_t)count;
        buffer->length -= (size_t)count;
        file->position += (uint64_t)count;
        done += count;
        if ((size_t)count < piece)
            break;
    }
    return done;
}

const struct file_operations regular_file_operations = {.read = regular_read, .write = regular_write};

const struct file_operations directory_operations = {0};

/* Pseudo files: their contents are made when they are opened and stay the same until they are closed. */

struct pseudo_contents {
    uint32_t frame; /* that all of this lies in */
    uint32_t length;
    char bytes[PAGE_SIZE - 2 * sizeof(uint32_t)];
};

static int64_t pseudo_read(struct thread *thread, struct open_file *file, struct user_buffer *buffer)
{
    const struct pseudo_contents *contents = file->data;
    (void)thread;
    if (file->position >= contents->length)
        return 0;
    size_t left = (size_t)(contents->length - file->position);
    size_t count = left < buffer->length ? left : buffer->length;
    int64_t error = user_buffer_put(buffer, contents->bytes + file->position, count);
    if (error)
        return error;
    file->position += count;
    return (int64_t)count;
}

static void pseudo_close(struct open_file *file)
{
    const struct pseudo_contents *contents = file->data;
    if (contents)
        frame_release(contents->frame);
}

const struct file_operations pseudo_file_operations = {.read = pseudo_read, .close = pseudo_close};

static bool pseudo_generate(struct open_file *file)
{
    uint32_t frame = frame_allocate_zeroed();
    if (!frame)
        return false;
    struct pseudo_contents *contents = file->data = frame_data(frame);
    contents->frame = frame;
    struct text text = {.bytes = contents->bytes, .room = sizeof contents->bytes};
    file->inode->operations->generate(file->inode, &text);
    contents->length = (uint32_t)text.length;
    return true;
}

/* Opening */

static const struct file_operations *kind_operations(const struct inode *inode, uint32_t flags, int64_t *error)
{
    bool writes = (flags & O_ACCMODE) != O_RDONLY;
    *error = 0;
    switch (inode->mode & S_IFMT) {
    case S_IFDIR:
        *error = writes ? -EISDIR : 0;
        return &directory_operations;
    case S_IFREG:
        if (inode->operations && writes)
            *error = -EACCES;
        return inode->operations ? &pseudo_file_operations : &regular_file_operations;
    case S_IFCHR: {
        const struct file_operations *operations = device_operations(inode->device);
        *error = operations ? 0 : -ENXIO;
        return operations;
    }
    default:
        *error = inode_is_link(inode) ? -ELOOP : -ENXIO;
        return NULL;
    }
}

struct open_file *inode_open(struct thread *thread, struct inode *inode, uint32_t flags, int64_t *error)
{
    *error = 0;
    if ((flags & O_DIRECTORY) && !inode_is_directory(inode)) {
        *error = -ENOTDIR;
        return NULL;
    }
    if ((inode->mode & S_IFMT) == S_IFIFO && !(flags & O_PATH))
        return named_pipe_open(thread, inode, flags, error);

    const struct file_operations *operations = &directory_operations;
    if (!(flags & O_PATH))
        operations = kind_operations(inode, flags, error);
    if (!*error && operations == &tty_operations)
        *error = tty_open(thread, inode->device, flags);
    if (*error)
        return NULL;

    struct open_file *file = open_file_create(inode, flags, operations);
    if (file && operations == &pseudo_file_operations && !pseudo_generate(file)) {
        open_file_release(file);
        file = NULL;
    }
    if (!file)
        *error = -ENOMEM;
    else if ((flags & O_TRUNC) && open_file_is_writable(file) && operations == &regular_file_operations)
        *error = inode_set_size(inode, 0);
    return file;
}
