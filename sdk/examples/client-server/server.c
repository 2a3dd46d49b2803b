/*
 * A passive server: it has no time of its own and runs on that of whoever calls it.
 */
#include <microkit.h>

enum { CLIENT = 7 };

static seL4_Word sum;

void init(void)
{
    microkit_dbg_puts("server: ready\n");
}

microkit_msginfo protected(microkit_channel ch, microkit_msginfo msginfo)
{
    (void)ch, (void)msginfo;
    sum += microkit_mr_get(0);
    microkit_mr_set(0, sum);
    return microkit_msginfo_new(0, 1);
}

void notified(microkit_channel ch)
{
    microkit_dbg_puts("server: notified, the sum is ");
    microkit_dbg_put32((seL4_Uint32)sum);
    microkit_dbg_puts("\n");
    microkit_notify(ch);
}
