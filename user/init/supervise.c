#include "init/supervise.h"

#include "init/domain.h"
#include "init/fault_text.h"
#include "lib/print.h"

static struct domain_record *record_at(uint32_t index)
{
    return &the_system.domains[index];
}

static uint32_t domain_count(void)
{
    return the_system.description->domains.count;
}

static bool is_in(uint64_t set, uint32_t index)
{
    return set >> index & 1;
}

void supervise_start(uint64_t set)
{
    for (uint32_t i = 0; i < domain_count(); i++)
        if (is_in(set, i) && !domain_build(record_at(i), i))
            init_fail("%s cannot be built", record_at(i)->description->name);
    for (uint32_t i = 0; i < domain_count(); i++)
        domain_connect_parts(record_at(i));
    for (uint32_t i = 0; i < domain_count(); i++)
        if (is_in(set, i) && !domain_start(record_at(i)))
            init_fail("%s cannot be started", record_at(i)->description->name);
}

/* A passive server that ran on the time of a caller that is gone gets its own back, to finish and wait again. */
static void free_stranded_servers(uint64_t gone)
{
    for (uint32_t i = 0; i < domain_count(); i++)
        if (!is_in(gone, i) && record_at(i)->is_passive_now)
            seL4_SchedContext_Bind(domain_slot(record_at(i), PLAN_SLOT_SCHEDCTX),
                                   domain_slot(record_at(i), PLAN_SLOT_TCB));
}

/* The domains of `set`, what restarts with them, and the children of all of these. */
static uint64_t restart_closure(uint64_t set)
{
    uint64_t before;
    do {
        before = set;
        for (uint32_t i = 0; i < domain_count(); i++) {
            uint32_t parent = record_at(i)->description->parent;
            if (is_in(set, i))
                set |= record_at(i)->description->restart.with;
            if (parent != DOMAIN_NONE && is_in(set, parent))
                set |= 1ul << i;
        }
    } while (set != before);
    return set;
}

void supervise_restart(uint64_t set)
{
    set = restart_closure(set);
    for (uint32_t i = 0; i < domain_count(); i++)
        if (is_in(set, i))
            seL4_TCB_Suspend(domain_slot(record_at(i), PLAN_SLOT_TCB));
    /* Whoever waits for an answer gets one, and its time back, before the answer becomes impossible. */
    for (uint32_t i = 0; i < domain_count(); i++)
        if (is_in(set, i))
            seL4_Send(domain_slot(record_at(i), PLAN_SLOT_REPLY), seL4_MessageInfo_new(ANSWER_PEER_RESTARTED, 0, 0, 0));
    for (uint32_t i = 0; i < domain_count(); i++)
        if (is_in(set, i)) {
            domain_destroy(record_at(i));
            record_at(i)->restarts++;
        }
    free_stranded_servers(set);
    supervise_start(set);
}

static void handle_fault(uint32_t index, seL4_MessageInfo_t info)
{
    struct domain_record *domain = record_at(index);
    fault_print(domain->description->name, info);
    domain->is_running = false;
    if (domain->description->restart.on & RESTART_ON_FAULT)
        supervise_restart(1ul << index);
}

/* A passive domain has initialised itself: from now on its time waits at its notification. */
static void make_passive(struct domain_record *domain)
{
    domain->is_passive_now =
        !seL4_SchedContext_Bind(domain_slot(domain, PLAN_SLOT_SCHEDCTX), domain_slot(domain, PLAN_SLOT_NOTIFICATION));
}

_Noreturn void supervise_forever(void)
{
    for (;;) {
        seL4_Word badge;
        seL4_MessageInfo_t info = seL4_Recv(the_system.endpoint, &badge, the_system.reply);
        uint32_t index = badge & BADGE_DOMAIN_MASK;
        if (index >= domain_count())
            continue;
        switch (badge & BADGE_KIND_MASK) {
        case BADGE_FAULT:
            if (seL4_MessageInfo_get_label(info) == 0)
                make_passive(record_at(index));
            else
                handle_fault(index, info);
            break;
        default:
            break;
        }
    }
}
