/* Budgets, periods and refills: when threads run, to the microsecond. */
#include "harness/caller.h"
#include "harness/timing.h"

#define ABOVE (RUNNER_PRIORITY + 1)
/* What the timer's slack and the way through the kernel may take. */
#define NEAR 4

#define SPORADIC seL4_SchedContext_Sporadic

static struct runs runs, other_runs;

static void runs_clear(void)
{
    runs = other_runs = (struct runs){0};
}

/* argument[0]: the number of runs to record; argument[1]: which record. */
static void record(struct worker *worker)
{
    runs_record(worker->argument[1] ? &other_runs : &runs, (unsigned)worker->argument[0]);
}

static struct worker *recorder(struct worker *worker, seL4_Word count)
{
    worker->argument[0] = count;
    return worker;
}

static long length_of(unsigned run)
{
    return runs.end[run] - runs.begin[run];
}

/* --- round robin ----------------------------------------------------------------------------------------------------------- */

/* row: budget.round_robin.slice sched.choice.first_come sched_control.configure.round_robin budget.refill.exact */
TEST(budget, round_robin_takes_turns)
{
    struct worker *first = worker_new_budget(50, 1000, 1000, 0, 0), *second = worker_new_budget(50, 2000, 2000, 0, 0);

    runs_clear();
    first->argument[0] = 6;
    second->argument[0] = 100;
    second->argument[1] = 1;
    worker_start(first, record);
    worker_start(second, record);
    worker_join(first);
    for (unsigned i = 0; i < 6; i++) {
        expect_near(length_of(i), 1000, NEAR);
        if (i > 0)
            expect_near(runs.begin[i], runs.end[i - 1] + 2000, NEAR);
    }
}

static void run_block_run(struct worker *worker)
{
    seL4_Word start = us_now();

    while (us_now() < start + 2000)
        ;
    seL4_Wait(worker->argument[2], NULL);
    runs_record(&runs, 3);
}

/* row: budget.round_robin.blocking */
TEST(budget, round_robin_slice_goes_on_after_blocking)
{
    struct worker *worker = worker_new_budget(RUNNER_PRIORITY, 5000, 5000, 0, 0);
    struct worker *rival = worker_new_budget(RUNNER_PRIORITY, 1000, 1000, 0, 0);
    seL4_CPtr notification = worker->argument[2] = notification_new();

    runs_clear();
    worker_start(worker, run_block_run);
    seL4_Yield(); /* it runs for 2 ms and blocks */
    rival->argument[0] = 100;
    rival->argument[1] = 1;
    worker_start(rival, record);
    seL4_Signal(notification);
    worker_join(worker);
    expect_near(length_of(0), 3000, NEAR);
    expect_near(length_of(1), 5000, NEAR);
    expect_near(length_of(2), 5000, NEAR);
}

static void burn_two_milliseconds(struct worker *worker)
{
    seL4_Word start = us_now();

    burn(2000);
    worker->result[0] = us_now() - start;
}

/* row: budget.round_robin.never_waits fault.timeout.round_robin */
TEST(budget, round_robin_never_waits)
{
    struct worker *worker = worker_new_budget(50, 100, 100, 0, 0);
    seL4_CPtr timeouts = endpoint_new();

    worker_set_timeout_handler(worker, timeouts);
    worker_start(worker, burn_two_milliseconds);
    worker_join(worker);
    expect_near(worker->result[0], 2000, 20);
    expect_nothing(receive((seL4_Word)seL4_SysNBWait, timeouts, 0));
}

/* --- refills --------------------------------------------------------------------------------------------------------------- */

/* row: budget.refill.charge budget.refill.exhausted sched_control.configure.full_now */
TEST(budget, periodic)
{
    struct worker *worker = recorder(worker_new_budget(ABOVE, 1000, 5000, 0, SPORADIC), 10);

    runs_clear();
    worker_start(worker, record);
    worker_join(worker);
    for (unsigned i = 0; i < 10; i++)
        expect_near(length_of(i), 998, NEAR);
    for (unsigned i = 1; i < 10; i++)
        expect_near(runs.begin[i] - runs.begin[i - 1], 5000, NEAR);
}

