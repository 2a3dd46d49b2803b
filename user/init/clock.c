#include "init/clock.h"

#include "init/memory.h"
#include "init/system.h"
#include "microkit/include/pecan/trace.h"

#include <pecan/features.h>

enum { STACK_WORDS = 128, TICK_BUDGET_US = 200, PRIORITY_TICK = 255 };

/* A period that is no longer than the budget would have the thread run without a pause. */
enum { PERIOD_LEAST_US = TICK_BUDGET_US + 50 };

static struct {
    seL4_CPtr tcb, schedctx, notification, signal; /* in successive slots */
} objects;
static _Alignas(16) seL4_Word tick_stack[STACK_WORDS];
static uint64_t counts_per_us = 1;
static uint64_t period_us = UINT64_MAX,
                next_us = UINT64_MAX; /* of the thread, and when it runs next; or it stands still */

uint64_t clock_now_us(void)
{
    uint32_t low, high;
    __asm__ volatile("rdtsc" : "=a"(low), "=d"(high));
    return ((uint64_t)high << 32 | low) / counts_per_us;
}

uint64_t clock_ticks_per_us(void)
{
    return counts_per_us;
}

/* Runs without thread-local storage and without an IPC buffer. It begins with its whole budget, and does without: the first tick is a period later. */
static _Noreturn void tick(void)
{
    for (;;) {
        seL4_Yield();
        seL4_Signal(objects.signal);
    }
}

static bool set_period(uint64_t us)
{
    return !seL4_SchedControl_ConfigureFlags(the_system.boot->schedcontrol.start, objects.schedctx, TICK_BUDGET_US, us,
                                             0, 0, 0);
}

/* Has the thread, which stands still, run from its beginning. */
static void start_thread(void)
{
    seL4_UserContext registers = {.rip = (seL4_Word)tick, .rsp = (seL4_Word)(tick_stack + STACK_WORDS - 1)};
    seL4_TCB_WriteRegisters(objects.tcb, true, 0, sizeof(registers) / sizeof(seL4_Word), &registers);
}

static bool prepare_thread(void)
{
    thread_name_in_traces(objects.tcb, PECAN_TRACE_ID_INIT);
    return set_period(CLOCK_TICK_US) &&
           !seL4_TCB_Configure(objects.tcb, seL4_CapInitThreadCNode, 0, seL4_CapInitThreadVSpace, 0, 0, 0) &&
           !seL4_TCB_SetSchedParams(objects.tcb, seL4_CapInitThreadTCB, 0, PRIORITY_TICK, objects.schedctx, 0);
}

bool clock_initialise(void)
{
    seL4_CPtr slots = slots_take(4);
    const seL4_BootInfoHeader *chunk = pecan_boot_chunk(the_system.boot, SEL4_BOOTINFO_HEADER_X86_TSC_FREQ);
    uint32_t mhz = 0;
    if (chunk)
        __builtin_memcpy(&mhz, chunk + 1, sizeof(mhz));
    counts_per_us = mhz ? mhz : 1;
    objects.tcb = slots;
    objects.schedctx = slots + 1;
    objects.notification = slots + 2;
    objects.signal = slots + 3;
    return slots && memory_make(seL4_TCBObject, 0, objects.tcb, 1) &&
           memory_make(seL4_SchedContextObject, seL4_MinSchedContextBits, objects.schedctx, 1) &&
           memory_make(seL4_NotificationObject, 0, objects.notification, 1) &&
           !cap_give(seL4_CapInitThreadCNode, objects.signal, seL4_WordBits, objects.notification, seL4_CanWrite,
                     BADGE_TICK) &&
           !seL4_TCB_BindNotification(seL4_CapInitThreadTCB, objects.notification) && prepare_thread();
}

/* When init has to look at a domain again: between PERIOD_LEAST_US and CLOCK_TICK_US; UINT64_MAX: it waits for no time. */
static uint64_t time_left_us(const struct domain_record *domain, uint64_t now_us)
{
    if (domain->state == DOMAIN_RUNS)
        return domain->description->restart.heartbeat_us ? CLOCK_TICK_US : UINT64_MAX;
    if (domain->state != DOMAIN_WAITS || domain->due_us == UINT64_MAX)
        return UINT64_MAX;
    if (domain->due_us < now_us + PERIOD_LEAST_US)
        return PERIOD_LEAST_US;
    return domain->due_us - now_us < CLOCK_TICK_US ? domain->due_us - now_us : CLOCK_TICK_US;
}

uint64_t clock_ticked(void)
{
    uint64_t now_us = clock_now_us();
    next_us = now_us + period_us;
    return now_us;
}

/* The kernel gives a thread that stands still its whole budget when it is configured: its periods count from then. */
void clock_run(void)
{
    uint64_t now_us = clock_now_us(), wanted_us = UINT64_MAX;
    for (uint32_t i = 0; i < the_system.description->domains.count; i++) {
        uint64_t left_us = time_left_us(&the_system.domains[i], now_us);
        wanted_us = left_us < wanted_us ? left_us : wanted_us;
    }
    if (wanted_us == period_us || (wanted_us < CLOCK_TICK_US && next_us <= now_us + wanted_us))
        return;
    seL4_TCB_Suspend(objects.tcb);
    period_us = wanted_us;
    next_us = wanted_us == UINT64_MAX ? UINT64_MAX : now_us + wanted_us;
    if (wanted_us != UINT64_MAX && set_period(wanted_us))
        start_thread();
}
