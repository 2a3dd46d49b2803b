#include "drivers/rtc/rtc.h"

#include "machine.h"
#include "test.h"
#include <string.h>

/* A simulated clock. */
static struct {
    uint8_t registers[128], selected;
    unsigned updating;        /* so many looks it is being updated */
    unsigned reads_to_change; /* the seconds change after so many reads of them */
    bool is_wild;
} rtc;

static uint32_t rtc_read_port(void *device, size_t offset, unsigned bytes)
{
    (void)device;
    expect(bytes == 1 && offset == 1);
    if (rtc.is_wild)
        return machine_random() & 0xff;
    if (rtc.selected == 10)
        return rtc.updating && rtc.updating-- ? 0x80 : 0;
    if (rtc.selected == 0 && rtc.reads_to_change && --rtc.reads_to_change == 0)
        rtc.registers[0]++;
    return rtc.registers[rtc.selected];
}

static void rtc_write_port(void *device, size_t offset, unsigned bytes, uint32_t value)
{
    (void)device;
    expect(bytes == 1 && offset == 0 && value < sizeof rtc.registers);
    rtc.selected = (uint8_t)value;
}

static void rtc_start(void)
{
    machine_reset();
    memset(&rtc, 0, sizeof rtc);
    machine_add_ports(RTC_FIRST_PORT, RTC_LAST_PORT, (struct machine_registers){0, rtc_read_port, rtc_write_port});
    /* 2026-11-22 13:05:53, in decimal digits, 24 hours */
    static const uint8_t registers[] = {0x53, 0, 0x05, 0, 0x13, 0, 0, 0x22, 0x11, 0x26, 0, 2};
    memcpy(rtc.registers, registers, sizeof registers);
    rtc.registers[0x32] = 0x20;
}

enum { MOMENT = 1795352753 };

TEST(rtc, registers_state_a_moment)
{
    struct rtc_time digits = {0x53, 0x05, 0x13, 0x22, 0x11, 0x26, 0x20, 2};
    struct rtc_time binary = {53, 5, 13, 22, 11, 26, 20, 6};
    struct rtc_time afternoon = {0x53, 0x05, 0x81, 0x22, 0x11, 0x26, 0x20, 0};
    expect_eq(rtc_seconds(digits), MOMENT);
    expect_eq(rtc_seconds(binary), MOMENT);
    expect_eq(rtc_seconds(afternoon), MOMENT);
    afternoon.hour = 0x92; /* noon */
    expect_eq(rtc_seconds(afternoon), MOMENT - 3600);
    afternoon.hour = 0x12; /* midnight */
    expect_eq(rtc_seconds(afternoon), MOMENT - 13 * 3600);
    digits.century = 0; /* not there */
    expect_eq(rtc_seconds(digits), MOMENT);
    digits.century = 0x19; /* not there either, or never changed: nobody asks before 1970 */
    expect_eq(rtc_seconds(digits), MOMENT);
    struct rtc_time eighties = {0, 0, 0, 1, 1, 0x85, 0x19, 2};
    expect_eq(rtc_seconds(eighties), 473385600);
    struct rtc_time leap_day = {0, 0, 0, 0x29, 0x02, 0x24, 0x20, 2};
    expect_eq(rtc_seconds(leap_day), 1709164800);
    leap_day.month = 0x13;
    expect_eq(rtc_seconds(leap_day), 0);
}

TEST(rtc, what_is_no_date_is_not_taken_for_one)
{
    static const struct rtc_time wrong[] = {
        {0x61, 0, 0, 1, 1, 0x26, 0x20, 2}, {0, 0x60, 0, 1, 1, 0x26, 0x20, 2}, {0, 0, 0x24, 1, 1, 0x26, 0x20, 2},
        {0, 0, 0, 0, 1, 0x26, 0x20, 2},    {0, 0, 0, 0x32, 1, 0x26, 0x20, 2}, {0, 0, 0, 1, 0, 0x26, 0x20, 2},
        {0, 0, 0, 1, 1, 0xff, 0x20, 2},    {0, 0, 0, 1, 1, 100, 20, 6},       {0xff, 0xff, 0xff, 1, 1, 0x26, 0x20, 2}};
    for (unsigned i = 0; i < sizeof wrong / sizeof *wrong; i++)
        expect_eq(rtc_seconds(wrong[i]), 0);
}

TEST(rtc, the_clock_is_read)
{
    rtc_start();
    expect_eq(rtc_read(MACHINE_PORTS_CAPABILITY), MOMENT);
    rtc.updating = 100;
    expect_eq(rtc_read(MACHINE_PORTS_CAPABILITY), MOMENT);
}

TEST(rtc, a_second_that_passes_while_it_is_read_is_read_again)
{
    rtc_start();
    rtc.reads_to_change = 2;
    expect_eq(rtc_read(MACHINE_PORTS_CAPABILITY), MOMENT + 1);
}

TEST(rtc, a_clock_that_answers_anything_or_never_ends)
{
    rtc_start();
    rtc.updating = 1u << 30;
    expect_eq(rtc_read(MACHINE_PORTS_CAPABILITY), 0);
    rtc.is_wild = true;
    for (int i = 0; i < 20; i++)
        rtc_read(MACHINE_PORTS_CAPABILITY);
}
