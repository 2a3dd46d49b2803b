/*
 * A parent that leaves its failed child alone: only the restart of the parent brings it back.
 */
#include <microkit.h>

enum { TESTER = 1 };

void init(void)
{
}

void notified(microkit_channel ch)
{
    (void)ch;
}

seL4_Bool fault(microkit_child child, microkit_msginfo msginfo, microkit_msginfo *reply_msginfo)
{
    (void)child, (void)msginfo, (void)reply_msginfo;
    microkit_notify(TESTER);
    return seL4_False;
}
