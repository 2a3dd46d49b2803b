/* Calls on names: making, linking, moving and removing them, and reading directories. */

#include "lib/string.h"
#include "personality/linux/abi/errno.h"
#include "personality/linux/calls/arguments.h"
#include "personality/linux/calls/table.h"
#include "personality/linux/disk/changes.h"
#include "personality/linux/support/frame.h"
#include "personality/linux/support/heap.h"

/* Makes a new inode where a path leads; null and an error. */
static struct inode *make_at(struct thread *thread, uint64_t directory, uint64_t address, uint32_t mode,
                             uint64_t device, const char *link_text, int64_t *error)
{
    struct path_result place;
    struct inode *inode = NULL;
    if (disk_call_is_begun(thread)) {
        *error = disk_call_result(thread, &inode);
        return inode;
    }
    *error = argument_walk(thread, directory, address, 0, &place);
    if (*error)
        return NULL;
    if (place.inode)
        *error = -EEXIST;
    else if (place.must_be_directory && (mode & S_IFMT) != S_IFDIR)
        *error = -ENOENT;
    else if (place.parent->disk)
        *error = disk_make(thread, place.parent, place.name, place.name_length, mode, device, link_text);
    else
        inode = directory_make(place.parent, place.name, place.name_length, mode, error);
    path_result_release(&place);
    return inode;
}

int64_t call_mkdirat(struct thread *thread, const uint64_t *a)
{
    int64_t error;
    uint32_t mode = S_IFDIR | ((uint32_t)a[2] & 01777 & ~thread->process->umask);
    struct inode *inode = make_at(thread, a[0], a[1], mode, 0, NULL, &error);
    if (inode)
        inode_release(inode);
    return error;
}

int64_t call_mkdir(struct thread *thread, const uint64_t *a)
{
    return call_mkdirat(thread, (uint64_t[]){WORKING_DIRECTORY, a[0], a[1]});
}

int64_t call_mknodat(struct thread *thread, const uint64_t *a)
{
    uint32_t type = (uint32_t)a[2] & S_IFMT;
    int64_t error;
    if (!type)
        type = S_IFREG;
    if (type != S_IFREG && type != S_IFIFO && type != S_IFCHR)
        return type == S_IFDIR ? -EPERM : -EINVAL;
    struct inode *inode =
        make_at(thread, a[0], a[1], type | ((uint32_t)a[2] & 07777 & ~thread->process->umask), a[3], NULL, &error);
    if (!inode)
        return error;
    if (type == S_IFCHR)
        inode->device = a[3];
    inode_release(inode);
    return 0;
}

int64_t call_mknod(struct thread *thread, const uint64_t *a)
{
    return call_mknodat(thread, (uint64_t[]){WORKING_DIRECTORY, a[0], a[1], a[2]});
}

int64_t call_symlinkat(struct thread *thread, const uint64_t *a)
{
    const char *target;
    int64_t error = argument_path(thread, a[0], &target);
    if (error)
        return error;
    size_t length = strlen(target);
    if (!length || length >= HEAP_LARGEST)
        return length ? -ENAMETOOLONG : -ENOENT;
    char *copy = heap_string(target, length);
    struct inode *inode = copy ? make_at(thread, a[1], a[2], S_IFLNK | 0777, 0, copy, &error) : NULL;
    if (!inode) {
        heap_free(copy);
        return copy ? error : -ENOSPC;
    }
    heap_free(inode->link_target);
    inode->link_target = copy;
    inode->size = length;
    inode_release(inode);
    return 0;
}

int64_t call_symlink(struct thread *thread, const uint64_t *a)
{
    return call_symlinkat(thread, (uint64_t[]){a[0], WORKING_DIRECTORY, a[1]});
}

