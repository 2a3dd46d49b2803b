/* Notifications: signals, waits, polls, and a semaphore made of them. */
#include "bench.h"

static seL4_CPtr notification, endpoint, reply, answer;
static unsigned operation, wait_operation;

static void signal_group_begin(void)
{
    group_begin();
    notification = object_new(seL4_NotificationObject, 0);
}

/* --- a waiter of higher priority: the signal switches to it, its next wait switches back ----------------------------------- */

static void signaller(struct bench_thread *self)
{
    (void)self;
    for (unsigned i = 0; i < ROUNDS; i++) {
        span_begin();
        seL4_Signal(notification);
        sample(wait_operation, i, span_end());
    }
}

static void waiter(struct bench_thread *self)
{
    (void)self;
    for (unsigned i = 0;; i++) {
        span_begin();
        seL4_Wait(notification, NULL);
        uint64_t ticks = span_end();
        if (i < ROUNDS)
            sample(operation, i, ticks);
    }
}

static void bound_waiter(struct bench_thread *self)
{
    (void)self;
    seL4_Word badge;
    for (unsigned i = 0;; i++) {
        span_begin();
        seL4_RecvWithMRs(endpoint, &badge, NULL, NULL, NULL, NULL, reply);
        uint64_t ticks = span_end();
        if (i < ROUNDS)
            sample(operation, i, ticks);
    }
}

static void signal_to_higher(const char *name, enum bench_space space, bool is_bound)
{
    signal_group_begin();
    operation = operation_new(ROUNDS, "signal_to_", name);
    wait_operation = operation_new(ROUNDS, "wait_after_", name);
    struct bench_thread *waiting = thread_new(PRIORITY + 1, space), *signalling = thread_new(PRIORITY, ROOT_SPACE);
    if (is_bound) {
        endpoint = object_new(seL4_EndpointObject, 0);
        reply = object_new(seL4_ReplyObject, 0);
        check(seL4_TCB_BindNotification(waiting->tcb, notification), "bind");
    }
    thread_start(waiting, is_bound ? bound_waiter : waiter);
    threads_run();
    thread_start(signalling, signaller);
    threads_run();
    group_end();
}

/* --- the signaller goes on ------------------------------------------------------------------------------------------------ */

static void own_signal(struct bench_thread *self)
{
    (void)self;
    for (unsigned i = 0; i < ROUNDS; i++) {
        pause();
        span_begin();
        seL4_Signal(notification);
        sample(operation, i, span_end());
    }
    pause_finish();
}

static void wait_forever(struct bench_thread *self)
{
    (void)self;
    while (true)
        seL4_Wait(notification, NULL);
}

static void signal_and_go_on(const char *name, unsigned waiter_priority)
{
    signal_group_begin();
    operation = operation_new(ROUNDS, "signal_to_", name);
    pause_prepare();
    thread_start(thread_new(waiter_priority, OTHER_SPACE), wait_forever);
    run_alone(own_signal);
    group_end();
}

static void own_polls(struct bench_thread *self)
{
    (void)self;
    unsigned to_nobody = operation_new(ROUNDS, "signal_to_nobody", ""), ready = operation_new(ROUNDS, "wait_ready", ""),
             poll_ready = operation_new(ROUNDS, "poll_ready", ""),
             poll_nobody = operation_new(ROUNDS, "poll_nobody", "");
    for (unsigned i = 0; i < ROUNDS; i++) {
        span_begin();
        seL4_Signal(notification);
        sample(to_nobody, i, span_end());
        span_begin();
        seL4_Wait(notification, NULL);
        sample(ready, i, span_end());
        seL4_Signal(notification);
        span_begin();
        seL4_Poll(notification, NULL);
        sample(poll_ready, i, span_end());
        span_begin();
        seL4_Poll(notification, NULL);
        sample(poll_nobody, i, span_end());
    }
}

/* --- a semaphore: a count in memory, and a notification for those who must wait -------------------------------------------- */

static volatile long full;

static void producer(struct bench_thread *self)
{
    (void)self;
    for (unsigned i = 0; i < ROUNDS; i++) {
        span_begin();
        if (__atomic_fetch_add(&full, 1, __ATOMIC_SEQ_CST) < 0)
            seL4_Signal(notification);
        seL4_Wait(answer, NULL);
    }
}

static void consumer(struct bench_thread *self)
{
    (void)self;
    for (unsigned i = 0; i < ROUNDS; i++) {
        if (__atomic_fetch_sub(&full, 1, __ATOMIC_SEQ_CST) <= 0)
            seL4_Wait(notification, NULL);
        sample(operation, i, span_end());
        seL4_Signal(answer);
    }
}

static void semaphore_handover(void)
{
    signal_group_begin();
    operation = operation_new(ROUNDS, "semaphore_handover", "");
    answer = object_new(seL4_NotificationObject, 0);
    full = 0;
    struct bench_thread *consuming = thread_new(PRIORITY, ROOT_SPACE), *producing = thread_new(PRIORITY, ROOT_SPACE);
    thread_start(consuming, consumer);
    thread_start(producing, producer);
    threads_run();
    group_end();
}

void bench_signal(void)
{
    signal_to_higher("higher", OTHER_SPACE, false);
    signal_to_higher("higher_same_as", ROOT_SPACE, false);
    signal_to_higher("bound", OTHER_SPACE, true);
    signal_and_go_on("equal", PRIORITY);
    signal_and_go_on("lower", PRIORITY - 1);

    signal_group_begin();
    run_alone(own_polls);
    group_end();

    semaphore_handover();
}
