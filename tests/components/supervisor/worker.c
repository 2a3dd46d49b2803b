/*
 * Provides "work": tells its clients that it has started, counts calls, and says which version of it runs.
 */
#include <microkit.h>

#define VERSION 1

seL4_Word clients; /* a bit for the channel of each, set by the tool */
static seL4_Word calls;

void init(void)
{
    microkit_dbg_puts("worker ");
    microkit_dbg_put32(VERSION);
    microkit_dbg_puts(" begins\n");
    for (microkit_channel ch = 0; ch < MICROKIT_MAX_CHANNELS; ch++)
        if (clients >> ch & 1)
            microkit_notify(ch);
}

void notified(microkit_channel ch)
{
    (void)ch;
}

microkit_msginfo protected(microkit_channel ch, microkit_msginfo msginfo)
{
    (void)msginfo;
    microkit_mr_set(0, ++calls);
    microkit_mr_set(1, clients >> ch & 1);
    microkit_mr_set(2, VERSION);
    return microkit_msginfo_new(0, 3);
}
