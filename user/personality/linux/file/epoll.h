/*
 * Epolls: sets of open files, and which of them something may have happened to.
 *
 * An item watches its file's channel. A wake that may have brought what it is interested in puts it on its epoll's list of
 * candidates, and only these are asked for their POLL bits. An item that is found ready stays a candidate, unless it is
 * edge-triggered. It holds no reference to the file: when the file goes, so does the item.
 */
#pragma once

#include "personality/linux/abi/epoll.h"
#include "personality/linux/file/open_file.h"

struct open_file *epoll_create(void); /* null when memory is exhausted */
bool open_file_is_epoll(const struct open_file *file);

/* As the call epoll_ctl: 0 or a negative error. `epoll` is one. */
int64_t epoll_change(struct open_file *epoll, unsigned operation, struct open_file *file, int descriptor,
                     struct linux_epoll_event event);

/* Writes up to `limit` events to the buffer's address; how many, or an error. Waiting is the caller's part, on the
 * epoll's channel. */
int64_t epoll_take(struct open_file *epoll, struct user_buffer *buffer, unsigned limit);

/* The last descriptor of a file is gone. */
void epoll_forget_file(struct open_file *file);
