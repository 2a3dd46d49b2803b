/*
 * Counts notifications in a region that it shares, and in a page that somebody maps and tells it of there; and answers the second one.
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
    volatile seL4_Word *page = (volatile seL4_Word *)large[4];
    if (page)
        large[5] = ++*page;
    if (large[2] == 2)
        microkit_notify(ch);
}
