#include "timing.h"

#include "lib/start.h"
#include "worker.h"

#include <pecan/features.h>

/* Two readings of the clock that are farther apart than this had something else in between. */
#define GAP_US 6

seL4_Word ticks_per_us(void)
{
    static seL4_Word ticks;

    if (!ticks) {
        const seL4_BootInfoHeader *header = pecan_boot_chunk(pecan_boot_info(), SEL4_BOOTINFO_HEADER_X86_TSC_FREQ);
        ticks = *(const uint32_t *)(header + 1);
    }
    return ticks;
}

seL4_Word us_now(void)
{
    return ticks_now() / ticks_per_us();
}

void burn(seL4_Word us)
{
    seL4_Word wanted = us * ticks_per_us(), gap = GAP_US * ticks_per_us(), burnt = 0, last = ticks_now();

    while (burnt < wanted) {
        seL4_Word now = ticks_now();
        if (now - last < gap)
            burnt += now - last;
        last = now;
    }
}

void spin_until(seL4_Word us)
{
    while (us_now() < us)
        ;
}

/* Rounded to the nearest. */
static long us_since(seL4_Word start_us, seL4_Word ticks)
{
    return (long)((ticks + ticks_per_us() / 2) / ticks_per_us() - start_us);
}

void runs_record(struct runs *runs, unsigned count)
{
    seL4_Word gap = GAP_US * ticks_per_us(), last = ticks_now();

    if (!runs->start)
        runs->start = last / ticks_per_us();
    runs->begin[runs->count] = us_since(runs->start, last);
    while (count > 0) {
        seL4_Word now = ticks_now();
        if (now - last >= gap) {
            runs->end[runs->count++] = us_since(runs->start, last);
            runs->begin[runs->count] = us_since(runs->start, now);
            count--;
        }
        last = now;
    }
}

static void ring(struct worker *worker)
{
    seL4_Yield(); /* until its next period */
    seL4_Signal(worker->argument[0]);
}

void sleep_for(seL4_Word us)
{
    struct worker *alarm = worker_new_budget(seL4_MaxPrio - 2, 100, us, 0, seL4_SchedContext_Sporadic);
    seL4_CPtr notification = alarm->argument[0] = notification_new();

    worker_start(alarm, ring);
    seL4_Wait(notification, NULL);
}
