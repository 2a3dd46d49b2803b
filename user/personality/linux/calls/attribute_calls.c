/* Calls on what files are: size, mode, owner, times; and on the file systems they are in. */

#include "personality/linux/abi/errno.h"
#include "personality/linux/calls/arguments.h"
#include "personality/linux/calls/table.h"
#include "personality/linux/disk/changes.h"
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

static int64_t mode_set(struct thread *thread, struct inode *inode, uint64_t mode)
{
    if (inode->operations)
        return -EPERM;
    if (inode->disk)
        return disk_set(thread, inode, &(struct file_request){.set = FILE_SET_MODE, .mode = (uint32_t)mode & 07777});
    inode->mode = (inode->mode & S_IFMT) | ((uint32_t)mode & 07777);
    inode->changed = inode_now();
    return 0;
}

int64_t call_fchmodat(struct thread *thread, const uint64_t *a)
{
    int64_t error;
    if (disk_call_is_begun(thread))
        return disk_call_result(thread, NULL);
    struct inode *inode = argument_inode(thread, a[0], a[1], 0, &error);
    if (!inode)
        return error;
    error = mode_set(thread, inode, a[2]);
    inode_release(inode);
    return error;
}

int64_t call_chmod(struct thread *thread, const uint64_t *a)
{
    return call_fchmodat(thread, (uint64_t[]){WORKING_DIRECTORY, a[0], a[1]});
}

int64_t call_fchmod(struct thread *thread, const uint64_t *a)
{
    if (disk_call_is_begun(thread))
        return disk_call_result(thread, NULL);
    const struct open_file *file = descriptor_file(thread, a[0]);
    return file ? mode_set(thread, file->inode, a[1]) : -EBADF;
}

static int64_t owner_set(struct thread *thread, struct inode *inode, uint64_t uid, uint64_t gid)
{
    if (inode->operations)
        return -EPERM;
    if (inode->disk) {
        const struct file_request wish = {.set = ((int32_t)uid != -1 ? FILE_SET_UID : 0u) |
                                                 ((int32_t)gid != -1 ? FILE_SET_GID : 0u),
                                          .uid = (uint32_t)uid,
                                          .gid = (uint32_t)gid};
        return wish.set ? disk_set(thread, inode, &wish) : 0;
    }
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
    if (disk_call_is_begun(thread))
        return disk_call_result(thread, NULL);
    struct inode *inode = argument_inode(thread, a[0], a[1], a[4], &error);
    if (!inode)
        return error;
    error = owner_set(thread, inode, a[2], a[3]);
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
    if (disk_call_is_begun(thread))
        return disk_call_result(thread, NULL);
    const struct open_file *file = descriptor_file(thread, a[0]);
    return file ? owner_set(thread, file->inode, a[1], a[2]) : -EBADF;
}

static int64_t disk_time(struct linux_timespec time)
{
    struct linux_timespec set = time.nanoseconds == UTIME_NOW ? inode_now() : time;
    return set.seconds * (int64_t)NS_PER_SECOND + set.nanoseconds;
}

static int64_t disk_times_set(struct thread *thread, struct inode *inode, const struct linux_timespec times[2])
{
    struct file_request wish = {.atime = disk_time(times[0]), .mtime = disk_time(times[1])};
    wish.set = (times[0].nanoseconds != UTIME_OMIT ? FILE_SET_ATIME : 0u) |
               (times[1].nanoseconds != UTIME_OMIT ? FILE_SET_MTIME : 0u);
    return wish.set ? disk_set(thread, inode, &wish) : 0;
}

static int64_t times_set(struct thread *thread, const uint64_t *a, const struct linux_timespec times[2])
{
    int64_t error = 0;
    struct inode *inode;
    if (disk_call_is_begun(thread))
        return disk_call_result(thread, NULL);
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
    if (inode->disk) {
        error = disk_times_set(thread, inode, times);
        inode_release(inode);
        return error;
    }
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

static int64_t size_set(struct thread *thread, struct inode *inode, uint64_t size)
{
    if ((int64_t)size < 0 || !inode_is_regular(inode) || inode->operations)
        return inode_is_directory(inode) ? -EISDIR : -EINVAL;
    return inode->disk ? disk_set_size(thread, inode, size) : inode_set_size(inode, size);
}

int64_t call_truncate(struct thread *thread, const uint64_t *a)
{
    int64_t error;
    if (disk_call_is_begun(thread))
        return disk_call_result(thread, NULL);
    struct inode *inode = argument_inode(thread, WORKING_DIRECTORY, a[0], 0, &error);
    if (!inode)
        return error;
    error = size_set(thread, inode, a[1]);
    inode_release(inode);
    return error;
}

int64_t call_ftruncate(struct thread *thread, const uint64_t *a)
{
    if (disk_call_is_begun(thread))
        return disk_call_result(thread, NULL);
    const struct open_file *file = descriptor_file(thread, a[0]);
    if (!file)
        return -EBADF;
    return open_file_is_writable(file) ? size_set(thread, file->inode, a[1]) : -EINVAL;
}

int64_t call_fallocate(struct thread *thread, const uint64_t *a)
{
    if (disk_call_is_begun(thread))
        return disk_call_result(thread, NULL);
    const struct open_file *file = descriptor_file(thread, a[0]);
    if (!file || !open_file_is_writable(file))
        return -EBADF;
    if (a[1] || !inode_is_regular(file->inode))
        return a[1] ? -EOPNOTSUPP : -ENODEV;
    if ((int64_t)a[2] < 0 || (int64_t)a[3] <= 0 || a[2] + a[3] > INT64_MAX)
        return -EINVAL;
    return a[2] + a[3] > file->inode->size ? size_set(thread, file->inode, a[2] + a[3]) : 0;
}

/* The state of the file server's file system, once the thread has got it. */
static int64_t disk_state(struct thread *thread, uint64_t address)
{
    enum { EXT4 = 0xef53 };
    struct file_statistics statistics = thread->disk_call->statistics;
    int64_t error = disk_call_result(thread, NULL);
    if (error)
        return error;
    const struct linux_statfs state = {
        .type = EXT4,
        .block_size = (int64_t)statistics.block_bytes,
        .blocks = (int64_t)statistics.blocks,
        .blocks_free = (int64_t)statistics.free_blocks,
        .blocks_available = (int64_t)statistics.available_blocks,
        .files = (int64_t)statistics.files,
        .files_free = (int64_t)statistics.free_files,
        .name_length = NAME_MAX,
        .fragment_size = (int64_t)statistics.block_bytes,
    };
    return user_write_object(memory_of(thread), address, &state);
}

static int64_t file_system_state(struct thread *thread, const struct inode *inode, uint64_t address)
{
    enum { TMPFS = 0x01021994, PROC = 0x9fa0 };
    if (inode->disk)
        return disk_statistics(thread);
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
    if (disk_call_is_begun(thread))
        return disk_state(thread, a[1]);
    struct inode *inode = argument_inode(thread, WORKING_DIRECTORY, a[0], 0, &error);
    if (!inode)
        return error;
    error = file_system_state(thread, inode, a[1]);
    inode_release(inode);
    return error;
}

int64_t call_fstatfs(struct thread *thread, const uint64_t *a)
{
    if (disk_call_is_begun(thread))
        return disk_state(thread, a[1]);
    const struct open_file *file = descriptor_file(thread, a[0]);
    return file ? file_system_state(thread, file->inode, a[1]) : -EBADF;
}
