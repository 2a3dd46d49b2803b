/* Calls on what files are: size, mode, owner, times; and on the file systems they are in. */

#include "personality/linux/abi/errno.h"
#include "personality/linux/calls/arguments.h"
#include "personality/linux/calls/table.h"
#include "personality/linux/support/clock.h"

static int64_t stat_to(struct thread *thread, struct inode *inode, uint64_t address)
{
    struct linux_stat stat;
    inode_stat(inode, &stat);
    return user_write_object(memory_of(thread), address, &stat);
}

int64_t call_newfstatat(struct thread *thread, const uint64_t *a)
{
    int64_t error;
    struct inode *inode = argument_inode(thread, a[0], a[1], a[3], &error);
    if (!inode)
        return error;
    error = stat_to(thread, inode, a[2]);
    inode_release(inode);
    return error;
}

int64_t call_stat(struct thread *thread, const uint64_t *a)
{
    return call_newfstatat(thread, (uint64_t[]){WORKING_DIRECTORY, a[0], a[1], 0});
}

int64_t call_lstat(struct thread *thread, const uint64_t *a)
{
    return call_newfstatat(thread, (uint64_t[]){WORKING_DIRECTORY, a[0], a[1], AT_SYMLINK_NOFOLLOW});
}

int64_t call_fstat(struct thread *thread, const uint64_t *a)
{
    const struct open_file *file = descriptor_file(thread, a[0]);
    return file ? stat_to(thread, file->inode, a[1]) : -EBADF;
}

static struct linux_statx_time statx_time(struct linux_timespec time)
{
    return (struct linux_statx_time){time.seconds, (uint32_t)time.nanoseconds, 0};
}

int64_t call_statx(struct thread *thread, const uint64_t *a)
{
    int64_t error;
    struct inode *inode = argument_inode(thread, a[0], a[1], a[2], &error);
    if (!inode)
        return error;
    struct linux_stat stat;
    inode_stat(inode, &stat);
    inode_release(inode);
    struct linux_statx statx = {
        .mask = STATX_BASIC_STATS,
        .block_size = (uint32_t)stat.block_size,
        .links = (uint32_t)stat.links,
        .uid = stat.uid,
        .gid = stat.gid,
        .mode = (uint16_t)stat.mode,
        .inode = stat.inode,
        .size = (uint64_t)stat.size,
        .blocks = (uint64_t)stat.blocks,
        .accessed = statx_time(stat.accessed),
        .changed = statx_time(stat.changed),
        .modified = statx_time(stat.modified),
        .special_major = (uint32_t)stat.special_device >> 8,
        .special_minor = (uint32_t)stat.special_device & 0xff,
        .device_minor = (uint32_t)stat.device,
    };
    return user_write_object(memory_of(thread), a[4], &statx);
}

/* The only user is root, who may do everything but execute what nobody may. */
int64_t call_faccessat2(struct thread *thread, const uint64_t *a)
{
    enum { EXECUTE = 1 };
    int64_t error;
    struct inode *inode = argument_inode(thread, a[0], a[1], a[3], &error);
    if (!inode)
        return error;
    bool refused = (a[2] & EXECUTE) && !inode_is_directory(inode) && !(inode->mode & 0111);
    inode_release(inode);
    return refused ? -EACCES : 0;
}

int64_t call_faccessat(struct thread *thread, const uint64_t *a)
{
    return call_faccessat2(thread, (uint64_t[]){a[0], a[1], a[2], 0});
}

int64_t call_access(struct thread *thread, const uint64_t *a)
{
    return call_faccessat2(thread, (uint64_t[]){WORKING_DIRECTORY, a[0], a[1], 0});
}

static int64_t mode_set(struct inode *inode, uint64_t mode)
{
    if (inode->operations)
        return -EPERM;
    inode->mode = (inode->mode & S_IFMT) | ((uint32_t)mode & 07777);
    inode->changed = inode_now();
    return 0;
}

