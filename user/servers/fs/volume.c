#include "servers/fs/volume.h"

#include "servers/fs/cache.h"
#include "servers/fs/disk.h"
#include "servers/fs/log_channel.h"
#include "servers/fs/transaction.h"
#include <ext2fs_journal.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { NS_PER_SECOND = 1000000000, EPOCH_BITS = 2, SMALL_INODE_BYTES = 128, INODE_CACHE_COUNT = 32 };
enum { DEVICE_SHORT_MOST = 0xffff }; /* device numbers that fit in their old form */

ext2_filsys volume;

static int64_t now_ns;
/* Files without a name, in no order; the list on the disk begins with the superblock's s_last_orphan. */
static ext2_ino_t *kept;
static size_t kept_count, kept_room;

/* --- mounting ------------------------------------------------------------------------------------------------------- */

static errcode_t open_volume(void)
{
    errcode_t error = ext2fs_open("disk", EXT2_FLAG_RW | EXT2_FLAG_64BITS, 0, 0, &cache_manager, &volume);
    if (error || !ext2fs_has_feature_journal_needs_recovery(volume->super))
        return error;
    error = ext2fs_run_ext3_journal(&volume);
    /* The log is written past the cache from now on. */
    cache_drop();
    return error;
}

static const char *check_features(void)
{
    struct ext2_super_block *super = volume->super;
    if (volume->blocksize != VOLUME_BLOCK_BYTES)
        return "blocks are not of 4 KiB";
    if (!ext2fs_has_feature_journal(super) || super->s_journal_inum == 0)
        return "no journal";
    if (!ext2fs_has_feature_extents(super) || !ext2fs_has_feature_filetype(super) ||
        ext2fs_has_feature_bigalloc(super) || ext2fs_has_feature_inline_data(super) ||
        ext2fs_has_feature_encrypt(super) || ext2fs_has_feature_mmp(super) || ext2fs_has_feature_quota(super) ||
        ext2fs_has_feature_casefold(super) || ext2fs_has_feature_orphan_file(super))
        return "features that this server does not know";
    if (super->s_state & EXT2_ERROR_FS)
        return "errors, which e2fsck has to mend";
    return NULL;
}

static bool is_inode_number(ext2_ino_t number)
{
    return number == EXT2_ROOT_INO ||
           (number >= EXT2_FIRST_INO(volume->super) && number <= volume->super->s_inodes_count);
}

static bool keep(ext2_ino_t number)
{
    if (kept_count == kept_room) {
        size_t room = kept_room ? 2 * kept_room : 16;
        ext2_ino_t *larger = realloc(kept, room * sizeof *larger);
        if (!larger)
            return false;
        kept = larger;
        kept_room = room;
    }
    kept[kept_count++] = number;
    return true;
}

static bool is_kept(ext2_ino_t number)
{
    for (size_t i = 0; i < kept_count; i++) {
        if (kept[i] == number)
            return true;
    }
    return false;
}

/* The files in the list on the disk. Each is there once, so a list that comes back to one is damaged. */
static const char *load_kept(void)
{
    for (ext2_ino_t number = volume->super->s_last_orphan; number;) {
        struct inode inode;
        if (!is_inode_number(number) || is_kept(number) || inode_read(number, &inode) != FILE_OK ||
            inode.raw.i_links_count || !keep(number))
            return "a damaged list of files without a name";
        number = inode.raw.i_dtime;
    }
    return NULL;
}

