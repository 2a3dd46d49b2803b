/* Waiting until another thread says that a word of memory has changed. */
#pragma once

#include <stdint.h>

struct address_space;
struct thread;

/* Wakes at most `count` threads that wait on the word; the number woken. */
int64_t futex_wake(const struct address_space *space, uint64_t address, uint64_t count);

/* Waits while the word is `value`: 0 when woken, -EAGAIN if it is another value, -ETIMEDOUT at the deadline. */
int64_t futex_wait(struct thread *thread, uint64_t address, uint32_t value, uint64_t deadline_ns);
