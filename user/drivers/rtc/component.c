/*
 * The component of the real-time clock: reads it when called (protocols/clock.h).
 */
#include "drivers/rtc/rtc.h"
#include "protocols/clock.h"
#include <microkit.h>

enum { PORTS = 0 };

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
    if (microkit_msginfo_get_label(msginfo) != CLOCK_READ)
        return microkit_msginfo_new(CLOCK_BAD_CALL, 0);
    microkit_mr_set(0, rtc_read(BASE_IOPORT_CAP + PORTS));
    return microkit_msginfo_new(CLOCK_OK, 1);
}
