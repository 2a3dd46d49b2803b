#include "drivers/rtc/rtc.h"

#include "drivers/port.h"

enum {
    REGISTER_SECOND = 0,
    REGISTER_MINUTE = 2,
    REGISTER_HOUR = 4,
    REGISTER_DAY = 7,
    REGISTER_MONTH = 8,
    REGISTER_YEAR = 9,
    REGISTER_STATUS_A = 10,
    REGISTER_STATUS_B = 11,
    REGISTER_CENTURY = 0x32
};
enum { STATUS_A_UPDATES = 0x80, FORMAT_24_HOURS = 2, FORMAT_BINARY = 4, HOUR_AFTERNOON = 0x80 };
enum { TRIES = 10000, FIRST_YEAR = 1970, LAST_YEAR = 2999, LEAP_SECOND = 60 };

static unsigned decode(uint8_t value, uint8_t format)
{
    return format & FORMAT_BINARY ? value : (value >> 4) * 10u + (value & 0xf);
}

/* Days from 1970-01-01 to a date of the Gregorian calendar; years start in March, so that leap days end them. */
static uint64_t days_until(unsigned year, unsigned month, unsigned day)
{
    if (month <= 2)
        year--;
    uint64_t era_days = year * 365ull + year / 4 - year / 100 + year / 400;
    unsigned month_from_march = (month + 9) % 12;
    uint64_t days_to_1970 = 719468; /* from 0000-03-01 */
    return era_days + (153 * month_from_march + 2) / 5 + day - 1 - days_to_1970;
}

uint64_t rtc_seconds(struct rtc_time time)
{
    unsigned hour = decode(time.hour & (uint8_t)~HOUR_AFTERNOON, time.format);
    if (!(time.format & FORMAT_24_HOURS))
        hour = hour % 12 + (time.hour & HOUR_AFTERNOON ? 12 : 0);
    unsigned minute = decode(time.minute, time.format), second = decode(time.second, time.format);
    unsigned month = decode(time.month, time.format), day = decode(time.day, time.format);
    unsigned year_of_century = decode(time.year, time.format);
    unsigned year = decode(time.century, time.format) * 100 + year_of_century;
    /* Some clocks have no century: anything may be in its place. */
    if (year < FIRST_YEAR || year > LAST_YEAR)
        year = 2000 + year_of_century;
    if (year_of_century > 99 || month < 1 || month > 12 || day < 1 || day > 31 || hour > 23 || minute > 59 ||
        second > LEAP_SECOND)
        return 0;
    return ((days_until(year, month, day) * 24 + hour) * 60 + minute) * 60 + second;
}

static uint8_t register_read(seL4_CPtr ports, uint8_t number)
{
    port_write8(ports, RTC_FIRST_PORT, number);
    return port_read8(ports, RTC_LAST_PORT);
}

uint64_t rtc_read(seL4_CPtr ports)
{
    /* Read until two readings agree: between them no update happened. */
    uint64_t previous = 0;
    for (int i = 0; i < TRIES; i++) {
        if (register_read(ports, REGISTER_STATUS_A) & STATUS_A_UPDATES)
            continue;
        struct rtc_time time = {
            .second = register_read(ports, REGISTER_SECOND),
            .minute = register_read(ports, REGISTER_MINUTE),
            .hour = register_read(ports, REGISTER_HOUR),
            .day = register_read(ports, REGISTER_DAY),
            .month = register_read(ports, REGISTER_MONTH),
            .year = register_read(ports, REGISTER_YEAR),
            .century = register_read(ports, REGISTER_CENTURY),
            .format = register_read(ports, REGISTER_STATUS_B),
        };
        uint64_t seconds = rtc_seconds(time);
        if (seconds == previous)
            break;
        previous = seconds;
    }
    return previous;
}