static void yield_often(struct worker *worker)
{
    runs.start = us_now();
    for (unsigned i = 0; i < worker->argument[0]; i++) {
        runs.begin[runs.count++] = (long)(us_now() - runs.start);
        seL4_Yield();
    }
}

/* row: budget.refill.exact yield.call.budget */
TEST(budget, periods_do_not_drift)
{
    struct worker *worker = recorder(worker_new_budget(ABOVE, 100, 1000, 0, SPORADIC), 60);

    runs_clear();
    worker_start(worker, yield_often);
    worker_join(worker);
    for (unsigned i = 0; i < 60; i++)
        expect_near(runs.begin[i], i * 1000, NEAR);
}

/* Three runs of a millisecond that begin at 0, 3000 and 5000; then what the refills allow. */
static void three_runs(struct worker *worker)
{
    runs.start = us_now();
    spin_until(runs.start + 1000);
    seL4_Wait(worker->argument[2], NULL);
    spin_until(runs.start + 4000);
    seL4_Wait(worker->argument[2], NULL);
    runs_record(&runs, (unsigned)worker->argument[0]);
}

static void check_three_runs(seL4_Word extra_refills, seL4_Word flags, unsigned count, const long *begin,
                             const long *length)
{
    struct worker *worker = recorder(worker_new_budget(ABOVE, 3000, 10000, extra_refills, flags), count);
    seL4_CPtr notification = worker->argument[2] = notification_new();

    runs_clear();
    worker_start(worker, three_runs);
    spin_until(runs.start + 3000);
    seL4_Signal(notification);
    spin_until(runs.start + 5000);
    seL4_Signal(notification);
    worker_join(worker);
    expect_near(runs.begin[0], 5000, NEAR);
    for (unsigned i = 1; i < count; i++) {
        expect_near(runs.begin[i], begin[i], NEAR + 2);
        expect_near(length_of(i), length[i], NEAR + 2);
    }
}

static const long begin_many[] = {5000, 9998, 13000, 15000}, length_many[] = {998, 1000, 1000, 1000};
static const long begin_few[] = {5000, 12997, 22997, 32997}, length_few[] = {998, 2998, 2998, 2998};

/* row: budget.refill.merge budget.refill.minimum budget.refill.sum */
TEST(budget, refills_come_back_where_they_were_used)
{
    check_three_runs(8, 0, 4, begin_many, length_many);
}

TEST(budget, refills_come_back_sporadic)
{
    check_three_runs(8, SPORADIC, 4, begin_many, length_many);
}

/* row: budget.refill.full_list */
TEST(budget, full_list_delays_the_last_refill)
{
    check_three_runs(0, 0, 4, begin_few, length_few);
}

TEST(budget, full_list_sporadic)
{
    check_three_runs(0, SPORADIC, 4, begin_few, length_few);
}

/* Waits for its next period, then takes the processor for three milliseconds. */
static void disturb(struct worker *worker)
{
    worker->result[0] = us_now();
    seL4_Yield();
    spin_until(us_now() + 3000);
}

/* The thread is kept from running from 1000 to 4000. */
static void check_preempted(seL4_Word flags, unsigned count, const long *begin, const long *length)
{
    struct worker *worker = recorder(worker_new_budget(ABOVE, 2000, 10000, 8, flags), count);
    struct worker *rival = worker_new_budget(ABOVE + 1, 3500, 3600, 0, SPORADIC);

    runs_clear();
    worker_start(rival, disturb);
    spin_until(rival->result[0] + 2600);
    worker_start(worker, record);
    worker_join(worker);
    for (unsigned i = 0; i < count; i++) {
        expect_near(runs.begin[i], begin[i], NEAR + 2);
        expect_near(length_of(i), length[i], NEAR + 2);
    }
}

/* row: budget.refill.sporadic */
TEST(budget, preempted_sporadic_thread)
{
    const long begin[] = {0, 4000, 9998, 19996}, length[] = {1000, 998, 2000, 2000};

    check_preempted(SPORADIC, 4, begin, length);
}

