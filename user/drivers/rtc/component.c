/* The component of the real-time clock (protocols/rtc.h): reads it when a client asks. */
#include "drivers/rtc/rtc.h"
#include "protocols/rtc.h"
#include <microkit.h>

enum { CLOCK_PORTS = 0 };

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
    if (microkit_msginfo_get_label(msginfo) != RTC_READ || microkit_msginfo_get_count(msginfo) != 0)
        return microkit_msginfo_new(RTC_BAD_CALL, 0);
    microkit_mr_set(0, rtc_read(BASE_IOPORT_CAP + CLOCK_PORTS));
    return microkit_msginfo_new(RTC_OK, 1);
}
