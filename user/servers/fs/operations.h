/*
 * What requests do, one function each (protocols/file.h states it). They fill in the answer's fields and return its result.
 *
 * A function that returns FILE_DAMAGED, FILE_FAILED or FILE_READ_ONLY may have done its work in part; after any other but FILE_OK
 * nothing has changed.
 */
#pragma once

#include "protocols/file.h"
#include <ext2fs/ext2fs.h>
#include <stdbool.h>

struct operation {
    struct file_request request;
    const char *name; /* the texts that the request reads, with a zero at their ends */
    const char *text;
    char *room; /* for the text that is answered: request.text.bytes of it */
    struct file_answer answer;
    unsigned parts;         /* that the disk has to do, */
    enum file_result worst; /* and what came of them */
    bool has_new_blocks;    /* a write: what it fails to write must not become the file's */
};

/* names.c */
enum file_result names_lookup(struct operation *operation);
enum file_result names_create(struct operation *operation);
enum file_result names_mkdir(struct operation *operation);
enum file_result names_symlink(struct operation *operation);
enum file_result names_link(struct operation *operation);
enum file_result names_unlink(struct operation *operation);
enum file_result names_rmdir(struct operation *operation);
enum file_result names_list(struct operation *operation);

/* rename.c */
enum file_result names_rename(struct operation *operation);

/* For rename.c: parts of names.c. The name in a directory; FILE_NOT_FOUND. */
struct inode;
enum file_result name_find(const struct inode *directory, const char *name, ext2_ino_t *number);
enum file_result name_add(struct inode *directory, const char *name, const struct inode *file);
enum file_result name_remove(struct inode *directory, const char *name, ext2_ino_t number);
/* FILE_NOT_EMPTY if there is anything but "." and "..". */
enum file_result directory_is_empty(const struct inode *directory);

/* files.c */
enum file_result files_attach(struct operation *operation);
enum file_result files_get(struct operation *operation);
enum file_result files_set(struct operation *operation);
enum file_result files_readlink(struct operation *operation);
enum file_result files_release(struct operation *operation);
enum file_result files_statistics(struct operation *operation);

/*
 * content.c: these begin what the disk has to do. If `parts` is not 0 afterwards, it is under way, and content_done is called with the
 * operation once it is over, while the disk is waited for or polled; `worst` is its result then.
 */
enum file_result content_read(struct operation *operation);
enum file_result content_write(struct operation *operation);
void content_done(struct operation *operation);

/* Zeros behind the file's end, in its last block: before the file becomes longer. */
struct inode;
enum file_result content_clear_tail(struct inode *inode);
