/*
 * What all parts of the tool share: errors, memory, files, text. The tool reports the first error and ends: there is
 * nothing to give back, so nothing is freed.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* How the tool ends. */
enum exit_status { STATUS_OK = 0, STATUS_ERROR = 1, STATUS_USAGE = 2 };

/* A position in a file; lines and columns count from 1. */
struct place {
    const char *file;
    unsigned long line, column;
};

/* Each prints "Error: ..." and ends the tool. */
_Noreturn void fail(const char *format, ...) __attribute__((format(printf, 1, 2)));
_Noreturn void fail_at(struct place place, const char *format, ...) __attribute__((format(printf, 2, 3)));

void *allocate(size_t bytes); /* zeroed */
char *text_format(const char *format, ...) __attribute__((format(printf, 1, 2)));
char *text_copy(const char *text);
bool text_is(const char *a, const char *b);

/* Room for one more item of a growing array, zeroed. */
void *array_add(void **items, size_t *count, size_t item_bytes);
#define ADD(items, count) array_add((void **)&(items), &(count), sizeof(*(items)))

/* A file's bytes, followed by a 0 that is not counted. */
struct file_bytes {
    uint8_t *data;
    size_t size;
};

/* False: errno says why. */
bool file_read(const char *path, struct file_bytes *bytes);
void file_write(const char *path, const void *data, size_t size); /* or fails */

/* Where files that a description names are looked for: in order, then in the current folder. */
struct search_path {
    const char **folders;
    size_t count;
};

/* The path of a file that exists, or null. */
char *search(const struct search_path *path, const char *name);

uint64_t round_up(uint64_t value, uint64_t unit);
