#include "init/request.h"

#include "init/memory.h"
#include "init/supervise.h"
#include "init/system.h"
#include "lib/string.h"
#include "microkit/include/pecan/supervisor.h"

enum { NAME_WORDS = NAME_BYTES / sizeof(seL4_Word), STATUS_WORDS = 2 };

_Static_assert((int)PECAN_DOMAIN_STOPPED == (int)DOMAIN_STOPPED && (int)PECAN_DOMAIN_WAITS == (int)DOMAIN_WAITS &&
                   (int)PECAN_DOMAIN_RUNS == (int)DOMAIN_RUNS,
               "states are the same inside and outside");

static seL4_MessageInfo_t answer(pecan_supervisor_error error, seL4_Word words)
{
    return seL4_MessageInfo_new((seL4_Word)error, 0, 0, words);
}

static seL4_MessageInfo_t answer_status(const struct domain_record *domain)
{
    seL4_Word words[NAME_WORDS];
    memcpy(words, domain->description->name, sizeof(words));
    seL4_SetMR(0, domain->state);
    seL4_SetMR(1, domain->restarts);
    for (int i = 0; i < NAME_WORDS; i++)
        seL4_SetMR(STATUS_WORDS + i, words[i]);
    return answer(PECAN_SUPERVISOR_OK, STATUS_WORDS + NAME_WORDS);
}

/* The sums are made before the message registers are written: the kernel's answers to questions come in them too. */
static seL4_MessageInfo_t answer_accounts(void)
{
    seL4_Word free_bytes = memory_bytes_left(), slots = slots_occupied(), private_bytes = 0;
    for (uint32_t i = 0; i < the_system.description->domains.count; i++)
        private_bytes += untyped_bytes_left(domain_slot(&the_system.domains[i], PLAN_SLOT_UNTYPED));
    seL4_SetMR(0, free_bytes);
    seL4_SetMR(1, slots);
    seL4_SetMR(2, private_bytes);
    return answer(PECAN_SUPERVISOR_OK, 3);
}

static void restart(uint32_t index)
{
    uint64_t set = supervise_closure(1ul << index);
    supervise_stop(set, false);
    for (uint32_t i = 0; i < the_system.description->domains.count; i++)
        the_system.domains[i].restarts += set >> i & 1;
    supervise_start(set);
}

static void start(uint32_t index)
{
    uint64_t set = supervise_closure(1ul << index), stopped = 0;
    for (uint32_t i = 0; i < the_system.description->domains.count; i++)
        if (set >> i & 1 && the_system.domains[i].state != DOMAIN_RUNS)
            stopped |= 1ul << i;
    supervise_start(stopped);
}

seL4_MessageInfo_t request_handle(uint32_t caller, seL4_MessageInfo_t info)
{
    seL4_Word request = seL4_MessageInfo_get_label(info), index = seL4_GetMR(0);
    (void)caller;
    switch (request) {
    case PECAN_SUPERVISOR_COUNT:
        seL4_SetMR(0, the_system.description->domains.count);
        return answer(PECAN_SUPERVISOR_OK, 1);
    case PECAN_SUPERVISOR_ACCOUNTS:
        return answer_accounts();
    case PECAN_SUPERVISOR_STATUS:
    case PECAN_SUPERVISOR_RESTART:
    case PECAN_SUPERVISOR_STOP:
    case PECAN_SUPERVISOR_START:
        break;
    default:
        return answer(PECAN_SUPERVISOR_NO_REQUEST, 0);
    }
    if (seL4_MessageInfo_get_length(info) < 1 || index >= the_system.description->domains.count)
        return answer(PECAN_SUPERVISOR_NO_DOMAIN, 0);
    if (request == PECAN_SUPERVISOR_STATUS)
        return answer_status(&the_system.domains[index]);
    if (request == PECAN_SUPERVISOR_RESTART)
        restart((uint32_t)index);
    else if (request == PECAN_SUPERVISOR_STOP)
        supervise_stop(supervise_closure(1ul << index), true);
    else
        start((uint32_t)index);
    return answer(PECAN_SUPERVISOR_OK, 0);
}
