/*
 * A passive server that calls another one for its caller: the time of the caller is lent twice.
 */
#include "orders.h"

#include <microkit.h>

enum { SERVER = 2 };

void init(void)
{
}

void notified(microkit_channel ch)
{
    (void)ch;
}

microkit_msginfo protected(microkit_channel ch, microkit_msginfo msginfo)
{
    (void)ch;
    microkit_ppcall(SERVER, msginfo);
    return microkit_msginfo_new(0, 2);
}