enum file_result volume_mount(const char **why)
{
    uint64_t sectors;
    *why = "no disk";
    if (disk_size(&sectors) != DISK_OK)
        return FILE_NO_DEVICE;
    io_channel log = log_channel_start(0);
    cache_start(LOG_CHANNEL_BYTES, disk_memory_bytes - LOG_CHANNEL_BYTES - VOLUME_BLOCK_BYTES);
    cache_set_through(true);
    *why = "no file system of type ext4, or a damaged one";
    if (open_volume())
        return FILE_NO_DEVICE;
    *why = check_features();
    if (*why)
        return FILE_NO_DEVICE;
    *why = "not enough memory, or damaged";
    volume->default_bitmap_type = EXT2FS_BMAP64_BITARRAY;
    if (ext2fs_read_bitmaps(volume) || ext2fs_create_inode_cache(volume, INODE_CACHE_COUNT))
        return FILE_NO_DEVICE;
    *why = "a journal that is too small for it";
    if (transaction_start(volume, log))
        return FILE_NO_DEVICE;
    *why = load_kept();
    return *why ? FILE_NO_DEVICE : FILE_OK;
}

enum file_result volume_result(errcode_t error)
{
    switch (error) {
    case 0:
        return FILE_OK;
    case EXT2_ET_FILE_NOT_FOUND:
        return FILE_NOT_FOUND;
    case EXT2_ET_NO_DIRECTORY:
        return FILE_NOT_DIRECTORY;
    case EXT2_ET_BLOCK_ALLOC_FAIL:
    case EXT2_ET_INODE_ALLOC_FAIL:
    case EXT2_ET_DIR_NO_SPACE:
        return FILE_NO_SPACE;
    case EXT2_ET_FILE_TOO_BIG:
        return FILE_TOO_LARGE;
    case EXT2_ET_RO_FILSYS:
        return FILE_READ_ONLY;
    case EXT2_ET_SHORT_READ:
    case EXT2_ET_SHORT_WRITE:
    case EXT2_ET_NO_MEMORY:
        return FILE_FAILED;
    default:
        return FILE_DAMAGED;
    }
}

void volume_set_time(int64_t ns)
{
    now_ns = ns;
    /* 0 would be: ask for the time. */
    volume->now = ns >= NS_PER_SECOND ? (time_t)(ns / NS_PER_SECOND) : 1;
}

/* --- inodes --------------------------------------------------------------------------------------------------------- */

enum file_result inode_read(ext2_ino_t number, struct inode *inode)
{
    inode->number = number;
    if (!is_inode_number(number))
        return FILE_DAMAGED;
    memset(&inode->raw, 0, sizeof inode->raw);
    return volume_result(ext2fs_read_inode_full(volume, number, inode_small(inode), sizeof inode->raw));
}

enum file_result inode_open(struct file_handle handle, struct inode *inode)
{
    if (!is_inode_number(handle.inode))
        return FILE_STALE;
    enum file_result result = inode_read(handle.inode, inode);
    if (result != FILE_OK)
        return result;
    bool is_there = inode->raw.i_links_count || is_kept(handle.inode);
    return is_there && inode->raw.i_generation == handle.generation ? FILE_OK : FILE_STALE;
}

enum file_result inode_write(struct inode *inode)
{
    return volume_result(ext2fs_write_inode_full(volume, inode->number, inode_small(inode), sizeof inode->raw));
}

bool inode_is_directory(const struct inode *inode)
{
    return LINUX_S_ISDIR(inode->raw.i_mode);
}

bool inode_is_regular(const struct inode *inode)
{
    return LINUX_S_ISREG(inode->raw.i_mode);
}

uint64_t inode_size(const struct inode *inode)
{
    return EXT2_I_SIZE(&inode->raw);
}

/* Whether the inode has the longer form of times, which end at `end`. */
static bool has_long_times(const struct inode *inode, size_t end)
{
    return EXT2_INODE_SIZE(volume->super) > SMALL_INODE_BYTES &&
           (size_t)SMALL_INODE_BYTES + inode->raw.i_extra_isize >= end;
}

/* Seconds since 1970, with two more bits of them and the nanoseconds in a second field. Nanoseconds have an end in 2262. */
static int64_t time_from(uint32_t seconds, uint32_t extra)
{
    int64_t whole = (int32_t)seconds + ((int64_t)(extra & ((1u << EPOCH_BITS) - 1)) << 32);
    return whole < INT64_MAX / NS_PER_SECOND - 1 ? whole * NS_PER_SECOND + (extra >> EPOCH_BITS) : INT64_MAX;
}

