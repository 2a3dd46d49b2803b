#include "drivers/rtc/rtc.h"
#include "drivers/timer/timer.h"
#include "fake_machine.h"
#include "lib/string.h"
#include "personality/linux/process/signal.h"
#include "personality/linux/support/clock.h"
#include "personality/linux/support/text.h"
#include "test.h"

#include <stdio.h>
#include <time.h>

/* The drivers' calls are linked but not made. */
__thread seL4_IPCBuffer *__sel4_ipc_buffer;

#define expect_text(wanted, ...)                                                                                       \
    do {                                                                                                               \
        char bytes[64];                                                                                                \
        struct text text = TEXT_IN(bytes);                                                                             \
        text_add(&text, __VA_ARGS__);                                                                                  \
        expect(!strcmp(bytes, wanted));                                                                                \
    } while (0)

TEST(text, conversions)
{
    expect_text("a 5 -5 ff 17 %", "%c %d %d %x %o %%", 'a', 5, -5, 255, 15);
    expect_text("18446744073709551615 -9223372036854775808", "%lu %ld", ~0ul, (long)(1ul << 63));
    expect_text("   42|42   |00042|-0042|  -42", "%5d|%-5d|%05d|%05d|%5d", 42, 42, 42, -42, -42);
    expect_text("  abc|abc  |", "%5s|%-5s|", "abc", "abc");
}

TEST(text, what_does_not_fit_is_dropped)
{
    char bytes[4];
    struct text text = TEXT_IN(bytes);
    text_add(&text, "%s", "abcdef");
    expect(!strcmp(bytes, "abc") && text.length == 3);
    expect_eq(text_until("ab/c", "/"), 2);
    expect_eq(text_span("//x", "/"), 2);
}

TEST(clock, times)
{
    uint64_t ns;
    expect(timespec_to_ns((struct linux_timespec){1, 5}, &ns) && ns == 1000000005);
    expect(!timespec_to_ns((struct linux_timespec){-1, 5}, &ns));
    expect(!timespec_to_ns((struct linux_timespec){1, 1000000000}, &ns));
    expect(!timespec_to_ns((struct linux_timespec){1, -1}, &ns));
    expect(timespec_to_ns((struct linux_timespec){INT64_MAX, 0}, &ns) && ns > 1ull << 60);
}

static uint8_t in_digits(int value)
{
    return (uint8_t)(value / 10 << 4 | value % 10);
}

TEST(rtc, dates_against_the_c_library)
{
    for (time_t seconds = 0; seconds < 4102444800; seconds += 86400 * 3 + 3671) {
        struct tm date;
        gmtime_r(&seconds, &date);
        int year = date.tm_year + 1900;
        struct rtc_time binary = {
            (uint8_t)date.tm_sec,       (uint8_t)date.tm_min,  (uint8_t)date.tm_hour, (uint8_t)date.tm_mday,
            (uint8_t)(date.tm_mon + 1), (uint8_t)(year % 100), (uint8_t)(year / 100), 6};
        struct rtc_time digits = {
            in_digits(date.tm_sec),     in_digits(date.tm_min), in_digits(date.tm_hour), in_digits(date.tm_mday),
            in_digits(date.tm_mon + 1), in_digits(year % 100),  in_digits(year / 100),   2};
        expect_eq(rtc_seconds(binary), seconds);
        expect_eq(rtc_seconds(digits), seconds);
        digits.format = 0;
        digits.hour = (uint8_t)(in_digits((date.tm_hour + 11) % 12 + 1) | (date.tm_hour >= 12 ? 0x80 : 0));
        expect_eq(rtc_seconds(digits), seconds);
    }
    expect_eq(rtc_seconds((struct rtc_time){.format = 6, .month = 13, .day = 1, .century = 20}), 0);
}

TEST(timer, counts_are_never_short)
{
    expect_eq(timer_ticks(0), 1);
    expect_eq(timer_ticks(1), 1);
    expect_eq(timer_ticks(~0ull), 0xffff);
    for (uint64_t ns = 1; ns < 54000000; ns += 9973)
        expect((uint64_t)timer_ticks(ns) * 1000000000 >= ns * 1193182);
}

TEST(signal, pending_ones_are_taken_lowest_first_and_once)
{
    struct pending_signals pending;
    struct signal_info info;
    fake_machine_reset();
    uint32_t before = fake_frames_used();
    pending_signals_initialise(&pending);
    for (int round = 0; round < 2; round++) {
        pending_signals_add(&pending, &(struct signal_info){.number = SIGTERM, .pid = 1});
        pending_signals_add(&pending, &(struct signal_info){.number = SIGINT, .pid = 2});
        pending_signals_add(&pending, &(struct signal_info){.number = 40, .pid = 3 + round});
    }
    expect(pending_signals_take(&pending, ~0ull, &info) && info.number == SIGINT && info.pid == 2);
    expect(pending_signals_take(&pending, SIGNAL_BIT(40), &info) && info.pid == 3);
    expect(pending_signals_take(&pending, ~0ull, &info) && info.number == SIGTERM && info.pid == 1);
    expect(pending_signals_take(&pending, ~0ull, &info) && info.number == 40 && info.pid == 4);
    expect(!pending_signals_take(&pending, ~0ull, &info));
    expect_eq(fake_frames_used(), before);
}

TEST(signal, without_memory_the_details_are_lost_but_not_the_signal)
{
    struct pending_signals pending;
    struct signal_info info;
    pending_signals_initialise(&pending);
    fake_frames_limit(0);
    pending_signals_add(&pending, &(struct signal_info){.number = SIGTERM, .pid = 1});
    expect(pending_signals_take(&pending, ~0ull, &info) && info.number == SIGTERM && info.code == SI_KERNEL);
    pending_signals_drop(&pending, ~0ull);
    fake_machine_reset();
}
