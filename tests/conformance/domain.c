/* Domains: the checks on every kernel, turns on one that is built with several. */
#include "harness/caller.h"
#include "harness/timing.h"

#define ABOVE (RUNNER_PRIORITY + 1)

#define DOMAINS      CONFIG_NUM_DOMAINS
#define ENTRIES      CONFIG_NUM_DOMAIN_SCHEDULES
#define MAX_DURATION ((1ul << 56) - 1)

#define SET(tcb, domain) call(seL4_CapDomain, DomainSetSet, CAPS(tcb), WORDS(domain))
#define CONFIGURE(...)   call(seL4_CapDomain, DomainScheduleConfigure, NONE, WORDS(__VA_ARGS__))
#define SET_START(index) call(seL4_CapDomain, DomainScheduleSetStart, NONE, WORDS(index))

/* row: domain.set.label domain.set.length domain.set.range domain.set.no_cap domain.set.type domain.set.effect */
TEST(domain, set_checks)
{
    seL4_CPtr tcb = tcb_new();

    expect_answer(call(seL4_CapDomain, TCBSuspend, NONE, NONE), seL4_IllegalOperation, NONE);
    expect_answer(call(seL4_CapDomain, DomainSetSet, CAPS(tcb), NONE), seL4_TruncatedMessage, NONE);
    expect_answer(call(seL4_CapDomain, DomainSetSet, NONE, WORDS(DOMAINS)), seL4_InvalidArgument, WORDS(0));
    expect_answer(call(seL4_CapDomain, DomainSetSet, NONE, WORDS(~0ul)), seL4_InvalidArgument, WORDS(0));
    expect_answer(call(seL4_CapDomain, DomainSetSet, NONE, WORDS(0)), seL4_TruncatedMessage, NONE);
    expect_answer(SET(endpoint_new(), 0), seL4_InvalidArgument, WORDS(1));
    expect_answer(SET(0, 0), seL4_InvalidArgument, WORDS(1));
    expect_success(SET(tcb, 0));
    expect_success(SET(tcb, DOMAINS - 1));
}

/* row: domain.schedule_configure.length domain.schedule_configure.index domain.schedule_configure.domain */
/* row: domain.schedule_configure.duration_max domain.schedule_configure.start domain.schedule_configure.effect */
TEST(domain, schedule_configure_checks)
{
    expect_answer(call(seL4_CapDomain, DomainScheduleConfigure, NONE, WORDS(0, 0)), seL4_TruncatedMessage, NONE);
    expect_answer(CONFIGURE(ENTRIES - 1, DOMAINS, ~0ul), seL4_RangeError, WORDS(0, ENTRIES - 2));
    expect_answer(CONFIGURE(~0ul, DOMAINS, ~0ul), seL4_RangeError, WORDS(0, ENTRIES - 2));
    expect_answer(CONFIGURE(0, DOMAINS, ~0ul), seL4_RangeError, WORDS(0, DOMAINS - 1));
    expect_answer(CONFIGURE(0, 0, MAX_DURATION + 1), seL4_InvalidArgument, WORDS(2));
    expect_answer(CONFIGURE(0, 0, 0), seL4_InvalidArgument, WORDS(2));
    expect_success(CONFIGURE(0, 0, MAX_DURATION));
}

/* row: domain.schedule_set_start.length domain.schedule_set_start.index domain.schedule_set_start.end_marker */
/* row: domain.schedule_set_start.effect */
TEST(domain, schedule_set_start_checks)
{
    expect_answer(call(seL4_CapDomain, DomainScheduleSetStart, NONE, NONE), seL4_TruncatedMessage, NONE);
    expect_answer(SET_START(ENTRIES), seL4_RangeError, WORDS(0, ENTRIES - 1));
    expect_answer(SET_START(~0ul), seL4_RangeError, WORDS(0, ENTRIES - 1));
    expect_answer(SET_START(ENTRIES - 1), seL4_InvalidArgument, WORDS(0));
    expect_answer(SET_START(1), seL4_InvalidArgument, WORDS(0));
    expect_success(SET_START(0));
}

