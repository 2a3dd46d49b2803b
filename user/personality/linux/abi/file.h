/* Linux constants and layouts (x86_64) of files, directories, descriptors and polling. */
#pragma once

#include <stdint.h>

enum {
    O_ACCMODE = 03,
    O_RDONLY = 00,
    O_WRONLY = 01,
    O_RDWR = 02,
    O_CREAT = 0100,
    O_EXCL = 0200,
    O_NOCTTY = 0400,
    O_TRUNC = 01000,
    O_APPEND = 02000,
    O_NONBLOCK = 04000,
    O_LARGEFILE = 0100000,
    O_DIRECTORY = 0200000,
    O_NOFOLLOW = 0400000,
    O_CLOEXEC = 02000000,
    O_PATH = 010000000,
};

enum {
    S_IFMT = 0170000,
    S_IFSOCK = 0140000,
    S_IFLNK = 0120000,
    S_IFREG = 0100000,
    S_IFBLK = 0060000,
    S_IFDIR = 0040000,
    S_IFCHR = 0020000,
    S_IFIFO = 0010000,
};

enum { SEEK_SET, SEEK_CUR, SEEK_END };

enum {
    AT_FDCWD = -100,
    AT_SYMLINK_NOFOLLOW = 0x100,
    AT_REMOVEDIR = 0x200,
    AT_SYMLINK_FOLLOW = 0x400,
    AT_EMPTY_PATH = 0x1000,
};

enum {
    F_DUPFD = 0,
    F_GETFD = 1,
    F_SETFD = 2,
    F_GETFL = 3,
    F_SETFL = 4,
    F_GETLK = 5,
    F_SETLK = 6,
    F_SETLKW = 7,
    F_DUPFD_CLOEXEC = 1030,
    F_GETPIPE_SZ = 1032,
    FD_CLOEXEC = 1,
    F_UNLCK = 2,
};

enum {
    POLLIN = 0x01,
    POLLPRI = 0x02,
    POLLOUT = 0x04,
    POLLERR = 0x08,
    POLLHUP = 0x10,
    POLLNVAL = 0x20,
    POLLRDNORM = 0x40,
    POLLWRNORM = 0x100,
    POLLRDHUP = 0x2000,
    POLL_READABLE = POLLIN | POLLRDNORM,
    POLL_WRITABLE = POLLOUT | POLLWRNORM,
    POLL_ANYTHING = 0xffff,
};

enum { UTIME_NOW = 0x3fffffff, UTIME_OMIT = 0x3ffffffe };

enum { RENAME_NOREPLACE = 1, PATH_MAX = 4096, NAME_MAX = 255, IOV_MAX = 1024 };

struct linux_timespec {
    int64_t seconds;
    int64_t nanoseconds;
};

struct linux_timeval {
    int64_t seconds;
    int64_t microseconds;
};

struct linux_stat {
    uint64_t device;
    uint64_t inode;
    uint64_t links;
    uint32_t mode;
    uint32_t uid;
    uint32_t gid;
    uint32_t padding;
    uint64_t special_device;
    int64_t size;
    int64_t block_size;
    int64_t blocks; /* of 512 bytes */
    struct linux_timespec accessed;
    struct linux_timespec modified;
    struct linux_timespec changed;
    int64_t unused[3];
};
_Static_assert(sizeof(struct linux_stat) == 144, "struct stat of x86_64");

struct linux_statx_time {
    int64_t seconds;
    uint32_t nanoseconds;
    int32_t padding;
};

struct linux_statx {
    uint32_t mask;
    uint32_t block_size;
    uint64_t attributes;
    uint32_t links;
    uint32_t uid;
    uint32_t gid;
    uint16_t mode;
    uint16_t padding;
    uint64_t inode;
    uint64_t size;
    uint64_t blocks;
    uint64_t attributes_mask;
    struct linux_statx_time accessed;
    struct linux_statx_time born;
    struct linux_statx_time changed;
    struct linux_statx_time modified;
    uint32_t special_major;
    uint32_t special_minor;
    uint32_t device_major;
    uint32_t device_minor;
    uint64_t unused[14];
};
_Static_assert(sizeof(struct linux_statx) == 256, "struct statx");

enum { STATX_BASIC_STATS = 0x7ff };

struct linux_statfs {
    int64_t type;
    int64_t block_size;
    int64_t blocks;
    int64_t blocks_free;
    int64_t blocks_available;
    int64_t files;
    int64_t files_free;
    int32_t id[2];
    int64_t name_length;
    int64_t fragment_size;
    int64_t flags;
    int64_t unused[4];
};
_Static_assert(sizeof(struct linux_statfs) == 120, "struct statfs of x86_64");

/* The head of a directory entry; the name follows, ended by a zero byte, the whole rounded up to 8 bytes. */
struct linux_directory_entry {
    uint64_t inode;
    int64_t next_offset;
    uint16_t record_length;
    uint8_t type; /* the S_IFMT bits of the mode, shifted right by 12 */
} __attribute__((packed));

struct linux_iovec {
    uint64_t base;
    uint64_t length;
};

struct linux_pollfd {
    int32_t descriptor;
    int16_t events;
    int16_t revents;
};

struct linux_flock {
    int16_t type;
    int16_t whence;
    int32_t padding;
    int64_t start;
    int64_t length;
    int32_t pid;
    int32_t padding_end;
};

/* A device number as Linux packs it. */
static inline uint64_t linux_device(uint32_t major, uint32_t minor)
{
    return ((uint64_t)(major & 0xfff) << 8) | (minor & 0xff) | ((uint64_t)(minor & ~0xffu) << 12);
}
