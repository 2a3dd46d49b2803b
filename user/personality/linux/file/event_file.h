/* What eventfd makes: a number that can be waited for. */
#pragma once

#include "personality/linux/file/open_file.h"

/* A semaphore gives one with each read instead of all. Null when memory is exhausted. */
struct open_file *event_file_create(uint64_t value, bool is_semaphore, uint32_t flags);
