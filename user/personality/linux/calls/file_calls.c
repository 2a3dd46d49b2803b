/* Calls on descriptors: opening, reading, writing, and what they stand for. */

#include "personality/linux/abi/errno.h"
#include "personality/linux/abi/tty.h"
#include "personality/linux/calls/arguments.h"
#include "personality/linux/calls/table.h"
#include "personality/linux/disk/changes.h"
#include "personality/linux/disk/pages.h"
#include "personality/linux/file/pipe.h"
#include "personality/linux/net/socket.h"

enum { TRANSFER_LIMIT = 0x7ffff000 };

static int64_t make_and_walk(struct thread *thread, const uint64_t *a, uint32_t flags, struct inode **inode)
{
    struct path_result place;
    unsigned follow = (flags & O_NOFOLLOW) || (flags & (O_CREAT | O_EXCL)) == (O_CREAT | O_EXCL) ? 0 : PATH_FOLLOW;
    int64_t error = argument_walk(thread, a[0], a[1], follow, &place);
    if (error)
        return error;
    *inode = place.inode;
    if (place.inode && (flags & (O_CREAT | O_EXCL)) == (O_CREAT | O_EXCL)) {
        error = -EEXIST;
    } else if (place.inode) {
        inode_reference(place.inode);
    } else if (!(flags & O_CREAT)) {
        error = -ENOENT;
    } else if (place.must_be_directory) {
        error = -EISDIR;
    } else {
        uint32_t mode = S_IFREG | ((uint32_t)a[3] & 07777 & ~thread->process->umask);
        if (place.parent->disk)
            error = disk_make(thread, place.parent, place.name, place.name_length, mode, 0, NULL);
        else
            *inode = directory_make(place.parent, place.name, place.name_length, mode, &error);
    }
    path_result_release(&place);
    return error;
}

static struct open_file *open_path(struct thread *thread, const uint64_t *a, int64_t *error)
{
    struct inode *inode = NULL;
    uint32_t flags = (uint32_t)a[2];
    *error = 0;
    if (thread->opening)
        return named_pipe_open_more(thread, error);
    /* What the disk was asked for: to make the file, or to cut it, in which case it is opened now. */
    if (disk_call_is_begun(thread))
        *error = disk_call_result(thread, &inode);
    if (!*error && !inode)
        *error = make_and_walk(thread, a, flags, &inode);
    if (*error)
        return NULL;
    bool is_cut = (flags & O_TRUNC) && (flags & O_ACCMODE) != O_RDONLY && !(flags & O_PATH);
    if (inode->disk && inode_is_regular(inode) && is_cut && inode->size) {
        *error = disk_set_size(thread, inode, 0);
        inode_release(inode);
        return NULL;
    }
    struct open_file *file = inode_open(thread, inode, (uint32_t)a[2], error);
    inode_release(inode);
    return file;
}

int64_t call_openat(struct thread *thread, const uint64_t *a)
{
    int64_t error;
    struct open_file *file = open_path(thread, a, &error);
    if (!file)
        return error;
    int64_t descriptor = file_table_add(thread->process->files, file, 0, a[2] & O_CLOEXEC);
    if (descriptor < 0)
        open_file_release(file);
    return descriptor;
}

int64_t call_open(struct thread *thread, const uint64_t *a)
{
    return call_openat(thread, (uint64_t[]){WORKING_DIRECTORY, a[0], a[1], a[2]});
}

int64_t call_creat(struct thread *thread, const uint64_t *a)
{
    return call_openat(thread, (uint64_t[]){WORKING_DIRECTORY, a[0], O_CREAT | O_WRONLY | O_TRUNC, a[1]});
}

int64_t call_close(struct thread *thread, const uint64_t *a)
{
    return file_table_close(thread->process->files, (uint32_t)a[0]);
}