int64_t call_readlinkat(struct thread *thread, const uint64_t *a)
{
    static char target[PATH_MAX];
    int64_t error, length;
    struct inode *inode = argument_inode(thread, a[0], a[1], AT_SYMLINK_NOFOLLOW | AT_EMPTY_PATH, &error);
    if (!inode)
        return error;
    if (!inode_is_link(inode)) {
        length = -EINVAL;
    } else if (inode->operations) {
        length = inode->operations->read_link(inode, target, sizeof target);
    } else if (inode->disk && (length = disk_read_link(inode))) {
        inode_release(inode);
        return length;
    } else {
        length = (int64_t)strlen(inode->link_target);
        memcpy(target, inode->link_target, (size_t)length);
    }
    inode_release(inode);
    if (length < 0 || (int64_t)a[3] <= 0)
        return length < 0 ? length : -EINVAL;
    if ((uint64_t)length > a[3])
        length = (int64_t)a[3];
    error = user_write(memory_of(thread), a[2], target, (size_t)length);
    return error ? error : length;
}

int64_t call_readlink(struct thread *thread, const uint64_t *a)
{
    return call_readlinkat(thread, (uint64_t[]){WORKING_DIRECTORY, a[0], a[1], a[2]});
}

int64_t call_unlinkat(struct thread *thread, const uint64_t *a)
{
    struct path_result place;
    bool wants_directory = a[2] & AT_REMOVEDIR;
    if (disk_call_is_begun(thread))
        return disk_call_result(thread, NULL);
    int64_t error = argument_walk(thread, a[0], a[1], 0, &place);
    if (error)
        return error;
    if (!place.inode)
        error = -ENOENT;
    else if (!place.name_length)
        error = wants_directory ? -EBUSY : -EISDIR;
    else if (place.parent->operations || place.inode->operations)
        error = -EPERM;
    else if (wants_directory != inode_is_directory(place.inode))
        error = wants_directory ? -ENOTDIR : -EISDIR;
    else if ((place.parent->disk != NULL) != (place.inode->disk != NULL))
        error = -EBUSY;
    else if (place.inode->disk)
        error = disk_unlink(thread, place.parent, place.name, place.name_length, place.inode);
    else if (wants_directory && !directory_is_empty(place.inode))
        error = -ENOTEMPTY;
    if (!error && !place.inode->disk) {
        place.inode->links -= wants_directory ? 2 : 1;
        place.inode->changed = inode_now();
        directory_remove(place.parent, place.name, place.name_length);
    }
    path_result_release(&place);
    return error;
}

int64_t call_unlink(struct thread *thread, const uint64_t *a)
{
    return call_unlinkat(thread, (uint64_t[]){WORKING_DIRECTORY, a[0], 0});
}

int64_t call_rmdir(struct thread *thread, const uint64_t *a)
{
    return call_unlinkat(thread, (uint64_t[]){WORKING_DIRECTORY, a[0], AT_REMOVEDIR});
}

int64_t call_linkat(struct thread *thread, const uint64_t *a)
{
    struct path_result place;
    int64_t error;
    uint64_t follow = a[4] & AT_SYMLINK_FOLLOW ? 0 : AT_SYMLINK_NOFOLLOW;
    if (disk_call_is_begun(thread))
        return disk_call_result(thread, NULL);
    struct inode *inode = argument_inode(thread, a[0], a[1], follow | (a[4] & AT_EMPTY_PATH), &error);
    if (!inode)
        return error;
    error = argument_walk(thread, a[2], a[3], 0, &place);
    if (!error) {
        if (place.inode)
            error = -EEXIST;
        else if (inode_is_directory(inode) || inode->operations)
            error = -EPERM;
        else if ((inode->disk != NULL) != (place.parent->disk != NULL))
            error = -EXDEV;
        else if (inode->disk)
            error = disk_link(thread, place.parent, place.name, place.name_length, inode);
        else
            error = directory_add(place.parent, place.name, place.name_length, inode);
        if (!error && !inode->disk)
            inode->links++;
        path_result_release(&place);
    }
    inode_release(inode);
    return error;
}

int64_t call_link(struct thread *thread, const uint64_t *a)
{
    return call_linkat(thread, (uint64_t[]){WORKING_DIRECTORY, a[0], WORKING_DIRECTORY, a[1], 0});
}

