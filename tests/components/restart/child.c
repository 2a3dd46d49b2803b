/*
 * A child that fails at once.
 */
#include "orders.h"

#include <microkit.h>

void init(void)
{
    *bad_address = 0;
}

void notified(microkit_channel ch)
{
    (void)ch;
}