int64_t call_close_range(struct thread *thread, const uint64_t *a)
{
    enum { CLOSE_ON_EXECUTE = 4 };
    if (a[0] > a[1] || (a[2] & ~(uint64_t)CLOSE_ON_EXECUTE))
        return -EINVAL;
    for (uint64_t i = a[0]; i <= a[1] && i < DESCRIPTOR_LIMIT; i++) {
        if (!(a[2] & CLOSE_ON_EXECUTE))
            file_table_close(thread->process->files, i);
        else if (file_table_get(thread->process->files, i))
            file_table_set_close_on_execute(thread->process->files, i, true);
    }
    return 0;
}

/* Reading and writing */

static int64_t transfer(struct thread *thread, struct open_file *file, uint64_t address, uint64_t length, bool writes)
{
    if (!file || (writes ? !open_file_is_writable(file) : !open_file_is_readable(file)))
        return -EBADF;
    if (inode_is_directory(file->inode))
        return -EISDIR;
    if (!(writes ? file->operations->write : file->operations->read))
        return -EINVAL;
    struct user_buffer buffer = {memory_of(thread), address, length < TRANSFER_LIMIT ? length : TRANSFER_LIMIT};
    return writes ? file->operations->write(thread, file, &buffer) : file->operations->read(thread, file, &buffer);
}

int64_t call_read(struct thread *thread, const uint64_t *a)
{
    return transfer(thread, descriptor_file(thread, a[0]), a[1], a[2], false);
}

int64_t call_write(struct thread *thread, const uint64_t *a)
{
    return transfer(thread, descriptor_file(thread, a[0]), a[1], a[2], true);
}

static int64_t transfer_at(struct thread *thread, const uint64_t *a, bool writes)
{
    struct open_file *file = descriptor_file(thread, a[0]);
    if (!file)
        return -EBADF;
    if (!inode_is_regular(file->inode))
        return -ESPIPE;
    if ((int64_t)a[3] < 0)
        return -EINVAL;
    uint64_t position = file->position;
    file->position = a[3];
    int64_t result = transfer(thread, file, a[1], a[2], writes);
    file->position = position;
    return result;
}

int64_t call_pread64(struct thread *thread, const uint64_t *a)
{
    return transfer_at(thread, a, false);
}

int64_t call_pwrite64(struct thread *thread, const uint64_t *a)
{
    return transfer_at(thread, a, true);
}

/*
 * Each piece is a read or write of its own. The first that waits or gives less ends the call; so a call that waited has
 * not transferred anything before, except that a write to a pipe or terminal remembers its progress in the first piece.
 */
static int64_t transfer_pieces(struct thread *thread, const uint64_t *a, bool writes)
{
    struct open_file *file = descriptor_file(thread, a[0]);
    int64_t done = 0;
    if (a[2] > IOV_MAX)
        return -EINVAL;
    if (file && socket_of(file))
        return socket_transfer_pieces(thread, socket_of(file), a[1], a[2], writes);
    uint64_t start = thread->progress; /* bytes of earlier tries */
    for (uint64_t i = 0; i < a[2]; i++) {
        struct linux_iovec piece;
        int64_t error = user_read_object(memory_of(thread), &piece, a[1] + i * sizeof piece);
        if (error)
            return done ? done : error;
        if (!piece.length)
            continue;
        if (start >= piece.length) {
            start -= piece.length;
            done += (int64_t)piece.length;
            continue;
        }
        thread->progress = start;
        int64_t result = transfer(thread, file, piece.base, piece.length, writes);
        if (result == CALL_WAITS && writes) {
            thread->progress += (uint64_t)done;
            return result;
        }
        start = thread->progress = 0;
        if (result < 0)
            return done ? done : result;
        done += result;
        if ((uint64_t)result < piece.length)
            break;
        /* Reading more might wait although there is something to give. */
        if (!writes && file->operations->poll && !(file->operations->poll(file) & POLLIN))
            break;
    }
    return file || !a[2] ? done : -EBADF;
}

