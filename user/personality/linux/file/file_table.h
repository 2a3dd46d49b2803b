/* A process's descriptors: small numbers that stand for open files. */
#pragma once

#include "personality/linux/file/open_file.h"

enum { DESCRIPTOR_LIMIT = 480 };

struct file_table;

struct file_table *file_table_create(void); /* empty; null when memory is exhausted */
struct file_table *file_table_copy(const struct file_table *table);
void file_table_release(struct file_table *table);
void file_table_close_on_execute(struct file_table *table);

/* The open file (not counted for the caller), or null. */
struct open_file *file_table_get(const struct file_table *table, uint64_t descriptor);

/* The lowest free descriptor from `minimum` on stands for `file` now (whose reference it takes over), or -EMFILE. */
int64_t file_table_add(struct file_table *table, struct open_file *file, uint64_t minimum, bool close_on_execute);

bool file_table_is_full(const struct file_table *table);

/* `descriptor` stands for `file` now; what it stood for is closed. -EBADF if it is too large. */
int64_t file_table_set(struct file_table *table, uint64_t descriptor, struct open_file *file, bool close_on_execute);
int64_t file_table_close(struct file_table *table, uint64_t descriptor);
bool file_table_closes_on_execute(const struct file_table *table, uint64_t descriptor);
void file_table_set_close_on_execute(struct file_table *table, uint64_t descriptor, bool close);
