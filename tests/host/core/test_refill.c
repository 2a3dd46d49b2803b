/* The arithmetic of budgets: the interface's worked example, and what must always be true. */
#include "world.h"

#include <string.h>

#define US HOST_TICKS_PER_US

static union {
    struct schedctx schedctx;
    uint8_t bytes[1024];
} memory;
static struct schedctx *const sc = &memory.schedctx;

static void start(uint64_t budget_us, uint64_t period_us, unsigned refill_max, uint64_t now)
{
    memset(&memory, 0, sizeof(memory));
    schedctx_configure(sc, budget_us * US, period_us * US, refill_max, now, false);
}

static void expect_refill(unsigned position, uint64_t time_us, uint64_t amount_us)
{
    const struct refill *refill = &sc->refill[(sc->refill_head + position) % sc->refill_max];
    expect_eq(refill->time, time_us * US);
    expect_eq(refill->amount, amount_us * US);
}

/* Runs for `length` from `start_us` on, as a thread does that blocks then. */
static void run(uint64_t start_us, uint64_t length_us)
{
    schedctx_start(sc, start_us * US);
    schedctx_charge(sc, length_us * US);
}

TEST(refill, three_runs_come_back_each_in_its_time)
{
    start(3000, 10000, 10, 0);
    run(0, 1000);
    run(3000, 1000);
    schedctx_start(sc, 5000 * US);
    schedctx_exhaust(sc, 998 * US); /* the timer came 2 us early: 2 us are joined with what comes next */
    expect_eq(sc->refill_count, 3);
    expect_refill(0, 9998, 1002);
    expect_refill(1, 13000, 1000);
    expect_refill(2, 15000, 998);
}

TEST(refill, a_full_list_gives_all_back_at_the_end)
{
    start(3000, 10000, 2, 0);
    run(0, 1000);
    run(3000, 1000);
    expect_eq(sc->refill_count, 2);
    expect_refill(0, 4000, 1000);
    expect_refill(1, 12000, 2000); /* ends at 14000, when the second 1000 us would have */
    schedctx_start(sc, 5000 * US);
    schedctx_exhaust(sc, 998 * US);
    expect_eq(sc->refill_count, 1);
    expect_refill(0, 12998, 3000);
}

TEST(refill, round_robin_keeps_what_was_used_across_blocking)
{
    start(5000, 5000, 10, 0);
    expect(schedctx_is_round_robin(sc));
    expect_eq(sc->refill_max, 2);
    schedctx_charge(sc, 2000 * US);
    schedctx_start(sc, 100000 * US);
    expect_refill(0, 0, 3000);
    expect_refill(1, 0, 2000);
    schedctx_exhaust(sc, 3000 * US);
    expect_refill(0, 0, 5000);
    expect_refill(1, 0, 0);
    expect_eq(sc->consumed, 5000 * US);
}

TEST(refill, unused_time_does_not_accumulate)
{
    start(1000, 10000, 10, 0);
    schedctx_start(sc, 50000 * US);
    expect_refill(0, 50000, 1000);
    expect_eq(sc->refill_count, 1);
}

TEST(refill, a_start_joins_what_overlaps)
{
    start(1000, 2000, 10, 0);
    run(0, 400);
    run(500, 300);
    expect_eq(sc->refill_count, 3);
    schedctx_start(sc, 1900 * US); /* 300 now; 400 at 2000; 300 at 2500: all touch */
    expect_eq(sc->refill_count, 1);
    expect_refill(0, 1900, 1000);
}

TEST(refill, a_reconfigured_context_in_use_keeps_its_bandwidth)
{
    start(1000, 10000, 10, 0);
    run(0, 300);
    schedctx_configure(sc, 1500 * US, 5000 * US, 10, 400 * US, true);
    expect_eq(sc->refill_count, 2);
    expect_refill(0, 400, 700);
    expect_refill(1, 5400, 800);
    schedctx_configure(sc, 200 * US, 5000 * US, 10, 500 * US, true);
    expect_eq(sc->refill_count, 1);
    expect_refill(0, 500, 200);
}

/* A head that reconfiguring leaves below the minimum is joined with the rest, like any other. */
TEST(refill, a_reconfigured_context_has_a_usable_head)
{
    start(100, 1000, 10, 0);
    run(0, 75); /* 25 us are left */
    schedctx_configure(sc, 200 * US, 1000 * US, 10, 80 * US, true);
    expect(schedctx_head(sc)->amount >= MINIMUM_BUDGET_US * US);
}

/* The emulator was stopped: many budgets at once, in few steps. */
TEST(refill, a_long_absence_is_charged_whole)
{
    start(1000, 10000, 10, 0);
    schedctx_exhaust(sc, UINT64_C(1000000) * US);
    expect_refill(0, 10000000, 1000);
    start(1000, 10000, 10, 0);
    run(0, 400);
    schedctx_exhaust(sc, 1600 * US);
    uint64_t sum = 0;
    for (unsigned i = 0; i < sc->refill_count; i++)
        sum += sc->refill[(sc->refill_head + i) % sc->refill_max].amount;
    expect_eq(sum, 1000 * US);
    expect(schedctx_head(sc)->time >= 10000 * US);
}

TEST(refill, consumed_time_is_reported_in_whole_microseconds_once)
{
    start(1000, 1000, 2, 0);
    for (unsigned i = 0; i < 10; i++) {
        schedctx_charge(sc, 15); /* 1.5 us */
        expect_eq(schedctx_report_consumed(sc), 1);
    }
    for (unsigned i = 0; i < 10; i++)
        schedctx_charge(sc, 15);
    expect_eq(schedctx_report_consumed(sc), 15);
    expect_eq(schedctx_report_consumed(sc), 0);
}

TEST(refill, room_depends_on_the_size)
{
    static const unsigned refills[] = {2, 10, 26, 58, 122, 250};
    for (unsigned i = 0; i < ARRAY_LENGTH(refills); i++)
        expect_eq(schedctx_refills_in(7 + i), refills[i]);
}

static void expect_invariants(uint64_t budget)
{
    uint64_t sum = 0, end = 0;
    expect(sc->refill_count >= 1 && sc->refill_count <= sc->refill_max);
    expect(schedctx_head(sc)->amount >= MINIMUM_BUDGET_US * US);
    for (unsigned i = 0; i < sc->refill_count; i++) {
        const struct refill *refill = &sc->refill[(sc->refill_head + i) % sc->refill_max];
        expect(refill->time >= end); /* in order, without overlap */
        end = refill->time + refill->amount;
        sum += refill->amount;
    }
    expect_eq(sum, budget);
}

/* Whatever a thread does with its time: the sum is the budget, and in no period it uses more. */
TEST(refill, sum_order_and_minimum_hold_whatever_happens)
{
    world_reset();
    for (unsigned round = 0; round < 400; round++) {
        uint64_t period = 100 + world_random(5000), budget = 20 + world_random(period - 20), now = 0, used = 0;
        start(budget, period, 2 + (unsigned)world_random(20), 0);
        for (unsigned step = 0; step < 100; step++) {
            now += world_random(2) ? world_random(period * US) : world_random(100);
            if (now < schedctx_head(sc)->time)
                now = schedctx_head(sc)->time;
            schedctx_start(sc, now);
            uint64_t room = schedctx_head(sc)->amount, length = world_random(room + 1);
            if (schedctx_is_sufficient(sc, length))
                schedctx_charge(sc, length);
            else
                schedctx_exhaust(sc, length);
            now += length;
            used += length;
            expect_invariants(budget * US);
            expect(used <= (now / (period * US) + 2) * budget * US);
        }
    }
}
