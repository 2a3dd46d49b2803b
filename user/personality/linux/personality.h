/* Starting the personality: its file system, its terminal and its first program. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

struct personality_start {
    const void *initrd; /* a cpio archive; must stay where it is only during the call */
    size_t initrd_size;
    const char *program;                               /* the first one, the shell: when it ends, so does the machine */
    const char *const *arguments, *const *environment; /* end with null */
};

/*
 * Whether all that worked for a personality before this one, which failed, has come to its end. A disk may still write into the
 * memory that it had: until this is true none of it may be used. To be asked again when the file server has notified; uses no memory.
 */
bool personality_past_is_over(void);

/* False: the log says why the first program could not be started. */
bool personality_start(const struct personality_start *start);