/* Whether `directory` is `ancestor` or lies below it. */
static bool is_below(struct inode *directory, const struct inode *ancestor)
{
    while (directory != ancestor) {
        struct inode *parent = directory_parent(directory);
        if (parent == directory)
            return false;
        directory = parent;
    }
    return true;
}

static int64_t rename_check(const struct path_result *from, const struct path_result *to, uint64_t flags)
{
    if (!from->inode)
        return -ENOENT;
    if (!from->name_length || (to->inode && !to->name_length))
        return -EBUSY;
    if (from->inode->operations || from->parent->operations || to->parent->operations)
        return -EXDEV;
    bool is_on_disk = from->inode->disk != NULL;
    if (is_on_disk != (from->parent->disk != NULL) ||
        (to->inode && (to->inode->disk != NULL) != (to->parent->disk != NULL)))
        return -EBUSY;
    if (is_on_disk != (to->parent->disk != NULL))
        return -EXDEV;
    bool moves_directory = inode_is_directory(from->inode);
    if (moves_directory && is_below(to->parent, from->inode))
        return -EINVAL;
    if (!to->inode)
        return to->must_be_directory && !moves_directory ? -ENOTDIR : 0;
    if (flags & RENAME_NOREPLACE)
        return -EEXIST;
    if (to->inode->operations)
        return -EBUSY;
    if (inode_is_directory(to->inode) != moves_directory)
        return moves_directory ? -ENOTDIR : -EISDIR;
    return moves_directory && !is_on_disk && !directory_is_empty(to->inode) ? -ENOTEMPTY : 0;
}

int64_t call_renameat2(struct thread *thread, const uint64_t *a)
{
    struct path_result from, to;
    char old_name[NAME_MAX + 1];
    if (a[4] & ~(uint64_t)RENAME_NOREPLACE)
        return -EINVAL;
    if (disk_call_is_begun(thread))
        return disk_call_result(thread, NULL);
    int64_t error = argument_walk(thread, a[0], a[1], 0, &from);
    if (error)
        return error;
    /* The next walk overwrites the name that this one found. */
    size_t old_length = from.name_length;
    memcpy(old_name, from.name, old_length);
    error = argument_walk(thread, a[2], a[3], 0, &to);
    if (!error) {
        error = rename_check(&from, &to, a[4]);
        if (!error && from.inode != to.inode && from.inode->disk) {
            error = disk_rename(thread, from.parent, old_name, old_length, from.inode, to.parent, to.name,
                                to.name_length, a[4] & RENAME_NOREPLACE);
        } else if (!error && from.inode != to.inode) {
            if (to.inode) {
                to.inode->links -= inode_is_directory(to.inode) ? 2 : 1;
                directory_remove(to.parent, to.name, to.name_length);
            }
            directory_remove(from.parent, old_name, old_length);
            error = directory_add(to.parent, to.name, to.name_length, from.inode);
        }
        path_result_release(&to);
    }
    path_result_release(&from);
    return error;
}

int64_t call_renameat(struct thread *thread, const uint64_t *a)
{
    return call_renameat2(thread, (uint64_t[]){a[0], a[1], a[2], a[3], 0});
}

int64_t call_rename(struct thread *thread, const uint64_t *a)
{
    return call_renameat2(thread, (uint64_t[]){WORKING_DIRECTORY, a[0], WORKING_DIRECTORY, a[1], 0});
}

/* Directories */

struct entry_writer {
    struct thread *thread;
    uint64_t address, room, written;
    uint64_t position; /* where the next call goes on */
    int64_t error;
};

