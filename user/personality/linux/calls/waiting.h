/* What calls that wait for any of several things share (poll, select, epoll). */
#pragma once

#include "personality/linux/process/process.h"

/* Sets a signal mask argument (0: none) for the time of the wait; 0 or a negative error. */
int64_t wait_mask_set(struct thread *thread, uint64_t address, uint64_t size);

/* The result of the call, whose mask is set back if it ends; a signal ends it with -EINTR, whatever its action says. */
int64_t wait_end(struct thread *thread, int64_t result);
