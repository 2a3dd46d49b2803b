#include "drivers/timer/wakeups.h"
#include "protocols/time.h"
#include "test.h"

TEST(wakeups, each_client_is_woken_once_and_not_early)
{
    struct wakeups wakeups;
    wakeups_clear(&wakeups);
    expect_eq(wakeups_first(&wakeups), WAKEUPS_NEVER);
    expect_eq(wakeups_take(&wakeups, UINT64_MAX), 0);
    wakeups_set(&wakeups, 3, 100);
    wakeups_set(&wakeups, 63, 50);
    wakeups_set(&wakeups, 0, 100);
    expect_eq(wakeups_first(&wakeups), 50);
    expect_eq(wakeups_take(&wakeups, 49), 0);
    expect_eq(wakeups_take(&wakeups, 50), 1ull << 63);
    expect_eq(wakeups_take(&wakeups, 99), 0);
    expect_eq(wakeups_take(&wakeups, 1000), 1ull << 3 | 1);
    expect_eq(wakeups_first(&wakeups), WAKEUPS_NEVER);
}

TEST(wakeups, a_later_wish_replaces_the_earlier_one)
{
    struct wakeups wakeups;
    wakeups_clear(&wakeups);
    wakeups_set(&wakeups, 1, 100);
    wakeups_set(&wakeups, 1, 200);
    expect_eq(wakeups_take(&wakeups, 150), 0);
    wakeups_set(&wakeups, 1, WAKEUPS_NEVER);
    expect_eq(wakeups_take(&wakeups, 300), 0);
    wakeups_set(&wakeups, 1, 0);
    expect_eq(wakeups_take(&wakeups, 0), 2);
}

TEST(time, ticks_become_ns_without_overflow_or_steps_back)
{
    expect_eq(time_ticks_to_ns(0, 2596), 0);
    expect_eq(time_ticks_to_ns(2596, 2596), 1000);
    expect_eq(time_ticks_to_ns(3, 1), 3000);
    /* A hundred years at 10 GHz. */
    uint64_t years_ns = 100ull * 365 * 86400 * 1000000000;
    expect_eq(time_ticks_to_ns(years_ns * 5, 5000) / 1000, years_ns / 1000);
    uint64_t last = 0;
    for (uint64_t ticks = 0; ticks < 10000; ticks++) {
        uint64_t now = time_ticks_to_ns(ticks, 2596);
        expect(now >= last && now - last <= 1);
        last = now;
    }
}

TEST(time, there_is_none_before_the_page_is_filled_in)
{
    struct time_page page = {0};
    expect(!time_is_known(&page));
    expect_eq(time_now_ns(&page), 0);
    page.ticks_per_us = 1000;
    expect_eq(time_now_ns(&page), 0);
    page.epoch = 1;
    uint64_t first = time_now_ns(&page);
    expect(first > 0);
    expect(time_now_ns(&page) >= first);
}
