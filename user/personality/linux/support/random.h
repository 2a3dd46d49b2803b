/* Random bytes for programs: from the processor's generator where there is one, mixed with the time. */
#pragma once

#include <stddef.h>
#include <stdint.h>

struct address_space;

/* 0 or a negative error. */
int64_t random_fill(struct address_space *space, uint64_t address, size_t bytes);
