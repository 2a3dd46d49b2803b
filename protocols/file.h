/*
 * How files are kept: a pair of rings (user/ring) between a file server and its one client, which asks with handles and names; and
 * the client's memory for the content of files, which the disk reads and writes directly: the server never sees it.
 *
 *   client ──requests──►  server      the client's text region: names and link targets, that the server reads
 *          ◄──answers───              the server's text region: lists and link targets, that the client reads
 *   client's pages ◄────────────────► disk
 *
 * The client says where in either text region the texts of a request lie, or go, and divides both among its requests. Texts
 * have a length and no zero at the end. Permissions are the client's business; dates too: each request carries the present one,
 * which becomes mtime and ctime where they change. Reading does not change atime.
 *
 * Order. Requests take effect in the order in which they were sent. Answers come in any order. The client does not ask to read or
 * write a part of a file while another request that writes it is not answered: what would be there is not certain.
 *
 * What is certain when.
 * - A change of names or attributes (all operations but read, write and commit) is in the journal when it is answered: no
 *   restart of the server, or of what lies below it, undoes it. After a power cut either all of it is there or nothing, and nothing
 *   without what was answered before it.
 * - A write is not certain when it is answered, and is kept by the client.
 * - Answered with FILE_OK, FILE_COMMIT makes all certain that was answered before it was sent, also over power cuts.
 *
 * When the server was restarted, the rings tell (docs/rings.md): handles, cookies of lists and what is kept open stay valid.
 * The client then sends, in this order:
 * 1. every write that was answered since the last commit that was answered, as far as it still belongs to the file: not what it
 *    has cut off since, nor what is in files that are gone;
 * 2. what was not answered, in the order in which it was sent first, with FILE_REPEATED.
 * A repeated request that finds done what it asks for is answered with FILE_OK. To tell its own files from those of others, a
 * request that makes one carries a generation that no other of this client has: a name that refers to a file of that generation
 * has been made by it. What was removed, or moved, by an earlier try is counted as done: so the client asks only for what it
 * has seen by lookup or list (`other`; FILE_STALE if the name is another file by now), and sends no request on a name before it has the
 * answer to the one before it on the same name.
 *
 * When the client was restarted, the server accepts it once nothing of what its predecessor asked for touches its pages any more. Each
 * client's first request, and none of a client which goes on after a restart of the server, is FILE_ATTACH: it forgets what was kept open.
 *
 * Files without a name. A file whose last name is removed with FILE_KEEP (by unlink, rmdir or rename, of the file that gives way) stays
 * as it is, over restarts of the server too, until FILE_RELEASE or FILE_ATTACH. They are in the list of such files that ext4 has on the
 * disk, so that a power cut loses no space.
 */
#pragma once

#include "ring/ring.h"

enum file_operation {
    /* Operation and what it uses; `handle` is the file or the directory that is meant, `name` is in that directory. */
    FILE_ATTACH, /* -> the root's attributes; without a handle. Frees all that is kept. */
    FILE_LOOKUP, /* handle, name -> attributes. ".." works, "." too */
    FILE_GET,    /* handle -> attributes */
    FILE_SET,    /* handle, set, and of the fields below what it names -> attributes */
    FILE_READ,   /* handle, offset, bytes, ranges -> bytes, holes, attributes */
    FILE_WRITE,  /* handle, offset, bytes, ranges -> attributes. Makes the file longer where it ends behind its end. */
    FILE_COMMIT, /* without a handle: all that was answered before is certain */
    FILE_CREATE, /* handle, name, mode (with its type: any but directories and links), device, uid, gid, generation -> attributes */
    FILE_MKDIR,    /* handle, name, mode, uid, gid, generation -> attributes */
    FILE_SYMLINK,  /* handle, name, text, uid, gid, generation -> attributes */
    FILE_READLINK, /* handle, text (where it goes) -> bytes */
    FILE_LINK,     /* handle, name, other (the file) -> attributes of the file */
    FILE_UNLINK,   /* handle, name, other (the file, not a directory) */
    FILE_RMDIR,    /* handle, name, other (the directory) */
    FILE_RENAME, /* handle, name, other (the file); target, text (the new name): what it names gives way as in rename(2) */
    FILE_RELEASE, /* handle: frees a file without a name. One that has names, or is gone, is left alone. */
    FILE_LIST, /* handle, offset (a cookie; 0: from the start), text (where it goes) -> bytes of entries; 0: the end. Refused if there is no room for one. */
    FILE_STATISTICS, /* without a handle -> statistics */
    FILE_OPERATIONS
};

/* A file. One that is gone is not taken for a new one with the same inode: its generation is another. */
struct file_handle {
    uint32_t inode;
    uint32_t generation;
};

/* Whole pages of one of the client's buffers (numbered by the system's description; 0 is the first). */
struct file_range {
    uint64_t offset; /* a multiple of FILE_PAGE_BYTES */
    uint32_t bytes;  /* likewise, not 0 */
    uint32_t buffer;
};

/* A piece of one of the text regions. */
struct file_text {
    uint32_t offset;
    uint32_t bytes;
};

enum {
    FILE_PAGE_BYTES = 4096,
    FILE_MOST_RANGES = 8,
    FILE_MOST_PAGES = 64, /* of a read or a write */
    FILE_MOST_NAME_BYTES = 255,
    FILE_MOST_LINK_BYTES = 4095,
};

