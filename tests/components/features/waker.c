/*
 * Each time that it is woken it signals the second channel, which the waiter does not wait for, and then the first.
 */
#include <microkit.h>

void init(void)
{
}

void notified(microkit_channel ch)
{
    microkit_notify(ch + 1);
    microkit_notify(ch);
}
