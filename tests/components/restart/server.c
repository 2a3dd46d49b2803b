/*
 * A server that fails when told to. It counts in its own memory, which a restart clears, and in a region, which it does
 * not.
 */
#include "orders.h"

#include <microkit.h>
#include <pecan/component.h>

seL4_Word *shared_count; /* set by the tool */
static seL4_Word own_count;

extern char _bss_end[]; /* of microkit.ld */

static seL4_Word counter_now(void)
{
    seL4_Uint32 low, high;
    __asm__ volatile("rdtsc" : "=a"(low), "=d"(high));
    return (seL4_Word)high << 32 | low;
}

static void work(seL4_Word counts)
{
    seL4_Word start = counter_now();
    while (counter_now() - start < counts)
        ;
}

void init(void)
{
}

void notified(microkit_channel ch)
{
    (void)ch;
    for (;;)
        ; /* the order to hang */
}

microkit_msginfo protected(microkit_channel ch, microkit_msginfo msginfo)
{
    (void)ch;
    switch (microkit_msginfo_get_label(msginfo)) {
    case ORDER_CRASH:
        *bad_address = 0;
        break;
    case ORDER_HANG:
        for (;;)
            ;
    case ORDER_WORK:
        work(LONG_WORK_COUNTS);
        break;
    case ORDER_WORK_LONGER:
        work(LONGER_WORK_COUNTS);
        break;
    case ORDER_GIVE_UP:
        if (pecan_gives_up())
            pecan_give_up("as it was told\n");
        break;
    case ORDER_WRITE_AMISS:
        *(volatile char *)_bss_end = 1;
        break;
    default:
        break;
    }
    microkit_mr_set(0, ++own_count);
    microkit_mr_set(1, shared_count ? ++*shared_count : 0);
    return microkit_msginfo_new(0, 2);
}
