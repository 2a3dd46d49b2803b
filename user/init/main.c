/*
 * init: the first program. It builds the system that its description states, and then looks after it.
 */
#include "init/budget.h"
#include "init/check.h"
#include "init/clock.h"
#include "init/domain.h"
#include "init/memory.h"
#include "init/region.h"
#include "init/schedule.h"
#include "init/supervise.h"
#include "init/system.h"
#include "init/window.h"
#include "lib/machine.h"
#include "lib/print.h"
#include "lib/start.h"
#include "microkit/include/pecan/trace.h"

#include <pecan/kernel_trace.h>

enum { LARGEST_BITS = 46 };

struct system the_system;
static struct region_record region_records[DESCRIPTION_REGIONS_MAX];

/* The end of init's own image; `pecan build` puts the description there. */
extern char __image_end[];

_Noreturn void init_fail(const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    printf("init: ");
    vprintf(format, arguments);
    printf("\n");
    va_end(arguments);
    machine_stop(1);
}

void thread_name_in_traces(seL4_CPtr tcb, seL4_Word trace_id)
{
    seL4_TCB_SetFlags(tcb, 0, trace_id << PECAN_TCB_TRACE_ID_SHIFT);
}

/* The memory behind the image that the kernel mapped for init: as much as the loader found in the file. */
static uint64_t description_room(const seL4_BootInfo *info)
{
    return (uintptr_t)info->ipcBuffer - (uintptr_t)__image_end;
}

static uint64_t slots_wanted(void)
{
    uint64_t slots = regions_slots();
    for (uint32_t i = 0; i < the_system.description->domains.count; i++)
        slots += domain_slots(ROW(domains, domain, i)) + 1;
    return slots;
}

/* All memory objects, the largest first, so that none is lost between them. */
static void make_memory(void)
{
    uint32_t count = the_system.description->domains.count;
    regions_make_fixed();
    for (uint32_t bits = LARGEST_BITS; bits >= SMALL_PAGE_BITS; bits--) {
        for (uint32_t i = 0; i < count; i++) {
            if (the_system.domains[i].plan.private_bits == bits)
                domain_make_untyped(&the_system.domains[i]);
            budget_make(&the_system.domains[i], bits);
        }
        regions_make_contiguous(bits);
        if (bits == LARGE_PAGE_BITS || bits == SMALL_PAGE_BITS)
            regions_make_pages(bits);
    }
}

int main(void)
{
    const seL4_BootInfo *info = pecan_boot_info();
    const struct description *description = (const struct description *)__image_end;
    const char *problem = description_check(description, description_room(info));
    if (problem)
        init_fail("the system's description is not usable: %s", problem);

    the_system.description = description;
    the_system.boot = info;
    the_system.regions = region_records;
    thread_name_in_traces(seL4_CapInitThreadTCB, PECAN_TRACE_ID_INIT);
    memory_initialise(info);
    if (!slots_initialise(info, slots_wanted()))
        init_fail("no memory for a capability space of %lu slots", slots_wanted());
    if (!window_initialise())
        init_fail("no memory for the window");
    for (uint32_t i = 0; i < description->domains.count; i++)
        domain_reserve(&the_system.domains[i], i);
    make_memory();
    regions_fill();

    the_system.endpoint = slots_take(1);
    the_system.reply = slots_take(1);
    the_system.other_reply = slots_take(1);
    if (!the_system.endpoint || !the_system.reply || !the_system.other_reply ||
        !memory_make(seL4_EndpointObject, 0, the_system.endpoint, 1) ||
        !memory_make(seL4_ReplyObject, 0, the_system.reply, 1) ||
        !memory_make(seL4_ReplyObject, 0, the_system.other_reply, 1) || !clock_initialise())
        init_fail("no memory for its own objects");
    for (uint32_t i = 0; i < description->domains.count; i++)
        domain_make_connections(&the_system.domains[i]);
    for (uint32_t i = 0; i < description->domains.count; i++)
        budget_make_rest(&the_system.domains[i]);
    patches_apply(__image_end, DESCRIPTION_ROW(description, patches, patch, 0), description->patches.count);
    schedule_begin();
    supervise_start(UINT64_MAX >> (WORD_BITS - description->domains.count));
    supervise_forever();
}
