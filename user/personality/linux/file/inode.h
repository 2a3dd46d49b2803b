/*
 * Inodes: files, directories, links and devices, whatever file system they are in.
 *
 * A regular file of the in-memory file system holds frames; a directory holds names. Pseudo files (/proc) make their
 * contents when they are opened. Inodes are counted: a name, an open file, a mapping and a working directory each hold
 * one. Functions that give an inode give a reference with it. Errors are negative Linux error numbers.
 */
#pragma once

#include "personality/linux/abi/file.h"
#include "personality/linux/support/list.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct disk_file;
struct inode;
struct text;
struct pipe;
struct unix_socket;

/* Receives one name of a directory; false: no room, stop. `next` is the position to go on from. */
typedef bool directory_visitor(void *context, const char *name, uint64_t number, uint32_t mode, uint64_t next);

/* What a pseudo file system supplies. Null members mean the in-memory file system's own behaviour. */
struct inode_operations {
    struct inode *(*lookup)(struct inode *directory, const char *name, size_t length);
    void (*list)(struct inode *directory, uint64_t position, directory_visitor *visit, void *context);
    int64_t (*read_link)(struct inode *link, char *target, size_t room);
    struct inode *(*follow)(struct inode *link); /* where a link leads, if its text does not say it; may give null */
    void (*generate)(struct inode *file, struct text *text); /* contents of a pseudo file */
};

/* A page's place holds its frame and, for files of the file server, its state (disk/pages.h). */
#define PAGE_DIRTY         (1u << 31) /* the server has not got it */
#define PAGE_WRITING       (1u << 30) /* it is on its way there */
#define PAGE_UNCOMMITTED_0 (1u << 29) /* written, but not certain: until one commit, */
#define PAGE_UNCOMMITTED_1 (1u << 28) /* or until the next one */
#define PAGE_READING       (1u << 27) /* it is on its way here, and not to be used */
#define PAGE_FRAME         ((1u << 27) - 1)
#define PAGE_FLAGS         (~PAGE_FRAME)

enum { INODE_DIRECT_PAGES = 8, INODE_TABLE_ENTRIES = 1024 };
#define INODE_MOST_PAGES ((uint64_t)INODE_TABLE_ENTRIES * INODE_TABLE_ENTRIES + INODE_DIRECT_PAGES)
#define INODE_MOST_BYTES (INODE_MOST_PAGES * PAGE_SIZE)

struct file_pages {
    uint32_t direct[INODE_DIRECT_PAGES];
    uint32_t table; /* frame with 1,024 frames with 1,024 frames each: the rest of up to 4 GiB */
};

struct inode {
    unsigned references;
    unsigned mappings; /* regions of address spaces */
    unsigned opened;   /* open files; for pipes with a name, and for the open count of directories */
    uint32_t mode;     /* type and permissions */
    uint32_t uid, gid;
    uint32_t links;
    uint64_t number;
    uint64_t size;
    struct linux_timespec accessed, modified, changed;
    const struct inode_operations *operations; /* null: in-memory file system, or the file server's */
    struct disk_file *disk;                    /* null: not the file server's */
    union {
        struct file_pages pages; /* regular file */
        struct {
            struct list entries;
            struct inode *parent; /* not counted; itself for the root; null once removed */
            char *name;           /* its own entry's name, for getcwd; null for the root */
        } directory;
        char *link_target;
        uint64_t device;            /* character device: linux_device number */
        struct pipe *pipe;          /* named pipe, while it is open */
        struct unix_socket *socket; /* bound to this name; null once it is closed */
        struct {
            uint64_t key; /* process number and kind of a /proc file */
            struct inode *parent;
        } pseudo;
    };
};

/* Makes an inode with one reference and no name; null when memory is exhausted. Timestamps are now. */
struct inode *inode_create(uint32_t mode);
void inode_reference(struct inode *inode);
void inode_release(struct inode *inode);
void inode_touch_modified(struct inode *inode);
struct linux_timespec inode_now(void);

static inline bool inode_is_directory(const struct inode *inode)
{
    return (inode->mode & S_IFMT) == S_IFDIR;
}
static inline bool inode_is_regular(const struct inode *inode)
{
    return (inode->mode & S_IFMT) == S_IFREG;
}
static inline bool inode_is_link(const struct inode *inode)
{
    return (inode->mode & S_IFMT) == S_IFLNK;
}

/* The place that holds the frame of a page of a regular file; null: none (not made, or memory is exhausted). */
uint32_t *inode_page_place(struct inode *file, uint64_t page, bool make);

/* The frame that holds a page of a regular file; made (zeroed) if `make`; 0: none, or memory is exhausted. */
uint32_t inode_frame(struct inode *file, uint64_t page, bool make);
uint64_t inode_mappable_bytes(const struct inode *file); /* size rounded up to a page; 0 if it cannot be mapped */
int64_t inode_set_size(struct inode *file, uint64_t size);

/* Copies between a regular file and the personality's own memory; the bytes copied or an error. */
int64_t inode_read(struct inode *file, uint64_t offset, void *to, size_t bytes);
int64_t inode_write(struct inode *file, uint64_t offset, const void *from, size_t bytes);
uint64_t inode_pages_used(const struct inode *file);

void inode_stat(const struct inode *inode, struct linux_stat *stat);
