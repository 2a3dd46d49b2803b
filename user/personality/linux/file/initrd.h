/* Fills the in-memory file system from a cpio archive. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

/* False: the log says what is wrong; what came before it is there. */
bool initrd_unpack(const void *archive, size_t size);