/* row: sched_control.configure.flags_other */
TEST(budget, other_flags_do_nothing)
{
    const long sporadic_begin[] = {0, 4000, 9998, 19996}, sporadic_length[] = {1000, 998, 2000, 2000};
    const long begin[] = {0, 4000, 9998, 14000, 20000}, length[] = {1000, 998, 1000, 1000, 1000};

    check_preempted(~0ul, 4, sporadic_begin, sporadic_length);
    check_preempted(~(seL4_Word)SPORADIC, 5, begin, length);
}

/* row: budget.refill.constant_bandwidth */
TEST(budget, preempted_constant_bandwidth_thread)
{
    const long begin[] = {0, 4000, 9998, 14000, 20000}, length[] = {1000, 998, 1000, 1000, 1000};

    check_preempted(0, 5, begin, length);
}

static void run_block_record(struct worker *worker)
{
    burn(100);
    seL4_Wait(worker->argument[2], NULL);
    runs_record(&runs, (unsigned)worker->argument[0]);
}

/* row: budget.refill.merge budget.refill.sum */
TEST(budget, refills_merge_when_a_thread_wakes)
{
    for (seL4_Word flags = 0; flags <= SPORADIC; flags++) {
        struct worker *worker = recorder(worker_new_budget(ABOVE, 1000, 5000, 8, flags), 2);
        seL4_CPtr notification = worker->argument[2] = notification_new();

        runs_clear();
        worker_start(worker, run_block_record);
        sleep_for(20000);
        seL4_Signal(notification);
        worker_join(worker);
        /* What was used long ago is back: all at once, and the next a period later. */
        expect_near(length_of(0), 998, NEAR + 2);
        expect_near(length_of(1), 998, NEAR + 2);
        expect_near(runs.begin[1] - runs.begin[0], 4998, NEAR + 2);
    }
}

/* row: schedcontext.consumed.value */
TEST(budget, time_of_others_is_not_charged)
{
    struct worker *worker = worker_new(50), *rival = worker_new_budget(ABOVE + 1, 3500, 3600, 0, SPORADIC);

    worker_start(rival, disturb);
    worker_start(worker, burn_two_milliseconds);
    seL4_Word start = us_now();
    worker_join(worker);
    seL4_Word elapsed = us_now() - start;
    struct answer answer = call(worker->schedctx, SchedContextConsumed, NONE, NONE);
    expect_near(answer.word[0], 2000, 30);
    expect(elapsed < 2100 || elapsed > 4900);
}

/* row: sched_control.configure.max_value */
TEST(budget, longest_period)
{
    seL4_Word longest = ~0ul / ticks_per_us() / 8;
    struct worker *once = worker_new_budget(ABOVE, 1000, longest, 0, 0),
                  *always = worker_new_budget(50, longest, longest, 0, 0);

    runs_clear();
    worker_start(recorder(once, 2), record);
    expect(!once->finished); /* not for many years */
    worker_start(always, burn_two_milliseconds);
    worker_join(always);
    expect_near(always->result[0], 2000, 20);
    expect_eq(runs.count, 0);
    expect(runs.start != 0);
}

/* --- the minimum at a call --------------------------------------------------------------------------------------------------- */

static void call_until_stopped(struct worker *worker)
{
    seL4_Word gap = 50 * ticks_per_us(), start = ticks_now(), last = start;

    for (;;) {
        if (worker->argument[0])
            seL4_Signal(worker->argument[0]);
        seL4_Word now = ticks_now();
        if (now - last > gap)
            break;
        last = now;
    }
    worker->result[0] = (last - start) / ticks_per_us();
}

/* row: budget.refill.no_budget_no_call */
TEST(budget, no_call_without_the_minimum)
{
    struct worker *computing = worker_new_budget(ABOVE, 1000, 5000, 0, 0),
                  *calling = worker_new_budget(ABOVE, 1000, 5000, 0, 0);

    worker_start(computing, call_until_stopped);
    worker_join(computing);
    expect_near(computing->result[0], 998, NEAR);
    calling->argument[0] = notification_new();
    worker_start(calling, call_until_stopped);
    worker_join(calling);
    expect_near(calling->result[0], 978, NEAR);
}

