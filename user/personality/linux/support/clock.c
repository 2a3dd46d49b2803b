#include "personality/linux/support/clock.h"

#include "personality/linux/machine.h"

static uint64_t date_offset_ns;
static bool date_is_known;

uint64_t clock_date_ns(void)
{
    if (!date_is_known) {
        date_offset_ns = machine_boot_date_seconds() * NS_PER_SECOND;
        date_is_known = true;
    }
    return date_offset_ns + machine_time_ns();
}

void clock_set_date_ns(uint64_t date_ns)
{
    date_offset_ns = date_ns - machine_time_ns();
    date_is_known = true;
}

struct linux_timespec timespec_from_ns(uint64_t ns)
{
    return (struct linux_timespec){(int64_t)(ns / NS_PER_SECOND), (int64_t)(ns % NS_PER_SECOND)};
}

struct linux_timespec clock_date(void)
{
    return timespec_from_ns(clock_date_ns());
}

bool timespec_to_ns(struct linux_timespec time, uint64_t *ns)
{
    if (time.seconds < 0 || time.nanoseconds < 0 || (uint64_t)time.nanoseconds >= NS_PER_SECOND)
        return false;
    uint64_t seconds = (uint64_t)time.seconds;
    *ns = seconds < UINT64_MAX / 2 / NS_PER_SECOND ? seconds * NS_PER_SECOND + (uint64_t)time.nanoseconds
                                                   : UINT64_MAX / 2;
    return true;
}
