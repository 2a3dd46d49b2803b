#include "personality/linux/calls/arguments.h"

#include "personality/linux/abi/errno.h"
#include "personality/linux/support/clock.h"

int64_t argument_path(struct thread *thread, uint64_t address, const char **path)
{
    static char buffers[2][PATH_MAX];
    static unsigned next;
    char *buffer = buffers[next++ % 2];
    int64_t length = user_read_string(memory_of(thread), buffer, address, PATH_MAX);
    *path = buffer;
    return length < 0 ? length : 0;
}

int64_t argument_directory(const struct thread *thread, uint64_t descriptor, const char *path, struct inode **start)
{
    *start = thread->process->working_directory;
    if ((int32_t)descriptor == AT_FDCWD || path[0] == '/')
        return 0;
    const struct open_file *file = descriptor_file(thread, descriptor);
    if (!file)
        return -EBADF;
    *start = file->inode;
    return inode_is_directory(file->inode) ? 0 : -ENOTDIR;
}

int64_t argument_walk(struct thread *thread, uint64_t directory, uint64_t address, unsigned flags,
                      struct path_result *result)
{
    const char *path;
    struct inode *start;
    int64_t error = argument_path(thread, address, &path);
    if (!error)
        error = argument_directory(thread, directory, path, &start);
    return error ? error : path_walk(start, path, flags, result);
}

struct inode *argument_inode(struct thread *thread, uint64_t directory, uint64_t address, uint64_t at_flags,
                             int64_t *error)
{
    const char *path;
    struct inode *start;
    *error = argument_path(thread, address, &path);
    if (*error)
        return NULL;
    if (!path[0] && (at_flags & AT_EMPTY_PATH)) {
        const struct open_file *file = descriptor_file(thread, directory);
        struct inode *inode = file ? file->inode : NULL;
        if (!inode && (int32_t)directory == AT_FDCWD)
            inode = thread->process->working_directory;
        if (inode)
            inode_reference(inode);
        else
            *error = -EBADF;
        return inode;
    }
    *error = argument_directory(thread, directory, path, &start);
    if (*error)
        return NULL;
    return path_find(start, path, at_flags & AT_SYMLINK_NOFOLLOW ? 0 : PATH_FOLLOW, error);
}

int64_t argument_duration(struct thread *thread, uint64_t address, uint64_t *ns)
{
    struct linux_timespec time;
    int64_t error = user_read_object(memory_of(thread), &time, address);
    if (error)
        return error;
    return timespec_to_ns(time, ns) ? 0 : -EINVAL;
}
