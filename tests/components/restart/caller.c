/*
 * A caller with little time, which dies while a server works for it.
 */
#include "orders.h"

#include <microkit.h>

enum { SERVER = 1, TESTER = 2 };

void init(void)
{
}

void notified(microkit_channel ch)
{
    if (ch == TESTER)
        microkit_ppcall(SERVER, microkit_msginfo_new(ORDER_WORK, 0));
}
