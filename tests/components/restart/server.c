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

/* Makes objects and uses what goes with a budget, in slots that are free only once. All of it is left behind. */
static seL4_Word make(void)
{
    enum { NODE = PECAN_OWN_CAP(1), TIME = PECAN_OWN_CAP(2), POOL = PECAN_OWN_CAP(3) };
    enum { PIECES = 2, THREAD = 1, CONTEXT, ENDPOINT, SPACE, FRAMES, FRAME_COUNT = 4, REST = FRAMES + FRAME_COUNT };
    seL4_CPtr thread = microkit_cspace_root_slot_to_cptr(THREAD), context = microkit_cspace_root_slot_to_cptr(CONTEXT);
    seL4_CPtr memory = PECAN_BUDGET_CAP, space = microkit_cspace_root_slot_to_cptr(SPACE);
    seL4_Word made = pecan_component_page->budget.count == PIECES;
    made += !seL4_Untyped_Retype(memory, seL4_TCBObject, 0, NODE, 0, 0, THREAD, 1);
    made += !seL4_Untyped_Retype(memory, seL4_SchedContextObject, seL4_MinSchedContextBits, NODE, 0, 0, CONTEXT, 1);
    made += !seL4_Untyped_Retype(memory, seL4_EndpointObject, 0, NODE, 0, 0, ENDPOINT, 1);
    made += !seL4_Untyped_Retype(memory, seL4_X64_PML4Object, 0, NODE, 0, 0, SPACE, 1);
    made += !seL4_Untyped_Retype(memory, seL4_X86_4K, 0, NODE, 0, 0, FRAMES, FRAME_COUNT);
    made += !seL4_Untyped_Retype(memory + 1, seL4_X86_4K, 0, NODE, 0, 0, REST, 1);
    made += !seL4_X86_ASIDPool_Assign(POOL, space);
    made += !seL4_SchedControl_ConfigureFlags(TIME, context, 1000, 1000, 0, 0, 0);
    made += !seL4_TCB_SetSchedParams(thread, PECAN_OWN_CAP(4), 0, 1, context, 0);
    return made;
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
    case ORDER_MAKE:
        microkit_mr_set(0, make());
        return microkit_msginfo_new(0, 1);
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
