#include "init/account.h"

#include "init/budget.h"
#include "init/component_page.h"
#include "init/region.h"
#include "microkit/include/pecan/supervisor.h"

/* The kernel's count begins again whenever it is read. */
static void take_cpu_time(struct domain_record *domain)
{
    seL4_SchedContext_Consumed_t consumed = seL4_SchedContext_Consumed(domain_slot(domain, PLAN_SLOT_SCHEDCTX));
    if (!consumed.error)
        domain->cpu_time_us += consumed.consumed;
}

static void add_counts(const struct domain_record *domain, struct domain_counts *sum)
{
    volatile struct pecan_component_page *page = component_page_open(domain);
    if (!page)
        return;
    sum->calls_served += page->counts.calls_served;
    sum->wakes += page->counts.wakes;
    sum->calls_made += page->counts.calls_made;
    sum->notifications_sent += page->counts.notifications_sent;
    private_frame_close(domain);
}

void account_begin_outage(struct domain_record *domain)
{
    if (!domain->is_out)
        domain->out_since = pecan_counter();
    domain->is_out = true;
}

/* When the present run had handled its first event, or began to wait for one; 0: not yet. */
static uint64_t back_since(const struct domain_record *domain)
{
    volatile struct pecan_component_page *page = domain->is_out ? NULL : component_page_open(domain);
    if (!page)
        return 0;
    uint64_t handled = page->handled_since, waits = page->waits_since;
    private_frame_close(domain);
    return handled ? handled : waits;
}

void account_end_run(struct domain_record *domain)
{
    account_begin_outage(domain);
    take_cpu_time(domain);
    add_counts(domain, &domain->past_counts);
}

static uint64_t map_bytes(const struct description_domain *description)
{
    uint64_t bytes = 0;
    for (uint32_t i = 0; i < description->maps.count; i++)
        bytes += region_bytes(ROW(maps, map, description->maps.first + i)->region);
    return bytes;
}

void account_read(struct domain_record *domain, seL4_Word *words)
{
    const struct description_domain *description = domain->description;
    struct domain_counts counts = domain->past_counts;
    if (domain->state == DOMAIN_RUNS) {
        take_cpu_time(domain);
        add_counts(domain, &counts);
    }
    words[PECAN_ACCOUNT_STATE] = domain->state;
    words[PECAN_ACCOUNT_RESTARTS] = domain->restarts;
    words[PECAN_ACCOUNT_FAILURE] = domain->failure.kind;
    words[PECAN_ACCOUNT_FAILURE_TIME_US] = domain->failure.time_us;
    words[PECAN_ACCOUNT_FAULT] = domain->failure.fault;
    words[PECAN_ACCOUNT_FAULT_INSTRUCTION] = domain->failure.instruction;
    words[PECAN_ACCOUNT_FAULT_ADDRESS] = domain->failure.address;
    words[PECAN_ACCOUNT_CPU_TIME_US] = domain->cpu_time_us;
    words[PECAN_ACCOUNT_PRIVATE_BYTES] = 1ul << domain->plan.private_bits;
    words[PECAN_ACCOUNT_PRIVATE_BYTES_USED] = domain->state == DOMAIN_RUNS ? domain->plan.private_bytes : 0;
    words[PECAN_ACCOUNT_BUDGET_BYTES] = budget_bytes(domain);
    words[PECAN_ACCOUNT_REGION_BYTES] = map_bytes(description);
    words[PECAN_ACCOUNT_DMA_BYTES] = dma_bytes(description);
    words[PECAN_ACCOUNT_CALLS_SERVED] = counts.calls_served;
    words[PECAN_ACCOUNT_WAKES] = counts.wakes;
    words[PECAN_ACCOUNT_CALLS_MADE] = counts.calls_made;
    words[PECAN_ACCOUNT_NOTIFICATIONS_SENT] = counts.notifications_sent;
    words[PECAN_ACCOUNT_OUT_SINCE] = domain->out_since;
    words[PECAN_ACCOUNT_BACK_SINCE] = domain->state == DOMAIN_RUNS ? back_since(domain) : 0;
    words[PECAN_ACCOUNT_PRIORITY] = description->priority;
    words[PECAN_ACCOUNT_FLAGS] = (description->flags & DOMAIN_PASSIVE ? PECAN_ACCOUNT_IS_PASSIVE : 0u) |
                                 (description->restart.heartbeat_us ? PECAN_ACCOUNT_IS_WATCHED : 0u) |
                                 (description->update_room_bytes ? PECAN_ACCOUNT_TAKES_UPDATES : 0u);
}
