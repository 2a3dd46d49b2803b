#include "init/heartbeat.h"

#include "init/clock.h"
#include "init/component_page.h"
#include "init/log.h"
#include "init/supervise.h"

#include "microkit/include/pecan/supervisor.h"

static uint64_t read_rounds(const struct domain_record *domain)
{
    volatile struct pecan_component_page *page = component_page_open(domain);
    if (!page)
        return 0;
    uint64_t rounds = page->rounds;
    private_frame_close(domain);
    return rounds;
}

void heartbeat_begin(struct domain_record *domain)
{
    domain->heard_rounds = UINT64_MAX;
    domain->heard_us = clock_now_us();
}

void heartbeat_leave_out(uint64_t since_us)
{
    uint64_t now_us = clock_now_us();
    for (uint32_t i = 0; i < the_system.description->domains.count; i++) {
        struct domain_record *domain = &the_system.domains[i];
        domain->heard_us = domain->heard_us < since_us ? domain->heard_us + (now_us - since_us) : now_us;
    }
}

/* Whether the domain's event loop stands still since it was last woken. */
static bool stands_still(const struct domain_record *domain)
{
    uint64_t rounds = read_rounds(domain);
    return rounds == domain->heard_rounds || (domain->heard_rounds == UINT64_MAX && rounds == 0);
}

/*
 * Whether a domain that comes before this one may have kept it from running: one that has not come round after a signal that
 * was no earlier than this one's. It is judged when its own time has come, and this one as soon as all of those have come round.
 */
static bool is_starved(const struct domain_record *domain)
{
    for (uint32_t i = 0; i < the_system.description->domains.count; i++) {
        const struct domain_record *other = &the_system.domains[i];
        if (other->state == DOMAIN_RUNS && other->description->restart.heartbeat_us &&
            other->description->priority > domain->description->priority &&
            (other->heard_us < domain->heard_us || stands_still(other)))
            return true;
    }
    return false;
}

/* A domain that hung until now may have kept those below it from running: their time begins anew. */
static void begin_anew_below(uint32_t priority, uint64_t now_us)
{
    for (uint32_t i = 0; i < the_system.description->domains.count; i++)
        if (the_system.domains[i].description->priority < priority)
            the_system.domains[i].heard_us = now_us;
}

/* Where the domain is in its program; 0 if that is not known. */
static seL4_Word instruction_of(const struct domain_record *domain)
{
    seL4_UserContext registers;
    return seL4_TCB_ReadRegisters(domain_slot(domain, PLAN_SLOT_TCB), false, 0, 1, &registers) ? 0 : registers.rip;
}

void heartbeat_check(uint64_t now_us)
{
    for (uint32_t i = 0; i < the_system.description->domains.count; i++) {
        struct domain_record *domain = &the_system.domains[i];
        uint64_t interval_us = domain->description->restart.heartbeat_us;
        if (domain->state != DOMAIN_RUNS || interval_us == 0 || now_us - domain->heard_us < interval_us)
            continue;
        if (stands_still(domain)) {
            if (is_starved(domain))
                continue;
            log_print("init: %s failed: no heartbeat, at rip 0x%lx\n", domain->description->name,
                      instruction_of(domain));
            begin_anew_below(domain->description->priority, now_us);
            supervise_failure(i, &(struct domain_failure){.kind = PECAN_FAILURE_HEARTBEAT});
            continue;
        }
        domain->heard_rounds = read_rounds(domain);
        domain->heard_us = now_us;
        seL4_Signal(domain_slot(domain, PLAN_SLOT_NOTIFICATION));
    }
}
