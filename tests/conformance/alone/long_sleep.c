/*
 * A thread whose next refill is far away, with nothing else to wake the machine: timers that count in 32 bits, or lose their
 * place, show here. On its own because the other tests have a thread that looks after them several times in a second.
 */
#include "lib/console.h"
#include "lib/print.h"
#include "lib/start.h"

#include <pecan/features.h>
#include <sel4/sel4.h>

#define NEAR_US 20

static seL4_Word us_now(void)
{
    static seL4_Word megahertz;
    seL4_Word low, high;

    if (!megahertz) {
        const seL4_BootInfoHeader *header = pecan_boot_chunk(pecan_boot_info(), SEL4_BOOTINFO_HEADER_X86_TSC_FREQ);
        megahertz = *(const seL4_Uint32 *)(header + 1);
    }
    __asm__ volatile("rdtsc" : "=a"(low), "=d"(high));
    return (high << 32 | low) / megahertz;
}

/* Sleeps by giving up the budget of one period; returns how many microseconds it took. */
static seL4_Word sleep_for(seL4_Word us)
{
    seL4_Error error = seL4_SchedControl_ConfigureFlags(pecan_boot_info()->schedcontrol.start, seL4_CapInitThreadSC,
                                                        1000, us, 0, 0, seL4_SchedContext_Sporadic);
    seL4_Word start = us_now();

    if (error)
        return 0;
    seL4_Yield();
    return us_now() - start;
}

int main(void)
{
    static const seL4_Word seconds[] = {1, 4, 5, 17, 18, 70, 300};
    unsigned failed = 0;

    if (console_open(pecan_boot_info()->empty.start))
        return 1;
    for (unsigned i = 0; i < sizeof(seconds) / sizeof(seconds[0]); i++) {
        /* In use, the context keeps its bandwidth: what it had is used up in the first sleep. */
        sleep_for(10000);
        sleep_for(10000);
        seL4_Word us = sleep_for(seconds[i] * 1000000);
        if (us + NEAR_US < seconds[i] * 1000000 || us > seconds[i] * 1000000 + NEAR_US) {
            printf("not ok sleep of %lu s: %lu us\n", seconds[i], us);
            failed++;
        } else {
            printf("ok sleep of %lu s\n", seconds[i]);
        }
    }
    return failed ? 1 : 0;
}