/* domains.sh builds and runs these with several domains. */
#if CONFIG_NUM_DOMAINS > 1
#define NEAR 6

/* Back to what the kernel starts with. */
static void schedule_reset(void)
{
    expect_success(CONFIGURE(0, 0, MAX_DURATION));
    expect_success(SET_START(0));
    for (seL4_Word index = 1; index < ENTRIES - 1; index++)
        expect_success(CONFIGURE(index, 0, 0));
}

static struct runs runs;

static void record(struct worker *worker)
{
    runs_record(&runs, (unsigned)worker->argument[0]);
}

/* row: domain.schedule_configure.end_marker domain.schedule_configure.effect domain.schedule_set_start.effect */
/* row: domain.schedule.durations domain.schedule.only_current */
TEST(domain, take_turns)
{
    struct worker *worker = worker_new(50);
    seL4_Word us = ticks_per_us();

    expect_answer(CONFIGURE(1, 1, 0), seL4_InvalidArgument, WORDS(1));
    expect_success(CONFIGURE(0, 0, 1500 * us));
    expect_success(CONFIGURE(1, 1, 1000 * us));
    expect_success(CONFIGURE(2, 0, 500 * us));
    expect_success(CONFIGURE(3, 1, 700 * us));
    runs = (struct runs){0};
    worker->argument[0] = 6;
    expect_success(SET(worker->tcb, 1));
    worker_start(worker, record);
    expect(runs.start == 0);
    expect_success(SET_START(0));
    /* Whatever its priority: we do not run in its turns, nor it in ours. */
    seL4_Word start = us_now();
    worker_join(worker);
    schedule_reset();
    for (unsigned i = 0; i < 6; i++) {
        expect_near(runs.end[i] - runs.begin[i], i % 2 == 0 ? 1000 : 700, NEAR);
        if (i > 0)
            expect_near(runs.begin[i] - runs.end[i - 1], i % 2 == 0 ? 1500 : 500, NEAR);
    }
    expect_near(runs.start - start, 1500, NEAR);
}

/* row: domain.schedule.moves domain.schedule.only_current domain.set.effect */
TEST(domain, moved_thread_stops)
{
    struct worker *worker = worker_new(ABOVE);
    seL4_Word us = ticks_per_us();

    runs = (struct runs){0};
    worker->argument[0] = 1;
    expect_success(SET(worker->tcb, 1));
    worker_start(worker, record);
    spin_until(us_now() + 300);
    expect(runs.start == 0); /* its domain has no turn */
    expect_success(CONFIGURE(1, 1, 2000 * us));
    expect_success(CONFIGURE(0, 0, 1000 * us));
    /* In the other domain we stop at once, till its turn comes. */
    seL4_Word start = us_now();
    expect_success(SET_START(0));
    expect_success(SET(runner()->tcb, 1));
    seL4_Word moved = us_now() - start;
    expect_success(SET(runner()->tcb, 0));
    schedule_reset();
    expect(runs.start != 0);
    expect(moved > 900);
}

/* row: domain.schedule.inherit */
TEST(domain, new_threads_have_their_creators_domain)
{
    seL4_Word us = ticks_per_us();
    struct worker *worker;

    expect_success(CONFIGURE(0, 1, 5000 * us));
    expect_success(CONFIGURE(1, 0, 3000 * us));
    expect_success(SET_START(0));
    /* In a turn of domain 1 only a thread of that domain runs: what we make there runs there. */
    expect_success(SET(runner()->tcb, 1));
    runs = (struct runs){0};
    worker = worker_new(ABOVE);
    worker->argument[0] = 1;
    worker_start(worker, record);
    bool has_run = runs.start != 0;
    expect_success(SET(runner()->tcb, 0));
    schedule_reset();
    expect(has_run);
}
#endif
