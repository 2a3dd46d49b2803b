/* Who runs: what random sequences meet too seldom. */
#include "abi/boot.h"
#include "world.h"

#define US HOST_TICKS_PER_US

/* More contexts than one interrupt wakes are due at the same moment: none is forgotten, and the timer does not wait. */
TEST(sched, many_contexts_due_at_once_are_all_woken)
{
    enum { THREADS = 20 };
    uint64_t thread[THREADS];
    world_reset();
    for (unsigned i = 0; i < THREADS; i++) {
        thread[i] = world_new_thread(100, true);
        world_configure(thread[i] + 2, 100, 10000, 0);
        struct schedctx *sc = world_schedctx(thread[i] + 2);
        sched_dequeue(world_thread(thread[i]));
        sc->refill[0].time = host_cpu.now + 5000 * US;
        sched_postpone(sc);
    }
    struct thread *first = world_current();
    thread_suspend(first);
    sched_reconsider();
    kernel_spurious_interrupt();
    expect_ptr_eq(world_current(), &host_cpu.idle);
    world_pass(5000 * US);
    unsigned woken = 0;
    for (unsigned i = 0; i < THREADS; i++)
        woken += !world_schedctx(thread[i] + 2)->in_release_queue;
    expect_eq(woken, THREADS);
    expect(world_current() != &host_cpu.idle);
}

/*
 * The story: a domain's turn and a budget ended within one interrupt. The thread was put back as preempted, although its context
 * had to wait for its refill, and ran in the next turn on budget that was not there.
 */
TEST(sched, a_budget_that_ends_with_the_turn_waits_for_its_refill)
{
    world_reset();
    uint64_t thread = world_new_thread(100, true);
    world_configure(thread + 2, 1000, 10000, 0);
    struct thread *first = world_current();
    expect_eq(world_invoke(ABI_INIT_SLOT_DOMAIN,
                           (struct world_message){ABI_LABEL_DOMAIN_SCHEDULE_CONFIGURE, WORDS(0, 0, 1000 * US)}),
              0);
    expect_eq(world_invoke(ABI_INIT_SLOT_DOMAIN,
                           (struct world_message){ABI_LABEL_DOMAIN_SCHEDULE_CONFIGURE, WORDS(1, 1, 500 * US)}),
              0);
    expect_eq(world_invoke(ABI_INIT_SLOT_DOMAIN, (struct world_message){ABI_LABEL_DOMAIN_SCHEDULE_SET_START, WORDS(0)}),
              0);
    thread_suspend(first);
    sched_reconsider();
    kernel_spurious_interrupt();
    expect_ptr_eq(world_current(), world_thread(thread));
    host.time += 1001 * US; /* the interrupt comes late: both have ended */
    host.is_armed = false;
    kernel_timer_interrupt();
    expect_ptr_eq(world_current(), &host_cpu.idle);
    expect(world_schedctx(thread + 2)->in_release_queue);
    world_pass(600 * US); /* the other domain's turn, and into the next */
    expect_ptr_eq(world_current(), &host_cpu.idle);
}

TEST(sched, only_threads_of_the_domain_run)
{
    world_reset();
    uint64_t one = world_new_thread(100, true), two = world_new_thread(90, true);
    expect_eq(world_invoke(ABI_INIT_SLOT_DOMAIN, (struct world_message){ABI_LABEL_DOMAIN_SET_SET, WORDS(1), CAPS(two)}),
              0);
    expect_eq(world_invoke(ABI_INIT_SLOT_DOMAIN,
                           (struct world_message){ABI_LABEL_DOMAIN_SCHEDULE_CONFIGURE, WORDS(0, 0, 300 * US)}),
              0);
    expect_eq(world_invoke(ABI_INIT_SLOT_DOMAIN,
                           (struct world_message){ABI_LABEL_DOMAIN_SCHEDULE_CONFIGURE, WORDS(1, 1, 200 * US)}),
              0);
    expect_eq(world_invoke(ABI_INIT_SLOT_DOMAIN, (struct world_message){ABI_LABEL_DOMAIN_SCHEDULE_SET_START, WORDS(0)}),
              0);
    thread_suspend(world_current());
    sched_reconsider();
    kernel_spurious_interrupt();
    uint64_t time[2] = {0, 0};
    for (unsigned i = 0; i < 5000; i++) {
        time[0] += world_current() == world_thread(one);
        time[1] += world_current() == world_thread(two);
        world_pass(1 * US);
    }
    expect_eq(time[0], 3000);
    expect_eq(time[1], 2000);
}

TEST(sched, a_slice_is_as_long_as_its_budget)
{
    world_reset();
    uint64_t one = world_new_thread(100, true), two = world_new_thread(100, true);
    thread_suspend(world_current());
    sched_reconsider();
    kernel_spurious_interrupt();
    unsigned changes = 0;
    const struct thread *last = world_current();
    uint64_t since = host.time;
    for (unsigned i = 0; i < 20000; i++) {
        world_pass(1 * US);
        if (world_current() == last)
            continue;
        /* The timer comes 2 us early; the rest of the slice is not kept. */
        expect(host.time - since >= 997 * US && host.time - since <= 1000 * US);
        last = world_current();
        since = host.time;
        changes++;
        expect(last == world_thread(one) || last == world_thread(two));
    }
    expect(changes >= 19);
}
