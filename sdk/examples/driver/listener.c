/*
 * The listener hears of every tick of the clock.
 */
#include <microkit.h>

static unsigned heard;

void init(void)
{
}

void notified(microkit_channel ch)
{
    (void)ch;
    microkit_dbg_puts("listener: heard ");
    microkit_dbg_put32(++heard);
    microkit_dbg_puts("\n");
}
