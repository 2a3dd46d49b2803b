/*
 * Never gives the processor up.
 */
#include <microkit.h>

void init(void)
{
    for (;;)
        ;
}

void notified(microkit_channel ch)
{
    (void)ch;
}
