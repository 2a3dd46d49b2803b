/* The date from the PC's real-time clock, which is taken to show universal time. */
#pragma once

#include <sel4/sel4.h>
#include <stdbool.h>
#include <stdint.h>

enum { RTC_FIRST_PORT = 0x70, RTC_LAST_PORT = 0x71 };

/* What the clock's registers hold. */
struct rtc_time {
    uint8_t second, minute, hour, day, month, year, century, format;
};

/* Seconds since 1970; registers in binary or decimal digits, 12 or 24 hours, as `format` says. 0: that is no date. */
uint64_t rtc_seconds(struct rtc_time time);

/* Reads the clock; waits up to a second for it to be readable. */
uint64_t rtc_read(seL4_CPtr ports);
