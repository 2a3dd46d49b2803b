/*
 * Counts checks, and prints those that fail.
 */
#pragma once

#include <microkit.h>

static unsigned passed, failed;

static inline void check(seL4_Bool is_good, const char *what)
{
    if (is_good) {
        passed++;
        return;
    }
    failed++;
    microkit_dbg_puts("not ok ");
    microkit_dbg_puts(microkit_name);
    microkit_dbg_puts(": ");
    microkit_dbg_puts(what);
    microkit_dbg_puts("\n");
}

/* The line that the test waits for: "<name>: N passed, N failed". */
static inline void check_end(void)
{
    microkit_dbg_puts(microkit_name);
    microkit_dbg_puts(": ");
    microkit_dbg_put32(passed);
    microkit_dbg_puts(" passed, ");
    microkit_dbg_put32(failed);
    microkit_dbg_puts(" failed\n");
}