static void call_late(struct worker *worker)
{
    seL4_Word start = us_now();

    spin_until(start + 985);
    seL4_Signal(worker->argument[0]);
    worker->result[0] = us_now() - start;
}

/* row: budget.refill.minimum */
TEST(budget, what_is_below_the_minimum_comes_earlier)
{
    struct worker *worker = worker_new_budget(ABOVE, 1000, 5000, 0, 0);

    worker->argument[0] = notification_new();
    worker_start(worker, call_late);
    worker_join(worker);
    /* Fifteen microseconds were left: the next refill takes them in and begins earlier by as much. */
    expect_near(worker->result[0], 4985, NEAR);
}

/* --- Yield ---------------------------------------------------------------------------------------------------------------------- */

static seL4_Word consumed(seL4_CPtr schedctx)
{
    struct answer answer = call(schedctx, SchedContextConsumed, NONE, NONE);

    expect_eq(answer.label, seL4_NoError);
    expect_eq(answer.length, 1);
    return answer.word[0];
}

static void burn_and_yield(struct worker *worker)
{
    burn(300);
    seL4_Yield();
    worker->result[0] = us_now();
}

/* row: yield.call.no_fault yield.call.consumed yield.call.budget schedcontext.consumed.value schedcontext.consumed.resets */
TEST(budget, yield)
{
    struct worker *worker = worker_new_budget(ABOVE, 1000, 3000, 0, SPORADIC);
    seL4_CPtr timeouts = endpoint_new();
    seL4_Word start = us_now();

    worker_set_timeout_handler(worker, timeouts);
    worker_start(worker, burn_and_yield);
    expect_near(consumed(worker->schedctx), 302, NEAR + 2);
    expect_eq(consumed(worker->schedctx), 0);
    expect_nothing(receive((seL4_Word)seL4_SysNBWait, timeouts, 0));
    worker_join(worker);
    expect_near(worker->result[0] - start, 3000, 40);
}

static volatile unsigned turns;

static void count_turns(struct worker *worker)
{
    for (;;) {
        turns = turns * 10 + (unsigned)worker->argument[0];
        seL4_Yield();
    }
}

/* row: yield.call.equal sched.choice.first_come */
TEST(budget, yield_to_equals)
{
    struct worker *one = worker_new(RUNNER_PRIORITY), *two = worker_new(RUNNER_PRIORITY);

    turns = 0;
    one->argument[0] = 1;
    two->argument[0] = 2;
    worker_start(one, count_turns);
    worker_start(two, count_turns);
    seL4_Yield();
    expect_eq(turns, 12);
    seL4_Yield();
    expect_eq(turns, 1212);
}

/* row: yield.call.registers */
TEST(budget, yield_keeps_registers)
{
    struct syscall yield = {
        .number = (seL4_Word)seL4_SysYield, .cap = 1, .info = 2, .word = {3, 4, 5, 6}, .reply = 7, .dest = 8};
    struct worker *caller = caller_new(ABOVE, yield);
    seL4_UserContext after = expect_returned(caller), before = caller_registers(caller, yield);

    before.rip = (seL4_Word)code_syscall_end;
    before.rcx = after.rcx;
    before.r11 = after.r11;
    for (unsigned i = 0; i < sizeof(before) / sizeof(seL4_Word); i++)
        expect_eq(((const seL4_Word *)&after)[i], ((const seL4_Word *)&before)[i]);
}

/* row: schedcontext.consumed.send schedcontext.consumed.value */
TEST(budget, consumed_by_send)
{
    struct worker *worker = worker_new_budget(ABOVE, 5000, 5000, 0, 0);

    worker_start(worker, burn_and_yield);
    send((seL4_Word)seL4_SysSend, worker->schedctx, SchedContextConsumed, NONE, NONE);
    expect_eq(consumed(worker->schedctx), 0);
    /* One's own: what was used until now. */
    seL4_Word own = runner()->schedctx;
    consumed(own);
    seL4_Word start = us_now();
    spin_until(start + 500);
    expect_near(consumed(own), 500, NEAR);
}
