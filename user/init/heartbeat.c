#include "init/heartbeat.h"

#include "init/clock.h"
#include "init/supervise.h"
#include "init/window.h"
#include "lib/print.h"

/* Behind the IPC buffer in the same page; pecan/component.h has the same layout. */
#define ROUNDS_OFFSET sizeof(seL4_IPCBuffer)

/* The rounds that the domain's event loop has made; it may write there what it likes. */
static uint64_t read_rounds(const struct domain_record *domain)
{
    seL4_CPtr frame = domain->slots + PLAN_SLOTS_FIXED + domain->plan.frames - 1;
    seL4_CPtr probe = domain_slot(domain, PLAN_SLOT_PROBE);
    uint64_t rounds = 0;
    if (cap_give(seL4_CapInitThreadCNode, probe, seL4_WordBits, frame, seL4_ReadWrite, 0))
        return 0;
    const char *page = window_open(probe, SMALL_PAGE_BITS);
    if (page)
        rounds = *(const volatile uint64_t *)(page + ROUNDS_OFFSET);
    seL4_CNode_Delete(seL4_CapInitThreadCNode, probe, seL4_WordBits);
    return rounds;
}

void heartbeat_begin(struct domain_record *domain)
{
    domain->heard_rounds = UINT64_MAX;
    domain->heard_us = clock_now_us();
}

void heartbeat_check(uint64_t now_us)
{
    for (uint32_t i = 0; i < the_system.description->domains.count; i++) {
        struct domain_record *domain = &the_system.domains[i];
        uint64_t interval_us = domain->description->restart.heartbeat_us;
        if (domain->state != DOMAIN_RUNS || interval_us == 0 || now_us - domain->heard_us < interval_us)
            continue;
        uint64_t rounds = read_rounds(domain);
        if (rounds == domain->heard_rounds || (domain->heard_rounds == UINT64_MAX && rounds == 0)) {
            printf("init: %s failed: no heartbeat\n", domain->description->name);
            supervise_failure(i, RESTART_ON_HEARTBEAT);
            continue;
        }
        domain->heard_rounds = rounds;
        domain->heard_us = now_us;
        seL4_Signal(domain_slot(domain, PLAN_SLOT_NOTIFICATION));
    }
}
