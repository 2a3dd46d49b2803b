/*
 * Needs more stack than it has.
 */
#include <microkit.h>

enum { FRAME_BYTES = 1024, DEPTH = 64 };

static volatile unsigned depth;

__attribute__((noinline)) static void descend(void)
{
    volatile char frame[FRAME_BYTES];

    frame[0] = 0;
    if (++depth < DEPTH)
        descend();
    frame[FRAME_BYTES - 1] = frame[0];
}

void init(void)
{
    descend();
    microkit_dbg_puts("deep: not reached\n");
}

void notified(microkit_channel ch)
{
    (void)ch;
}
