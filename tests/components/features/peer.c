/*
 * Counts notifications in a region that it shares, and answers the second one.
 */
#include <microkit.h>

volatile seL4_Word *large;

void init(void)
{
}

void notified(microkit_channel ch)
{
    large[2]++;
    large[3] = large[1];
    if (large[2] == 2)
        microkit_notify(ch);
}