int64_t call_readv(struct thread *thread, const uint64_t *a)
{
    return transfer_pieces(thread, a, false);
}

int64_t call_writev(struct thread *thread, const uint64_t *a)
{
    return transfer_pieces(thread, a, true);
}

/* Programs that get this answer read and write instead. */
int64_t call_sendfile(struct thread *thread, const uint64_t *a)
{
    (void)thread, (void)a;
    return -EINVAL;
}

int64_t call_lseek(struct thread *thread, const uint64_t *a)
{
    struct open_file *file = descriptor_file(thread, a[0]);
    if (!file)
        return -EBADF;
    uint32_t type = file->inode->mode & S_IFMT;
    if (type != S_IFREG && type != S_IFDIR)
        return type == S_IFCHR && device_operations(file->inode->device) == file->operations && !file->operations->poll
                   ? 0
                   : -ESPIPE;
    int64_t base = a[2] == SEEK_SET   ? 0
                   : a[2] == SEEK_CUR ? (int64_t)file->position
                   : a[2] == SEEK_END ? (int64_t)file->inode->size
                                      : -1;
    int64_t position;
    if (base < 0 || __builtin_add_overflow(base, (int64_t)a[1], &position) || position < 0)
        return -EINVAL;
    file->position = (uint64_t)position;
    return position;
}

int64_t call_ioctl(struct thread *thread, const uint64_t *a)
{
    struct open_file *file = descriptor_file(thread, a[0]);
    if (!file || (file->flags & O_PATH))
        return -EBADF;
    uint32_t request = (uint32_t)a[1];
    int32_t value;
    switch (request) {
    case FIOCLEX:
    case FIONCLEX:
        file_table_set_close_on_execute(thread->process->files, (uint32_t)a[0], request == FIOCLEX);
        return 0;
    case FIONBIO:
        if (user_read_object(memory_of(thread), &value, a[2]) != 0)
            return -EFAULT;
        file->flags = value ? file->flags | O_NONBLOCK : file->flags & ~(uint32_t)O_NONBLOCK;
        return 0;
    default:
        return file->operations->control ? file->operations->control(thread, file, request, a[2]) : -ENOTTY;
    }
}

/* Descriptors */

static int64_t duplicate(struct thread *thread, struct open_file *file, uint64_t minimum, bool close_on_execute)
{
    if (!file)
        return -EBADF;
    int64_t descriptor = file_table_add(thread->process->files, file, minimum, close_on_execute);
    if (descriptor >= 0)
        open_file_reference(file);
    return descriptor;
}

int64_t call_dup(struct thread *thread, const uint64_t *a)
{
    return duplicate(thread, descriptor_file(thread, a[0]), 0, false);
}

static int64_t duplicate_to(struct thread *thread, uint64_t from, uint64_t to, bool close_on_execute)
{
    struct open_file *file = descriptor_file(thread, from);
    if (!file || (uint32_t)to >= DESCRIPTOR_LIMIT)
        return -EBADF;
    open_file_reference(file);
    return file_table_set(thread->process->files, (uint32_t)to, file, close_on_execute);
}

int64_t call_dup2(struct thread *thread, const uint64_t *a)
{
    if ((uint32_t)a[0] == (uint32_t)a[1])
        return descriptor_file(thread, a[0]) ? (int64_t)(uint32_t)a[0] : -EBADF;
    return duplicate_to(thread, a[0], a[1], false);
}

int64_t call_dup3(struct thread *thread, const uint64_t *a)
{
    if ((uint32_t)a[0] == (uint32_t)a[1] || (a[2] & ~(uint64_t)O_CLOEXEC))
        return -EINVAL;
    return duplicate_to(thread, a[0], a[1], a[2] & O_CLOEXEC);
}

