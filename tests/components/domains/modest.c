/*
 * Of the lowest priority, but in a domain of its own. It fails a few times, so that init is needed in between.
 */
#include <microkit.h>

enum { STARTS = 3 };

volatile seL4_Word *starts;
static int *volatile const bad_address = (int *)8;

void init(void)
{
    microkit_dbg_puts("modest: start ");
    microkit_dbg_put32((seL4_Uint32)++ * starts);
    microkit_dbg_puts("\n");
    if (*starts < STARTS)
        *bad_address = 0;
    microkit_dbg_puts("modest: done\n");
}

void notified(microkit_channel ch)
{
    (void)ch;
}