static bool entry_write(void *context, const char *name, uint64_t number, uint32_t mode, uint64_t next)
{
    struct entry_writer *writer = context;
    size_t name_size = strlen(name) + 1;
    size_t length = (sizeof(struct linux_directory_entry) + name_size + 7) & ~(size_t)7;
    if (length > writer->room - writer->written) {
        if (!writer->written)
            writer->error = -EINVAL;
        return false;
    }
    struct {
        struct linux_directory_entry head;
        char name[NAME_MAX + 1 + 8];
    } __attribute__((packed)) entry = {.head = {.inode = number,
                                                .next_offset = (int64_t)next,
                                                .record_length = (uint16_t)length,
                                                .type = (uint8_t)(mode >> 12)}};
    memcpy(entry.name, name, name_size);
    int64_t error = user_write(memory_of(writer->thread), writer->address + writer->written, &entry, length);
    if (error) {
        writer->error = error;
        return false;
    }
    writer->written += length;
    writer->position = next;
    return true;
}

/* Entries as the file server has listed them: each is checked, as what another component says. */
static void disk_entries_write(const struct disk_call *list, struct entry_writer *writer)
{
    const char *bytes = frame_data(list->list_frame);
    uint32_t at = 0;
    while (list->list_bytes - at >= sizeof(struct file_entry)) {
        struct file_entry entry;
        char name[NAME_MAX + 1];
        memcpy(&entry, bytes + at, sizeof entry);
        if (entry.entry_bytes > list->list_bytes - at || entry.entry_bytes < sizeof entry + entry.name_bytes)
            return;
        memcpy(name, bytes + at + sizeof entry, entry.name_bytes);
        name[entry.name_bytes] = 0;
        if (!entry_write(writer, name, entry.inode, (uint32_t)entry.type << 12, entry.cookie))
            return;
        at += entry.entry_bytes;
    }
}

/* The result of a list that the thread has begun. */
static int64_t disk_entries_give(struct entry_writer *writer)
{
    struct thread *thread = writer->thread;
    if (disk_call_is_done(thread->disk_call) && thread->disk_call->list_frame)
        disk_entries_write(thread->disk_call, writer);
    return disk_call_result(thread, NULL);
}

int64_t call_getdents64(struct thread *thread, const uint64_t *a)
{
    struct open_file *file = descriptor_file(thread, a[0]);
    if (!file)
        return -EBADF;
    if (!inode_is_directory(file->inode))
        return -ENOTDIR;
    struct entry_writer writer = {thread, a[1], (uint32_t)a[2], 0, file->position, 0};
    if (file->inode->disk) {
        int64_t error =
            disk_call_is_begun(thread) ? disk_entries_give(&writer) : disk_list(thread, file->inode, file->position);
        if (error)
            return error;
    } else {
        directory_list(file->inode, file->position, entry_write, &writer);
    }
    if (!writer.written)
        return writer.error;
    file->position = writer.position;
    return (int64_t)writer.written;
}

int64_t call_getcwd(struct thread *thread, const uint64_t *a)
{
    static char path[PATH_MAX];
    int64_t length = directory_path(thread->process->working_directory, path, sizeof path);
    if (length < 0)
        return length;
    if ((uint64_t)length > a[1])
        return -ERANGE;
    int64_t error = user_write(memory_of(thread), a[0], path, (size_t)length);
    return error ? error : length;
}

static int64_t directory_enter(struct thread *thread, struct inode *inode)
{
    if (!inode_is_directory(inode))
        return -ENOTDIR;
    inode_reference(inode);
    inode_release(thread->process->working_directory);
    thread->process->working_directory = inode;
    return 0;
}

int64_t call_chdir(struct thread *thread, const uint64_t *a)
{
    int64_t error;
    struct inode *inode = argument_inode(thread, WORKING_DIRECTORY, a[0], 0, &error);
    if (!inode)
        return error;
    error = directory_enter(thread, inode);
    inode_release(inode);
    return error;
}

int64_t call_fchdir(struct thread *thread, const uint64_t *a)
{
    const struct open_file *file = descriptor_file(thread, a[0]);
    return file ? directory_enter(thread, file->inode) : -EBADF;
}

int64_t call_chroot(struct thread *thread, const uint64_t *a)
{
    (void)thread, (void)a;
    return -EPERM;
}

int64_t call_umask(struct thread *thread, const uint64_t *a)
{
    uint32_t old = thread->process->umask;
    thread->process->umask = (uint32_t)a[0] & 0777;
    return old;
}