int64_t call_fcntl(struct thread *thread, const uint64_t *a)
{
    struct open_file *file = descriptor_file(thread, a[0]);
    struct file_table *files = thread->process->files;
    uint32_t descriptor = (uint32_t)a[0];
    const uint32_t changeable = O_APPEND | O_NONBLOCK;
    struct linux_flock lock;
    if (!file)
        return -EBADF;
    switch ((uint32_t)a[1]) {
    case F_DUPFD:
    case F_DUPFD_CLOEXEC:
        return duplicate(thread, file, (uint32_t)a[2], (uint32_t)a[1] == F_DUPFD_CLOEXEC);
    case F_GETFD:
        return file_table_closes_on_execute(files, descriptor);
    case F_SETFD:
        file_table_set_close_on_execute(files, descriptor, a[2] & FD_CLOEXEC);
        return 0;
    case F_GETFL:
        return file->flags | O_LARGEFILE;
    case F_SETFL:
        file->flags = (file->flags & ~changeable) | ((uint32_t)a[2] & changeable);
        return 0;
    case F_GETPIPE_SZ:
        return PIPE_BYTES;
    case F_GETLK: /* every lock is granted, so none is ever in the way */
        if (user_read_object(memory_of(thread), &lock, a[2]) != 0)
            return -EFAULT;
        lock.type = F_UNLCK;
        return user_write_object(memory_of(thread), a[2], &lock);
    case F_SETLK:
    case F_SETLKW:
        return 0;
    default:
        return -EINVAL;
    }
}

int64_t call_flock(struct thread *thread, const uint64_t *a)
{
    return descriptor_file(thread, a[0]) ? 0 : -EBADF;
}

int64_t call_pipe2(struct thread *thread, const uint64_t *a)
{
    struct file_table *files = thread->process->files;
    struct open_file *reader, *writer;
    if (a[1] & ~(uint64_t)(O_CLOEXEC | O_NONBLOCK))
        return -EINVAL;
    int64_t error = pipe_create((uint32_t)a[1], &reader, &writer);
    if (error)
        return error;
    int32_t ends[2];
    int64_t first = file_table_add(files, reader, 0, a[1] & O_CLOEXEC);
    int64_t second = first < 0 ? first : file_table_add(files, writer, 0, a[1] & O_CLOEXEC);
    ends[0] = (int32_t)first;
    ends[1] = (int32_t)second;
    error = second < 0 ? second : user_write_object(memory_of(thread), a[0], &ends);
    if (!error)
        return 0;
    if (first < 0)
        open_file_release(reader);
    else
        file_table_close(files, (uint64_t)first);
    if (second < 0)
        open_file_release(writer);
    else
        file_table_close(files, (uint64_t)second);
    return error;
}

int64_t call_pipe(struct thread *thread, const uint64_t *a)
{
    return call_pipe2(thread, (uint64_t[]){a[0], 0});
}

/* What is in memory need not be written back. */

int64_t call_fsync(struct thread *thread, const uint64_t *a)
{
    const struct open_file *file = descriptor_file(thread, a[0]);
    if (!file || !file->inode->disk)
        return file ? 0 : -EBADF;
    return disk_sync(thread, file->inode);
}

int64_t call_fdatasync(struct thread *thread, const uint64_t *a)
{
    return call_fsync(thread, a);
}

int64_t call_syncfs(struct thread *thread, const uint64_t *a)
{
    return descriptor_file(thread, a[0]) ? disk_sync(thread, NULL) : -EBADF;
}

int64_t call_sync(struct thread *thread, const uint64_t *a)
{
    (void)a;
    return disk_sync(thread, NULL);
}

int64_t call_fadvise64(struct thread *thread, const uint64_t *a)
{
    enum { NOT_NEEDED = 4 };
    const struct open_file *file = descriptor_file(thread, a[0]);
    if (file && file->inode->disk && a[3] == NOT_NEEDED)
        disk_pages_give_up(file->inode);
    return file ? 0 : -EBADF;
}
