/* Interrupts of devices to a waiting thread, and of the kernel's own timer: budgets that end and periods that begin. */
#include "bench.h"

#include "lib/start.h"

#define TIMER_PIN        2 /* the interval timer */
#define TIMER_VECTOR     20
#define TIMER_COMMAND    0x43
#define TIMER_CHANNEL    0x40
#define TIMER_ONE_SHOT   0x30
#define TIMER_COUNT      60 /* about 50 us */
#define CLOCK_PIN        8  /* the real-time clock */
#define CLOCK_VECTOR     21
#define CLOCK_INDEX      0x70
#define CLOCK_DATA       0x71
#define CLOCK_REGISTER_A 0x0a
#define CLOCK_REGISTER_B 0x0b
#define CLOCK_REGISTER_C 0x0c
#define CLOCK_RATE       0x26 /* 1024 Hz */
#define CLOCK_PERIODIC   0x42 /* and 24 hours */
#define CLOCK_OFF        0x02
#define SHORT_BUDGET_US  200
#define SHORT_PERIOD_US  1000

static seL4_CPtr ports, notification, handler;
static unsigned operation;

static void out(seL4_Word port, seL4_Word value)
{
    check(seL4_X86_IOPort_Out8(ports, port, value), "out");
}

static void timer_arm(void)
{
    out(TIMER_COMMAND, TIMER_ONE_SHOT);
    out(TIMER_CHANNEL, TIMER_COUNT);
    out(TIMER_CHANNEL, 0);
}

/* The clock goes on by itself; reading register C lets it interrupt again. */
static void clock_arm(void)
{
    out(CLOCK_INDEX, CLOCK_REGISTER_C);
    seL4_X86_IOPort_In8(ports, CLOCK_DATA);
}

static void (*arm)(void);

static void waiter(struct bench_thread *self)
{
    (void)self;
    for (unsigned i = 0; i < ROUNDS; i++) {
        arm();
        seL4_Wait(notification, NULL);
        sample(operation, i, span_end());
        check(seL4_IRQHandler_Ack(handler), "acknowledge");
    }
}

/* The reading nearest to the interrupt is at most a loop's length before it. */
static void spinner(struct bench_thread *self)
{
    while (!self->word[0])
        span_begin();
}

static void waiter_then_stop(struct bench_thread *self)
{
    waiter(self);
    ((struct bench_thread *)self->word[0])->word[0] = 1;
}

static void irq(const char *name, enum bench_space space, seL4_Word first_port, seL4_Word pin, seL4_Word vector,
                void (*arm_device)(void))
{
    group_begin();
    operation = operation_new(ROUNDS, "irq_", name);
    arm = arm_device;
    notification = object_new(seL4_NotificationObject, 0);
    ports = slot_new();
    handler = slot_new();
    check(seL4_X86_IOPortControl_Issue(seL4_CapIOPortControl, first_port, first_port + 3, seL4_CapInitThreadCNode,
                                       ports, seL4_WordBits),
          "ports");
    check(seL4_IRQControl_GetIOAPIC(seL4_CapIRQControl, seL4_CapInitThreadCNode, handler, seL4_WordBits, 0, pin, 0, 0,
                                    vector),
          "irq");
    check(seL4_IRQHandler_SetNotification(handler, notification), "set notification");
    check(seL4_IRQHandler_Ack(handler), "acknowledge"); /* one that came before told nobody */
    if (arm == clock_arm) {
        out(CLOCK_INDEX, CLOCK_REGISTER_A);
        out(CLOCK_DATA, CLOCK_RATE);
        out(CLOCK_INDEX, CLOCK_REGISTER_B);
        out(CLOCK_DATA, CLOCK_PERIODIC);
    }
    struct bench_thread *waiting = thread_new(PRIORITY + 1, space), *spinning = thread_new(PRIORITY, ROOT_SPACE);
    spinning->word[0] = 0;
    waiting->word[0] = (uint64_t)spinning;
    thread_start(spinning, spinner);
    thread_start(waiting, waiter_then_stop);
    threads_run();
    if (arm == clock_arm) {
        out(CLOCK_INDEX, CLOCK_REGISTER_B);
        out(CLOCK_DATA, CLOCK_OFF);
    }
    group_end();
}

/* --- budgets ------------------------------------------------------------------------------------------------------------------ */

static volatile bool is_over;
static volatile uint32_t watched;

static void spend(struct bench_thread *self)
{
    (void)self;
    while (!is_over)
        span_begin();
}

/* Runs whenever the other has spent its budget: the first reading after a pause of its own is a sample. */
static void watch_expiry(struct bench_thread *self)
{
    (void)self;
    for (unsigned i = 0; i < ROUNDS; i++) {
        sample(operation, i, span_end());
        watched = span_start;
        while (watched == span_start)
            ;
    }
    is_over = true;
}

static void budget_expiry(void)
{
    group_begin();
    operation = operation_new(ROUNDS, "budget_expiry", "");
    is_over = false;
    struct bench_thread *spending = thread_new(PRIORITY, ROOT_SPACE), *watching = thread_new(PRIORITY - 1, OTHER_SPACE);
    check(seL4_SchedControl_ConfigureFlags(pecan_boot_info()->schedcontrol.start, spending->schedctx, SHORT_BUDGET_US,
                                           SHORT_PERIOD_US, 0, 0, 0),
          "short budget");
    thread_start(spending, spend);
    thread_start(watching, watch_expiry);
    threads_run();
    group_end();
}

/* Each Yield gives the rest of the budget away: the thread sleeps until its next period, and then interrupts the other. */
static void sleeper(struct bench_thread *self)
{
    (void)self;
    for (unsigned i = 0; i < ROUNDS; i++) {
        seL4_Yield();
        sample(operation, i, span_end());
    }
    is_over = true;
}

static void period_begin(void)
{
    group_begin();
    operation = operation_new(ROUNDS, "period_begin", "");
    is_over = false;
    struct bench_thread *sleeping = thread_new(PRIORITY + 1, OTHER_SPACE), *spending = thread_new(PRIORITY, ROOT_SPACE);
    check(seL4_SchedControl_ConfigureFlags(pecan_boot_info()->schedcontrol.start, sleeping->schedctx, SHORT_BUDGET_US,
                                           SHORT_PERIOD_US, 0, 0, 0),
          "short budget");
    thread_start(spending, spend);
    thread_start(sleeping, sleeper);
    threads_run();
    group_end();
}

void bench_interrupt(void)
{
    irq("to_user_same_as", ROOT_SPACE, TIMER_CHANNEL, TIMER_PIN, TIMER_VECTOR, timer_arm);
    irq("to_user_other_as", OTHER_SPACE, TIMER_CHANNEL, TIMER_PIN, TIMER_VECTOR, timer_arm);
    irq("device_to_user", OTHER_SPACE, CLOCK_INDEX, CLOCK_PIN, CLOCK_VECTOR, clock_arm);
    budget_expiry();
    period_begin();
}
