/*
 * A disk for the file server, in a file that is mapped: requests end in any order, and what is not flushed can be lost.
 */
#pragma once

#include "servers/fs/disk.h"

enum { IMAGE_BLOCK_BYTES = 4096, IMAGE_CLIENT_BYTES = 64 * IMAGE_BLOCK_BYTES };

/* The client's pages. */
extern uint8_t image_client_pages[IMAGE_CLIENT_BYTES];

/* Maps the file; processes that are forked afterwards share it. False if it cannot be. */
bool image_open(const char *path);

/* The image. */
uint8_t *image_memory(size_t *bytes);

/* From now on it is a copy that only this process sees. */
void image_copy(void);

/* In the process that is to be the file server: gives it its memory. Instead of writing a block after so many, `cut` is called, which does not return. */
void image_start(uint64_t *random_state, uint64_t blocks_before_cut, void (*cut)(void));

enum image_work { IMAGE_READ, IMAGE_WRITE, IMAGE_FLUSH };

/* Asked about each request when it begins: true if the disk cannot do it. Null: it can do all. */
extern bool (*image_fails)(enum image_work work, struct disk_range range);

/* Of what was not flushed, some is lost. */
void image_lose_some(uint64_t *random_state);

/* Says what is wrong, and ends the process. */
_Noreturn void image_wrong(const char *what, uint64_t a, uint64_t b);
