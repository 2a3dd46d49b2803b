/* Signals and waiting: what random sequences meet too seldom. */
#include "world.h"

/* A passive thread that a signal has woken runs on the notification's context until it waits there again. */
TEST(notification, the_context_that_was_lent_goes_back_at_the_next_wait)
{
    world_reset();
    uint64_t notification = world_new(ABI_OBJECT_NOTIFICATION, 0), lent = world_new(ABI_OBJECT_SCHED_CONTEXT, 8);
    world_configure(lent, 1000, 1000, 0);
    expect_eq(world_invoke(lent, (struct world_message){ABI_LABEL_SCHED_CONTEXT_BIND, CAPS(notification)}), 0);
    uint64_t waiter = world_new_thread(200, true), other = world_new_thread(100, true);

    world_run(waiter);
    world_call(ABI_SYSCALL_WAIT, notification, 0, 0);
    expect_ptr_eq(world_current(), world_thread(other));
    schedctx_unbind_thread(world_thread(waiter)->schedctx); /* it becomes passive */
    world_call(ABI_SYSCALL_SEND, notification, 0, 0);
    expect_ptr_eq(world_current(), world_thread(waiter));
    expect_ptr_eq(world_schedctx(lent)->thread, world_thread(waiter));
    world_call(ABI_SYSCALL_WAIT, notification, 0, 0);
    expect_ptr_eq(world_current(), world_thread(other));
    expect_ptr_eq(world_schedctx(lent)->thread, NULL);
    expect_ptr_eq(world_thread(waiter)->schedctx, NULL);
}

/* Several wait: the signals go to them in the order of priority and arrival, and each runs when it should. */
TEST(notification, each_signal_wakes_one_of_many_waiters)
{
    enum { WAITERS = 4 };
    static const unsigned priority[WAITERS] = {200, 210, 200, 210};
    static const unsigned woken[WAITERS] = {3, 1, 2, 0}; /* who was made ready last runs first, and waits first */
    uint64_t waiter[WAITERS];
    world_reset();
    uint64_t notification = world_new(ABI_OBJECT_NOTIFICATION, 0), other = world_new_thread(100, true);
    for (unsigned i = 0; i < WAITERS; i++)
        waiter[i] = world_new_thread(priority[i], true);
    struct thread *first = world_current();
    thread_suspend(first);
    sched_reconsider();
    kernel_spurious_interrupt();
    for (unsigned i = 0; i < WAITERS; i++)
        world_call(ABI_SYSCALL_WAIT, notification, 0, 0); /* the higher ones first */
    for (unsigned i = 0; i < WAITERS; i++) {
        expect_ptr_eq(world_current(), world_thread(other));
        world_call(ABI_SYSCALL_SEND, notification, 0, 0);
        expect_ptr_eq(world_current(), world_thread(waiter[woken[i]]));
        thread_suspend(world_current());
        sched_reconsider();
        kernel_spurious_interrupt();
    }
    world_call(ABI_SYSCALL_SEND, notification, 0, 0); /* nobody is left */
    expect_ptr_eq(world_current(), world_thread(other));
}
