/*
 * Reading and writing a program's memory. A program's pointers are hostile: every access goes through its regions and
 * page map, and what is not there gives -EFAULT (or -ENOMEM when memory for it cannot be had).
 */
#pragma once

#include "personality/linux/memory/address_space.h"
#include <stddef.h>

/* 0 or a negative error; on an error part of it may have been copied. */
int64_t user_read(struct address_space *space, void *to, uint64_t address, size_t bytes);
int64_t user_write(struct address_space *space, uint64_t address, const void *from, size_t bytes);
int64_t user_clear(struct address_space *space, uint64_t address, size_t bytes);

/* Copies a string with its zero byte; its length, or -EFAULT, or -ENAMETOOLONG if it does not fit into `room`. */
int64_t user_read_string(struct address_space *space, char *to, uint64_t address, size_t room);

/* The length of a string, at most `limit` (then -E2BIG). */
int64_t user_string_length(struct address_space *space, uint64_t address, size_t limit);

/* The piece of memory at `address` up to the end of its page, at most *bytes (shortened); null and a reason if none. */
void *user_piece(struct address_space *space, uint64_t address, size_t *bytes, enum access access, int64_t *error);

/* How many of the bytes at `address` can be read, at most `bytes`; 0 and a reason if none of them. */
size_t user_readable_bytes(struct address_space *space, uint64_t address, size_t bytes, int64_t *error);

#define user_read_object(space, object, address)  user_read((space), (object), (address), sizeof *(object))
#define user_write_object(space, address, object) user_write((space), (address), (object), sizeof *(object))