enum file_flag {
    FILE_REPEATED = 1,   /* sent before to a server that was restarted */
    FILE_KEEP = 2,       /* unlink, rmdir, rename: keep the file that loses its last name until it is released */
    FILE_NO_REPLACE = 4, /* rename: FILE_EXISTS if the new name is there */
};

/* What FILE_SET sets. */
enum file_set {
    FILE_SET_MODE = 1, /* the permission bits; the type stays */
    FILE_SET_UID = 2,
    FILE_SET_GID = 4,
    FILE_SET_SIZE = 8, /* `offset`: cuts, or lengthens by a hole, and sets mtime */
    FILE_SET_ATIME = 16,
    FILE_SET_MTIME = 32,
};

struct file_request {
    uint64_t id;        /* the client's, comes back with the answer */
    uint16_t operation; /* enum file_operation */
    uint16_t flags;     /* enum file_flag, of those that the operation knows */
    uint32_t set;       /* enum file_set */
    struct file_handle handle, target, other;
    struct file_text name; /* in the client's text region, 1 to FILE_MOST_NAME_BYTES, without a slash or a zero byte */
    struct file_text text; /* what is read lies in the client's text region, what is answered goes to the server's */
    uint64_t offset;       /* in the file: of reads and writes a multiple of FILE_PAGE_BYTES */
    uint32_t
        bytes; /* of the file to read or to write, from 1 to what the ranges hold, in no fewer pages than they have */
    uint32_t mode; /* as in struct stat: type and permissions */
    uint32_t uid, gid;
    uint32_t device;     /* of a device file: its number, as Linux encodes it in 32 bits */
    uint32_t generation; /* of the file that is made */
    int64_t time;        /* the present date: ns since 1970 */
    int64_t atime, mtime;
    uint32_t range_count, reserved;
    struct file_range ranges[FILE_MOST_RANGES]; /* where the content lies or goes, page after page */
};

struct file_attributes {
    struct file_handle handle;
    uint32_t mode; /* as in struct stat */
    uint32_t uid, gid;
    uint32_t links; /* 0: it has lost its last name */
    uint32_t device;
    uint32_t reserved;
    uint64_t size;               /* bytes */
    uint64_t used;               /* on the disk, in units of 512 bytes */
    int64_t atime, mtime, ctime; /* ns since 1970 */
};

struct file_statistics {
    uint64_t block_bytes, blocks, free_blocks, available_blocks; /* available: to others than root */
    uint64_t files, free_files;
};

enum file_result {
    FILE_OK,
    FILE_REFUSED,        /* not a request that can be: EINVAL; also a directory that would be moved into itself */
    FILE_NOT_FOUND,      /* ENOENT */
    FILE_STALE,          /* no file has this handle: ESTALE */
    FILE_EXISTS,         /* EEXIST */
    FILE_NOT_DIRECTORY,  /* ENOTDIR */
    FILE_IS_DIRECTORY,   /* EISDIR */
    FILE_NOT_EMPTY,      /* ENOTEMPTY */
    FILE_NO_SPACE,       /* ENOSPC */
    FILE_TOO_LARGE,      /* EFBIG */
    FILE_TOO_MANY_LINKS, /* EMLINK */
    FILE_READ_ONLY,      /* EROFS: the disk is, or was found damaged, and is no longer written to */
    FILE_DAMAGED,        /* what is on the disk cannot be: EIO */
    FILE_FAILED,         /* the disk could not do it: EIO */
    FILE_NO_DEVICE,      /* there is no disk, or no file system on it that this server knows: ENODEV */
};

/*
 * Content. A read fills pages up to the end of the file: `bytes` of the answer says how many bytes of the file there were. Bytes of the
 * last page behind these are what they happen to be, and pages behind that are not touched: the client clears them. Pages of holes
 * are not touched either: `holes` has a bit for each (bit n: the n-th page of the request), and the client clears them.
 * A write takes whole pages: what lies behind `bytes` in the last one is zeros, or the file's further content.
 */
struct file_answer {
    uint64_t id;
    uint32_t result; /* enum file_result; the rest counts if it is FILE_OK */
    uint32_t bytes;  /* of a read, of a text */
    uint64_t holes;
    union {
        struct file_attributes attributes; /* after the request */
        struct file_statistics statistics;
    };
};

/* An entry of a list: `entry_bytes` to the next one, a multiple of 8. "." and ".." are among them. */
struct file_entry {
    uint64_t cookie; /* where a list goes on behind this entry; valid as long as the directory is there */
    uint32_t inode;
    uint16_t entry_bytes;
    uint8_t type; /* as in the mode, bits 12 to 15 of it; 0: not known */
    uint8_t name_bytes;
    char name[];
};

enum { FILE_RING_ENTRIES = 64 };
#define FILE_REQUESTS ((struct ring_shape){FILE_RING_ENTRIES, sizeof(struct file_request)})
#define FILE_ANSWERS  ((struct ring_shape){FILE_RING_ENTRIES, sizeof(struct file_answer)})

/* Either side's region of rings, and either side's region of texts. */
enum { FILE_REGION_BYTES = 0x6000, FILE_TEXT_BYTES = 0x10000 };

_Static_assert(sizeof(struct file_request) % 8 == 0 && sizeof(struct file_answer) % 8 == 0, "entries are whole words");
_Static_assert(FILE_RING_ENTRIES * sizeof(struct file_request) + 256 <= FILE_REGION_BYTES,
               "requests fit in the region");
