/*
 * Calls the waiter, which waits for another domain before it answers.
 */
#include "check.h"

void init(void)
{
}

void notified(microkit_channel ch)
{
    check(microkit_msginfo_get_label(microkit_ppcall(ch, microkit_msginfo_new(1, 0))) == 2, "the answer comes");
    check_end();
}
