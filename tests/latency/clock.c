#include "latency.h"

#define CLOCK_PRIORITY 254
#define PERIOD_US      200
#define BUDGET_US      30

static _Alignas(16) char stack[1024];
static seL4_CPtr wakes;
static seL4_Word nothing;

static void clock_main(void)
{
    for (;;) {
        seL4_Yield();
        seL4_Signal(wakes);
    }
}

void clock_start(void)
{
    struct own_thread thread = thread_make(CLOCK_PRIORITY, BUDGET_US, PERIOD_US, true, 0);

    wakes = object_make(seL4_NotificationObject, 0);
    thread_start(&thread, clock_main, stack + sizeof(stack), &nothing, &nothing);
}

void clock_wait(seL4_Word count)
{
    seL4_Word badge;

    while (count-- > 0)
        seL4_Wait(wakes, &badge);
}
