#include "init/clock.h"

#include "init/memory.h"
#include "init/system.h"

#include <pecan/features.h>

enum { STACK_WORDS = 128, TICK_BUDGET_US = 200, PRIORITY_TICK = 255 };

static struct {
    seL4_CPtr tcb, schedctx, notification, signal; /* in successive slots */
} objects;
static _Alignas(16) seL4_Word tick_stack[STACK_WORDS];
static uint64_t counts_per_us = 1;
static bool is_ticking;

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

/* Runs without thread-local storage and without an IPC buffer. */
static _Noreturn void tick(void)
{
    for (;;) {
        seL4_Signal(objects.signal);
        seL4_Yield();
    }
}

static bool start_thread(void)
{
    seL4_UserContext registers = {.rip = (seL4_Word)tick, .rsp = (seL4_Word)(tick_stack + STACK_WORDS - 1)};
    return !seL4_SchedControl_ConfigureFlags(the_system.boot->schedcontrol.start, objects.schedctx, TICK_BUDGET_US,
                                             CLOCK_TICK_US, 0, 0, 0) &&
           !seL4_TCB_Configure(objects.tcb, seL4_CapInitThreadCNode, 0, seL4_CapInitThreadVSpace, 0, 0, 0) &&
           !seL4_TCB_SetSchedParams(objects.tcb, seL4_CapInitThreadTCB, 0, PRIORITY_TICK, objects.schedctx, 0) &&
           !seL4_TCB_WriteRegisters(objects.tcb, false, 0, sizeof(registers) / sizeof(seL4_Word), &registers);
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
           !seL4_TCB_BindNotification(seL4_CapInitThreadTCB, objects.notification) && start_thread();
}

static bool is_needed(void)
{
    for (uint32_t i = 0; i < the_system.description->domains.count; i++) {
        const struct domain_record *domain = &the_system.domains[i];
        if ((domain->state == DOMAIN_WAITS && domain->due_us != UINT64_MAX) ||
            (domain->state == DOMAIN_RUNS && domain->description->restart.heartbeat_us))
            return true;
    }
    return false;
}

void clock_run(void)
{
    bool is_wanted = is_needed();
    if (is_wanted == is_ticking)
        return;
    is_ticking = is_wanted;
    if (is_wanted)
        seL4_TCB_Resume(objects.tcb);
    else
        seL4_TCB_Suspend(objects.tcb);
}
