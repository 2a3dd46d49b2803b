/*
 * Writes where nothing is.
 */
#include "steps.h"

#include <microkit.h>

void init(void)
{
    fail_at(WILD_ADDRESS);
}

void notified(microkit_channel ch)
{
    (void)ch;
}
