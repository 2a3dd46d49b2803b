/*
 * Uses the FPU that it must not use.
 */
#include <microkit.h>

static volatile double number = 1.5;

void init(void)
{
    number = number * number;
}

void notified(microkit_channel ch)
{
    (void)ch;
}