int64_t call_fchmodat(struct thread *thread, const uint64_t *a)
{
    int64_t error;
    struct inode *inode = argument_inode(thread, a[0], a[1], 0, &error);
    if (!inode)
        return error;
    error = mode_set(inode, a[2]);
    inode_release(inode);
    return error;
}

int64_t call_chmod(struct thread *thread, const uint64_t *a)
{
    return call_fchmodat(thread, (uint64_t[]){WORKING_DIRECTORY, a[0], a[1]});
}

int64_t call_fchmod(struct thread *thread, const uint64_t *a)
{
    const struct open_file *file = descriptor_file(thread, a[0]);
    return file ? mode_set(file->inode, a[1]) : -EBADF;
}

static int64_t owner_set(struct inode *inode, uint64_t uid, uint64_t gid)
{
    if (inode->operations)
        return -EPERM;
    if ((int32_t)uid != -1)
        inode->uid = (uint32_t)uid;
    if ((int32_t)gid != -1)
        inode->gid = (uint32_t)gid;
    inode->changed = inode_now();
    return 0;
}

int64_t call_fchownat(struct thread *thread, const uint64_t *a)
{
    int64_t error;
    struct inode *inode = argument_inode(thread, a[0], a[1], a[4], &error);
    if (!inode)
        return error;
    error = owner_set(inode, a[2], a[3]);
    inode_release(inode);
    return error;
}

int64_t call_chown(struct thread *thread, const uint64_t *a)
{
    return call_fchownat(thread, (uint64_t[]){WORKING_DIRECTORY, a[0], a[1], a[2], 0});
}

int64_t call_lchown(struct thread *thread, const uint64_t *a)
{
    return call_fchownat(thread, (uint64_t[]){WORKING_DIRECTORY, a[0], a[1], a[2], AT_SYMLINK_NOFOLLOW});
}

int64_t call_fchown(struct thread *thread, const uint64_t *a)
{
    const struct open_file *file = descriptor_file(thread, a[0]);
    return file ? owner_set(file->inode, a[1], a[2]) : -EBADF;
}

static int64_t times_set(struct thread *thread, const uint64_t *a, const struct linux_timespec times[2])
{
    int64_t error = 0;
    struct inode *inode;
    if (a[1]) {
        inode = argument_inode(thread, a[0], a[1], a[3], &error);
    } else {
        const struct open_file *file = descriptor_file(thread, a[0]);
        inode = file ? file->inode : NULL;
        if (inode)
            inode_reference(inode);
        else
            error = -EBADF;
    }
    if (!inode)
        return error;
    struct linux_timespec *targets[2] = {&inode->accessed, &inode->modified};
    for (int i = 0; i < 2; i++) {
        if (times[i].nanoseconds == UTIME_NOW)
            *targets[i] = inode_now();
        else if (times[i].nanoseconds != UTIME_OMIT)
            *targets[i] = times[i];
    }
    inode->changed = inode_now();
    inode_release(inode);
    return 0;
}

static const struct linux_timespec both_now[2] = {{0, UTIME_NOW}, {0, UTIME_NOW}};

int64_t call_utimensat(struct thread *thread, const uint64_t *a)
{
    struct linux_timespec times[2];
    if (!a[2])
        return times_set(thread, a, both_now);
    int64_t error = user_read_object(memory_of(thread), &times, a[2]);
    for (int i = 0; i < 2 && !error; i++) {
        bool is_special = times[i].nanoseconds == UTIME_NOW || times[i].nanoseconds == UTIME_OMIT;
        if (!is_special && (times[i].nanoseconds < 0 || times[i].nanoseconds >= (int64_t)NS_PER_SECOND))
            error = -EINVAL;
    }
    return error ? error : times_set(thread, a, times);
}

