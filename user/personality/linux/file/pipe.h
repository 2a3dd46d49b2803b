/* Pipes: bytes in the order in which they were written, PIPE_BYTES of them at most. */
#pragma once

#include "personality/linux/file/open_file.h"

enum { PIPE_PAGES = 16, PIPE_BYTES = PIPE_PAGES * 4096, PIPE_ATOMIC_BYTES = 4096 };

/* The ring alone: pages come when bytes do, and go when it is empty. */
struct pipe_ring {
    uint32_t frames[PIPE_PAGES];
    uint64_t read_total, written_total; /* bytes since the pipe was made */
};

size_t pipe_ring_used(const struct pipe_ring *ring);

/* The next piece to read from, or to write to: at most *bytes (shortened). Null: empty; full or memory is exhausted. */
void *pipe_ring_readable(struct pipe_ring *ring, size_t *bytes);
void *pipe_ring_writable(struct pipe_ring *ring, size_t *bytes);
void pipe_ring_consume(struct pipe_ring *ring, size_t bytes);
void pipe_ring_produce(struct pipe_ring *ring, size_t bytes);
void pipe_ring_clear(struct pipe_ring *ring);

/* Makes a pipe with an open file for each end; an error if memory is exhausted. */
int64_t pipe_create(uint32_t flags, struct open_file **reader, struct open_file **writer);

/* Opens a named pipe: waits for a partner unless O_NONBLOCK or O_RDWR. Null and an error, or CALL_WAITS as the error;
 * a call that looks again, because thread->opening is set, goes on with the second function. */
struct open_file *named_pipe_open(struct thread *thread, struct inode *inode, uint32_t flags, int64_t *error);
struct open_file *named_pipe_open_more(struct thread *thread, int64_t *error);
