/*
 * hello: a component that greets and has nothing more to do.
 */
#include <microkit.h>

void init(void)
{
    microkit_dbg_puts("hello, world, says ");
    microkit_dbg_puts(microkit_name);
    microkit_dbg_puts("\n");
}

void notified(microkit_channel ch)
{
    (void)ch;
}