int64_t call_futimesat(struct thread *thread, const uint64_t *a)
{
    struct linux_timeval values[2];
    const uint64_t arguments[] = {a[0], a[1], 0, 0};
    if (!a[2])
        return times_set(thread, arguments, both_now);
    int64_t error = user_read_object(memory_of(thread), &values, a[2]);
    if (error)
        return error;
    struct linux_timespec times[2];
    for (int i = 0; i < 2; i++) {
        if (values[i].microseconds < 0 || values[i].microseconds >= 1000000)
            return -EINVAL;
        times[i] = (struct linux_timespec){values[i].seconds, values[i].microseconds * 1000};
    }
    return times_set(thread, arguments, times);
}

int64_t call_utimes(struct thread *thread, const uint64_t *a)
{
    return call_futimesat(thread, (uint64_t[]){WORKING_DIRECTORY, a[0], a[1]});
}

int64_t call_utime(struct thread *thread, const uint64_t *a)
{
    int64_t seconds[2];
    const uint64_t arguments[] = {WORKING_DIRECTORY, a[0], 0, 0};
    if (!a[1])
        return times_set(thread, arguments, both_now);
    int64_t error = user_read_object(memory_of(thread), &seconds, a[1]);
    if (error)
        return error;
    const struct linux_timespec times[2] = {{seconds[0], 0}, {seconds[1], 0}};
    return times_set(thread, arguments, times);
}

static int64_t size_set(struct inode *inode, uint64_t size)
{
    if ((int64_t)size < 0 || !inode_is_regular(inode) || inode->operations)
        return inode_is_directory(inode) ? -EISDIR : -EINVAL;
    return inode_set_size(inode, size);
}

int64_t call_truncate(struct thread *thread, const uint64_t *a)
{
    int64_t error;
    struct inode *inode = argument_inode(thread, WORKING_DIRECTORY, a[0], 0, &error);
    if (!inode)
        return error;
    error = size_set(inode, a[1]);
    inode_release(inode);
    return error;
}

int64_t call_ftruncate(struct thread *thread, const uint64_t *a)
{
    const struct open_file *file = descriptor_file(thread, a[0]);
    if (!file)
        return -EBADF;
    return open_file_is_writable(file) ? size_set(file->inode, a[1]) : -EINVAL;
}

int64_t call_fallocate(struct thread *thread, const uint64_t *a)
{
    const struct open_file *file = descriptor_file(thread, a[0]);
    if (!file || !open_file_is_writable(file))
        return -EBADF;
    if (a[1] || !inode_is_regular(file->inode))
        return a[1] ? -EOPNOTSUPP : -ENODEV;
    if ((int64_t)a[2] < 0 || (int64_t)a[3] <= 0 || a[2] + a[3] > INT64_MAX)
        return -EINVAL;
    return a[2] + a[3] > file->inode->size ? inode_set_size(file->inode, a[2] + a[3]) : 0;
}

static int64_t file_system_state(struct thread *thread, const struct inode *inode, uint64_t address)
{
    enum { TMPFS = 0x01021994, PROC = 0x9fa0 };
    bool is_proc = inode->operations != NULL;
    struct linux_statfs state = {
        .type = is_proc ? PROC : TMPFS,
        .block_size = PAGE_SIZE,
        .blocks = is_proc ? 0 : (int64_t)machine_frames_total(),
        .blocks_free = is_proc ? 0 : (int64_t)machine_frames_free(),
        .blocks_available = is_proc ? 0 : (int64_t)machine_frames_free(),
        .name_length = NAME_MAX,
        .fragment_size = PAGE_SIZE,
    };
    return user_write_object(memory_of(thread), address, &state);
}

int64_t call_statfs(struct thread *thread, const uint64_t *a)
{
    int64_t error;
    struct inode *inode = argument_inode(thread, WORKING_DIRECTORY, a[0], 0, &error);
    if (!inode)
        return error;
    error = file_system_state(thread, inode, a[1]);
    inode_release(inode);
    return error;
}

int64_t call_fstatfs(struct thread *thread, const uint64_t *a)
{
    const struct open_file *file = descriptor_file(thread, a[0]);
    return file ? file_system_state(thread, file->inode, a[1]) : -EBADF;
}