static void time_to(int64_t ns, uint32_t *seconds, uint32_t *extra)
{
    int64_t whole = ns / NS_PER_SECOND, rest = ns % NS_PER_SECOND;
    if (rest < 0) {
        whole--;
        rest += NS_PER_SECOND;
    }
    /* The first date that there is. */
    if (whole < INT32_MIN)
        whole = INT32_MIN;
    *seconds = (uint32_t)whole;
    *extra = (uint32_t)(((whole - (int32_t)whole) >> 32) & ((1u << EPOCH_BITS) - 1)) | (uint32_t)rest << EPOCH_BITS;
}

#define TIME_END(name) (offsetof(struct ext2_inode_large, i_##name##_extra) + sizeof(uint32_t))
#define TIME_GET(inode, name)                                                                                          \
    time_from((inode)->raw.i_##name, has_long_times(inode, TIME_END(name)) ? (inode)->raw.i_##name##_extra : 0)
#define TIME_SET(inode, name, ns)                                                                                      \
    do {                                                                                                               \
        uint32_t extra;                                                                                                \
        time_to(ns, &(inode)->raw.i_##name, &extra);                                                                   \
        if (has_long_times(inode, TIME_END(name)))                                                                     \
            (inode)->raw.i_##name##_extra = extra;                                                                     \
    } while (0)

void inode_set_times(struct inode *inode, unsigned times, int64_t ns)
{
    if (times & INODE_ATIME)
        TIME_SET(inode, atime, ns);
    if (times & INODE_MTIME)
        TIME_SET(inode, mtime, ns);
    if (times & INODE_CTIME)
        TIME_SET(inode, ctime, ns);
}

void inode_touch(struct inode *inode, unsigned times)
{
    inode_set_times(inode, times, now_ns);
}

static bool is_device(uint32_t mode)
{
    return LINUX_S_ISCHR(mode) || LINUX_S_ISBLK(mode);
}

void inode_describe(const struct inode *inode, struct file_attributes *attributes)
{
    const struct ext2_inode_large *raw = &inode->raw;
    *attributes = (struct file_attributes){
        .handle = {inode->number, raw->i_generation},
        .mode = raw->i_mode,
        .uid = inode_uid(*raw),
        .gid = inode_gid(*raw),
        .links = raw->i_links_count,
        .size = inode_size(inode),
        .used = ext2fs_get_stat_i_blocks(volume, (struct ext2_inode *)(uintptr_t)raw),
        .atime = TIME_GET(inode, atime),
        .mtime = TIME_GET(inode, mtime),
        .ctime = TIME_GET(inode, ctime),
    };
    if (is_device(raw->i_mode))
        attributes->device = raw->i_block[0] ? raw->i_block[0] : raw->i_block[1];
}

enum file_result inode_choose(const struct inode *directory, uint32_t mode, ext2_ino_t *number)
{
    return volume_result(ext2fs_new_inode(volume, directory->number, (int)mode, NULL, number));
}

void inode_make(ext2_ino_t number, const struct file_request *request, uint32_t mode, struct inode *inode)
{
    *inode = (struct inode){.number = number};
    struct ext2_inode_large *raw = &inode->raw;
    raw->i_mode = (uint16_t)mode;
    raw->i_uid = (uint16_t)request->uid;
    raw->i_gid = (uint16_t)request->gid;
    ext2fs_set_i_uid_high(*raw, request->uid >> 16);
    ext2fs_set_i_gid_high(*raw, request->gid >> 16);
    raw->i_links_count = 1;
    raw->i_generation = request->generation;
    if (EXT2_INODE_SIZE(volume->super) > SMALL_INODE_BYTES)
        raw->i_extra_isize = sizeof *raw - SMALL_INODE_BYTES;
    inode_touch(inode, INODE_ATIME | INODE_MTIME | INODE_CTIME);
    TIME_SET(inode, crtime, now_ns);
    if (is_device(mode)) {
        raw->i_block[request->device > DEVICE_SHORT_MOST] = request->device;
    } else if (LINUX_S_ISREG(mode) || LINUX_S_ISDIR(mode)) {
        ext2_extent_handle_t extents;
        raw->i_flags |= EXT4_EXTENTS_FL;
        /* This puts an empty tree of extents into the inode. */
        if (!ext2fs_extent_open2(volume, number, inode_small(inode), &extents))
            ext2fs_extent_free(extents);
    }
}

void inode_take(const struct inode *inode)
{
    ext2fs_inode_alloc_stats2(volume, inode->number, 1, inode_is_directory(inode));
    transaction_note_inode(inode->number);
}

enum file_result inode_cut(struct inode *inode, uint64_t first_block)
{
    if (!ext2fs_inode_has_valid_blocks2(volume, inode_small(inode)))
        return FILE_OK;
    /* Nothing may be on its way to, or from, blocks that are free. */
    disk_wait();
    return volume_result(ext2fs_punch(volume, inode->number, inode_small(inode), NULL, first_block, ~0ull));
}

/* --- files without a name ------------------------------------------------------------------------------------------- */

static enum file_result free_inode(struct inode *inode)
{
    enum file_result result = inode_cut(inode, 0);
    if (result == FILE_OK && ext2fs_file_acl_block(volume, inode_small(inode)))
        result = volume_result(ext2fs_free_ext_attr(volume, inode->number, &inode->raw));
    if (result != FILE_OK)
        return result;
    inode->raw.i_links_count = 0;
    inode->raw.i_dtime = (uint32_t)volume->now;
    ext2fs_inode_size_set(volume, inode_small(inode), 0);
    result = inode_write(inode);
    if (result == FILE_OK) {
        ext2fs_inode_alloc_stats2(volume, inode->number, -1, inode_is_directory(inode));
        transaction_note_inode(inode->number);
    }
    return result;
}

enum file_result inode_lose(struct inode *inode, bool is_to_be_kept)
{
    inode->raw.i_links_count = 0;
    if (!is_to_be_kept)
        return free_inode(inode);
    inode->raw.i_dtime = volume->super->s_last_orphan;
    enum file_result result = inode_write(inode);
    if (result != FILE_OK)
        return result;
    if (!keep(inode->number))
        return FILE_FAILED;
    volume->super->s_last_orphan = inode->number;
    return FILE_OK;
}

/* Takes a file out of the list on the disk. */
static enum file_result unchain(const struct inode *inode)
{
    if (volume->super->s_last_orphan == inode->number) {
        volume->super->s_last_orphan = inode->raw.i_dtime;
        return FILE_OK;
    }
    ext2_ino_t number = volume->super->s_last_orphan;
    for (size_t steps = 0; number && steps < kept_count; steps++) {
        struct inode before;
        enum file_result result = inode_read(number, &before);
        if (result != FILE_OK)
            return result;
        if (before.raw.i_dtime == inode->number) {
            before.raw.i_dtime = inode->raw.i_dtime;
            return inode_write(&before);
        }
        number = before.raw.i_dtime;
    }
    return FILE_DAMAGED;
}

enum file_result inode_release(struct inode *inode)
{
    for (size_t i = 0; i < kept_count; i++) {
        if (kept[i] != inode->number)
            continue;
        enum file_result result = unchain(inode);
        if (result != FILE_OK)
            return result;
        kept[i] = kept[--kept_count];
        return free_inode(inode);
    }
    return FILE_OK;
}

enum file_result inode_release_all(void)
{
    while (kept_count) {
        struct inode inode;
        enum file_result result = inode_read(kept[kept_count - 1], &inode);
        if (result == FILE_OK)
            result = inode_release(&inode);
        if (result != FILE_OK)
            return result;
        if (transaction_is_large() && transaction_commit(false))
            return FILE_READ_ONLY;
    }
    return FILE_OK;
}
