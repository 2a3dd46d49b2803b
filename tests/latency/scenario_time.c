/*
 * Scheduling contexts with long lists, and many of them.
 */
#include "latency.h"

#define REFILLS           250
#define BIG_SCHEDCTX_BITS 12
#define PIECE_US          22
#define PERIOD_US         100000
#define BUDGET_US         ((REFILLS + 4) * 30)
#define SLEEPERS          18

static _Alignas(16) char stacks[SLEEPERS][1024];
static seL4_CPtr go, bed; /* what a thread waits at between pieces, and where it sends to at last, or waits at */
static seL4_Word ticks_per_us, nothing;
static volatile seL4_Word pieces;
static volatile bool spins, sleeps, sends;

static seL4_Word time_now(void)
{
    seL4_Word low, high;

    __asm__ volatile("rdtsc" : "=a"(low), "=d"(high));
    return high << 32 | low;
}

/* Runs for a piece, stops until it is told to go on: each piece becomes a refill of its own. */
static void piecemeal_main(void)
{
    for (;;) {
        seL4_Word badge, start = time_now();

        while (time_now() - start < PIECE_US * ticks_per_us || spins)
            ;
        pieces++;
        while (sleeps && sends)
            seL4_SendWithMRs(bed, seL4_MessageInfo_new(0, 0, 0, 0), seL4_Null, seL4_Null, seL4_Null, seL4_Null);
        while (sleeps)
            seL4_WaitWithMRs(bed, &badge, seL4_Null, seL4_Null, seL4_Null, seL4_Null);
        seL4_WaitWithMRs(go, &badge, seL4_Null, seL4_Null, seL4_Null, seL4_Null); /* it has no IPC buffer */
    }
}

static void wait_us(seL4_Word us)
{
    seL4_Word start = time_now();

    while (time_now() - start < us * ticks_per_us)
        ;
}

static struct own_thread piecemeal_start(unsigned number, bool is_sporadic)
{
    struct own_thread thread = thread_make(CROWD_PRIORITY, 100, 100, false, 0);
    seL4_CPtr big = schedctx_make(BIG_SCHEDCTX_BITS, BUDGET_US, PERIOD_US, REFILLS - 2, is_sporadic);

    must(seL4_SchedContext_Unbind(thread.schedctx), "unbind the small context");
    must(seL4_SchedContext_Bind(big, thread.tcb), "bind the large one");
    thread.schedctx = big;
    pieces = 0;
    thread_start(&thread, piecemeal_main, stacks[number] + sizeof(stacks[0]), &nothing, &nothing);
    for (seL4_Word i = 0; i < REFILLS + 2; i++) {
        wait_us(10);
        seL4_Signal(go);
    }
    return thread;
}

static void use_up(struct own_thread thread, bool is_sporadic)
{
    const seL4_CPtr control = seL4_GetBootInfo()->schedcontrol.start;

    if (pieces < REFILLS)
        give_up("the thread did not run in so many pieces");
    spins = true;
    seL4_Signal(go);
    clock_wait(3 * PERIOD_US / 200); /* it uses up its refills, again and again */
    spins = false;
    clock_wait(2 * PERIOD_US / 200);
    must(seL4_SchedControl_ConfigureFlags(control, thread.schedctx, BUDGET_US / 2, PERIOD_US, REFILLS - 2, 0,
                                          is_sporadic ? seL4_SchedContext_Sporadic : seL4_SchedContext_NoFlag),
         "configure the context anew");
    seL4_Signal(go);
    clock_wait(PERIOD_US / 200);
    must(seL4_TCB_Suspend(thread.tcb), "suspend the thread");
    must(seL4_CNode_Delete(seL4_CapInitThreadCNode, thread.schedctx, seL4_WordBits), "delete the context");
}

void scenario_refills(void)
{
    ticks_per_us = machine_ticks_per_us();
    go = object_make(seL4_NotificationObject, 0);
    for (int sporadic = 0; sporadic < 2; sporadic++)
        use_up(piecemeal_start(0, sporadic), sporadic);
    /* All refills have passed when the thread runs again: they are joined at once. */
    struct own_thread thread = piecemeal_start(0, true);

    clock_wait(3 * PERIOD_US / 200);
    seL4_Signal(go);
    clock_wait(2);
    must(seL4_SchedContext_Unbind(thread.schedctx), "unbind the context");
}

/* Threads that wait at an object, each with many refills that have passed, are woken by its deletion all together. */
static void sleepers_wake(seL4_Word object_type)
{
    seL4_CPtr threads[SLEEPERS];

    bed = object_make(object_type, 0);
    sends = object_type == seL4_EndpointObject;
    for (unsigned i = 0; i < SLEEPERS; i++) {
        threads[i] = piecemeal_start(i, true).tcb;
        sleeps = true;
        seL4_Signal(go);
        sleeps = false;
    }
    clock_wait(2 * PERIOD_US / 200);
    must(seL4_CNode_Delete(seL4_CapInitThreadCNode, bed, seL4_WordBits), "delete what they wait at");
    clock_wait(2);
    for (unsigned i = 0; i < SLEEPERS; i++)
        must(seL4_CNode_Delete(seL4_CapInitThreadCNode, threads[i], seL4_WordBits), "delete a thread");
}

void scenario_sleepers(void)
{
    ticks_per_us = machine_ticks_per_us();
    go = object_make(seL4_NotificationObject, 0);
    sleepers_wake(seL4_EndpointObject);
    sleepers_wake(seL4_NotificationObject);
}

/* Threads that give up their budget at once, and so wait for the next; all of them for the same moment. */
void scenario_timers(void)
{
    seL4_CPtr threads = crowd_make(CROWD_SIZE);

    for (seL4_Word i = 0; i < CROWD_SIZE; i++) {
        must(seL4_TCB_SetPriority(threads + i, seL4_CapInitThreadTCB, i % 99), "set a priority");
        must(seL4_SchedContext_Bind(schedctx_make(7, 20, 20000, 0, true), threads + i), "bind a context");
        crowd_start(threads + i, &(struct crowd_call){.number = (seL4_Word)seL4_SysYield}, 0);
    }
    clock_wait(500); /* all have run and wait */
    for (seL4_Word i = 0; i < CROWD_SIZE; i++)
        must(seL4_CNode_Delete(seL4_CapInitThreadCNode, threads + i, seL4_WordBits), "delete a thread");
    clock_wait(2);
}
