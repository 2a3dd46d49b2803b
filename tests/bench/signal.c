/* Notifications, interrupts, yielding. */
#include "bench.h"

#define PRIORITY 100

static seL4_CPtr notification, other, handler;
static volatile uint64_t sent_at, ticks[ROUNDS + WARM_UP];
static volatile bool finished;

static void report(const char *name)
{
    samples_begin();
    for (unsigned i = 0; i < ROUNDS + WARM_UP; i++)
        sample(ticks[i]);
    samples_report(name);
}

static void let_run(void)
{
    seL4_TCB_SetPriority(seL4_CapInitThreadTCB, seL4_CapInitThreadTCB, 10);
    seL4_TCB_SetPriority(seL4_CapInitThreadTCB, seL4_CapInitThreadTCB, 255);
}

static void waiter(struct bench_thread *self)
{
    (void)self;
    for (unsigned i = 0; i < ROUNDS + WARM_UP; i++) {
        seL4_Wait(notification, NULL);
        ticks[i] = counter() - sent_at;
    }
    finished = true;
}

static void signaller(struct bench_thread *self)
{
    (void)self;
    for (unsigned i = 0; i < ROUNDS + WARM_UP; i++) {
        sent_at = counter();
        seL4_Signal(notification);
    }
}

static void bench_signal_higher(void)
{
    struct bench_thread *waiting = thread_new(PRIORITY + 1, true), *signalling = thread_new(PRIORITY, false);
    thread_start(waiting, waiter);
    thread_start(signalling, signaller);
    let_run();
    report("signal_to_higher");
    thread_stop(waiting);
    thread_stop(signalling);
}

/* Nobody waits, or somebody of lower priority: the signaller goes on, and measures its own call. */
static void own_signal(struct bench_thread *self)
{
    for (unsigned i = 0; i < ROUNDS + WARM_UP; i++) {
        if (self->word[0])
            seL4_Wait(other, NULL); /* until the waiter waits again */
        uint64_t before = counter();
        seL4_Signal(notification);
        ticks[i] = counter() - before;
    }
    finished = true;
}

static void low_waiter(struct bench_thread *self)
{
    (void)self;
    for (;;) {
        seL4_Signal(other);
        seL4_Wait(notification, NULL);
    }
}

static void bench_signal_lower(void)
{
    struct bench_thread *waiting = thread_new(PRIORITY - 1, true), *signalling = thread_new(PRIORITY, false);
    signalling->word[0] = 1;
    thread_start(waiting, low_waiter);
    thread_start(signalling, own_signal);
    finished = false;
    while (!finished)
        let_run();
    report("signal_to_lower");
    thread_stop(waiting);
    thread_stop(signalling);

    struct bench_thread *alone = thread_new(PRIORITY, false);
    alone->word[0] = 0;
    thread_start(alone, own_signal);
    let_run();
    report("signal_to_nobody");
    thread_stop(alone);
}

/* --- a semaphore made of a notification ----------------------------------------------------------------------------- */

static volatile long full;

static void producer(struct bench_thread *self)
{
    (void)self;
    for (unsigned i = 0; i < ROUNDS + WARM_UP; i++) {
        sent_at = counter();
        if (__atomic_fetch_add(&full, 1, __ATOMIC_SEQ_CST) < 0)
            seL4_Signal(notification);
        seL4_Wait(other, NULL);
    }
}

static void consumer(struct bench_thread *self)
{
    (void)self;
    for (unsigned i = 0; i < ROUNDS + WARM_UP; i++) {
        if (__atomic_fetch_sub(&full, 1, __ATOMIC_SEQ_CST) <= 0)
            seL4_Wait(notification, NULL);
        ticks[i] = counter() - sent_at;
        seL4_Signal(other);
    }
}

static void bench_semaphore(void)
{
    struct bench_thread *consuming = thread_new(PRIORITY, false), *producing = thread_new(PRIORITY, false);
    full = 0;
    thread_start(consuming, consumer);
    thread_start(producing, producer);
    let_run();
    report("semaphore_handover");
    thread_stop(consuming);
    thread_stop(producing);
}

/* --- yield ---------------------------------------------------------------------------------------------------------- */

static void yielder(struct bench_thread *self)
{
    for (unsigned i = 0; i < ROUNDS + WARM_UP; i++) {
        if (self->word[0])
            ticks[i] = counter() - sent_at;
        sent_at = counter();
        seL4_Yield();
    }
}

static void bench_yield(void)
{
    struct bench_thread *a = thread_new(PRIORITY, false), *b = thread_new(PRIORITY, false);
    b->word[0] = 1;
    thread_start(a, yielder);
    thread_start(b, yielder);
    let_run();
    report("yield_equal");
    thread_stop(a);
    thread_stop(b);
}

/* --- interrupts: the PIT's counter 0, one shot ------------------------------------------------------------------------- */

#define PIT_IRQ_PIN 2
#define IRQ_VECTOR  20
#define PIT_COUNT   60 /* about 50 us */

static seL4_CPtr ports;

static void irq_waiter(struct bench_thread *self)
{
    (void)self;
    for (unsigned i = 0; i < ROUNDS + WARM_UP; i++) {
        check(seL4_X86_IOPort_Out8(ports, 0x43, 0x30), "pit mode");
        check(seL4_X86_IOPort_Out8(ports, 0x40, PIT_COUNT), "pit low");
        check(seL4_X86_IOPort_Out8(ports, 0x40, 0), "pit high");
        seL4_Wait(notification, NULL);
        ticks[i] = counter() - sent_at;
        check(seL4_IRQHandler_Ack(handler), "ack");
    }
    finished = true;
}

static void spinner(struct bench_thread *self)
{
    (void)self;
    for (;;)
        sent_at = counter();
}

static void bench_interrupt(bool other_space, const char *name)
{
    struct bench_thread *waiting = thread_new(PRIORITY + 1, other_space), *spinning = thread_new(PRIORITY, false);
    finished = false;
    thread_start(spinning, spinner);
    thread_start(waiting, irq_waiter);
    while (!finished) {
        /* The root sleeps below both: the spinner runs until the waiter has all its samples. */
        seL4_TCB_SetPriority(seL4_CapInitThreadTCB, seL4_CapInitThreadTCB, PRIORITY);
        seL4_Yield();
        seL4_TCB_SetPriority(seL4_CapInitThreadTCB, seL4_CapInitThreadTCB, 255);
    }
    report(name);
    thread_stop(waiting);
    thread_stop(spinning);
}

void bench_signal(void)
{
    notification = object_new(seL4_NotificationObject, 0);
    other = object_new(seL4_NotificationObject, 0);
    bench_signal_higher();
    bench_signal_lower();
    bench_semaphore();
    bench_yield();
    ports = slot_new();
    handler = slot_new();
    check(seL4_X86_IOPortControl_Issue(seL4_CapIOPortControl, 0x40, 0x43, seL4_CapInitThreadCNode, ports, seL4_WordBits),
          "ports");
    check(seL4_IRQControl_GetIOAPIC(seL4_CapIRQControl, seL4_CapInitThreadCNode, handler, seL4_WordBits, 0, PIT_IRQ_PIN, 0,
                                    0, IRQ_VECTOR),
          "irq");
    check(seL4_IRQHandler_SetNotification(handler, notification), "set notification");
    bench_interrupt(false, "irq_to_user_same_as");
    bench_interrupt(true, "irq_to_user_other_as");
}
