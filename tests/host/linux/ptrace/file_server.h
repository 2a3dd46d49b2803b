/*
 * A file server (protocols/file.h) of plain memory that is restarted again and again: what was written and not committed is gone
 * then, and so are the requests that were not answered. Changes of names outlive that; a name that begins with ".uncertain" is there as long
 * as there are some that a power cut would undo, and ".lost text" as long as no file would begin with that text after one. The size of a
 * file with the mode S_ISVTX cannot be changed, and one with S_ISGID has another handle after a restart. In its root there is a file with the names "name" and "other".
 */
#pragma once

#include "personality/linux/machine.h"

#include <stdbool.h>

/* The disk reaches `bytes` of memory at `buffer`. `has_disk`: false for a server that has none. */
void file_server_start(char *buffer, size_t bytes, bool has_disk);
const struct machine_files *file_server_regions(void);

/* From now on one answer of a few is not true, and may be one that cannot be. */
void file_server_lie(void);

/* From now on some of what is read is not what was written. */
void file_server_be_wrong(void);

/* Whether there are changes that a power cut would undo. */
bool file_server_is_uncertain(void);

/* Serves a few requests, now and then from a new start. True: it has done something, which `run` notifies the client of. */
bool file_server_step(void);
bool file_server_run(void);
