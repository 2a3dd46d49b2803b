/* Directories: the names in them, and walking a path from one to the next. Errors are negative Linux error numbers. */
#pragma once

#include "personality/linux/file/inode.h"

/* The inode behind a name, with a reference; null if there is none. "." and ".." are not names here. */
struct inode *directory_find(struct inode *directory, const char *name, size_t length);

/* Adds a name (which must be new) for an inode; the directory takes a reference of its own. */
int64_t directory_add(struct inode *directory, const char *name, size_t length, struct inode *inode);
void directory_remove(struct inode *directory, const char *name, size_t length);

/*
 * What is known of a directory of the file server: an inode for a name, or that there is none. `recall` is true if
 * something is known; it gives a reference, or null.
 */
void directory_remember(struct inode *directory, const char *name, size_t length, struct inode *inode);
bool directory_recall(struct inode *directory, const char *name, size_t length, struct inode **inode);
void directory_forget(struct inode *directory, const char *name, size_t length);
struct inode *directory_entry_inode(struct list *entry); /* of its list; null: there is no such name */
void directory_forget_entry(struct list *entry);
bool directory_is_empty(const struct inode *directory);
void directory_clear(struct inode *directory);

/* Visits ".", ".." and the names from `position` on (0: all). */
void directory_list(struct inode *directory, uint64_t position, directory_visitor *visit, void *context);

/* The directory that holds this one; itself for the root or if it was removed. Not counted. */
struct inode *directory_parent(struct inode *directory);

/* Writes the absolute path of a directory; its length with the zero byte, -ENOENT if it was removed, or -ERANGE. */
int64_t directory_path(struct inode *directory, char *path, size_t room);

/* Makes an inode of `mode` under a new name; null and an error if not. */
struct inode *directory_make(struct inode *directory, const char *name, size_t length, uint32_t mode, int64_t *error);

extern struct inode *root_directory;

/* Where a path led. Both inodes are counted; path_result_release gives them back. */
struct path_result {
    struct inode *parent; /* directory that holds, or would hold, the last name; the inode itself for "/" and ".." */
    struct inode *inode;  /* what the path names; null: the last name does not exist */
    const char *name;     /* the last name, valid until the next walk; length 0 for "/", "." and ".." at the end */
    size_t name_length;
    bool must_be_directory; /* the path ended with a slash */
};

enum { PATH_FOLLOW = 1 }; /* a link as the last name is followed */

/* Walks from `start` (or the root). 0, even if the last name does not exist, or an error. */
int64_t path_walk(struct inode *start, const char *path, unsigned flags, struct path_result *result);
void path_result_release(struct path_result *result);

/* The existing inode that a path names, with a reference, or null and an error. */
struct inode *path_find(struct inode *start, const char *path, unsigned flags, int64_t *error);
