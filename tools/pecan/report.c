#include "report.h"

#include "init/cspace.h"
#include "init/plan.h"

#include <stdio.h>
#include <stdlib.h>

enum { KIB = 1024 };

static uint64_t program_bytes_of(const struct program_view *view)
{
    uint64_t bytes = 0;
    for (uint32_t i = 0; i < view->segment_count; i++)
        bytes += view->segments[i].memory_bytes;
    return bytes;
}

/* Prints the domains and what each has; returns what all of them reserve. */
static uint64_t print_domains_memory(FILE *out, const struct description *description)
{
    uint64_t total = 0;
    fprintf(out, "  %-24s %10s %10s %10s %10s\n", "protection domain", "program", "stack", "objects", "reserved");
    for (uint32_t i = 0; i < description->domains.count; i++) {
        const struct description_domain *domain = DESCRIPTION_ROW(description, domains, domain, i);
        struct program_view view = plan_program(description, domain);
        struct domain_plan plan = plan_domain(description, domain, &view);
        uint64_t program = program_bytes_of(&view), objects = plan.private_bytes - program - domain->stack_bytes;
        fprintf(out, "  %-24s %10lu %10lu %10lu %10lu\n", domain->name, program / KIB, domain->stack_bytes / KIB,
                objects / KIB, (1ul << plan.private_bits) / KIB);
        total += 1ul << plan.private_bits;
        total += domain->memory_budget == MEMORY_REST ? 0 : domain->memory_budget;
    }
    fprintf(out,
            "\n  objects: thread, capability space, page tables, IPC buffer; reserved: all, as a power of two\n\n");
    return total;
}

/* The same for regions, without those whose place is given. */
static uint64_t print_regions_memory(FILE *out, const struct system *system)
{
    uint64_t total = 0;
    if (system->region_count)
        fprintf(out, "  %-24s %10s %10s %s\n", "memory region", "size", "page", "physical address");
    for (uint32_t i = 0; i < system->region_count; i++) {
        const struct region *region = system->regions[i];
        fprintf(out, "  %-24s %10lu %10lu ", region->name, region->bytes / KIB, (1ul << region->page_bits) / KIB);
        bool is_memory = region->physical_address == ADDRESS_NONE && !region->is_at_screen;
        if (region->is_at_screen)
            fprintf(out, "of the screen\n");
        else if (is_memory)
            fprintf(out, "%s\n", region->is_contiguous ? "any, in one piece" : "any");
        else
            fprintf(out, "0x%lx\n", region->physical_address);
        total += is_memory ? region->bytes : 0;
    }
    return total;
}

static void print_memory(FILE *out, const struct system *system, const struct description *description)
{
    fprintf(out, "Memory (KiB)\n\n");
    uint64_t total = print_domains_memory(out, description);
    total += print_regions_memory(out, system);
    fprintf(out, "%s  total %lu KiB, description %lu KiB; kernel and init come to that\n\n",
            system->region_count ? "\n" : "", total / KIB, (description->bytes + description->stage_bytes) / KIB);
}

/* What the devices of each domain reach. */
static void print_dma(FILE *out, const struct system *system)
{
    bool has_any = false;
    for (size_t i = 0; i < system->domain_count; i++) {
        const struct domain *domain = system->domains[i];
        size_t next = 0;
        for (const struct symbol *symbol; (symbol = domain_next_dma(domain, &next)); has_any = true) {
            if (!has_any)
                fprintf(out, "DMA (KiB)\n\n  %-24s %10s %s\n", "protection domain", "size", "its device reaches");
            bool is_region = symbol->kind == VALUE_REGION_ADDRESS;
            uint64_t bytes = dma_bytes(system, symbol);
            fprintf(out, "  %-24s %10s %s %s\n", domain->name,
                    bytes == MEMORY_REST ? "any" : text_format("%lu", bytes / KIB),
                    is_region ? "memory region" : "the budget of", symbol->of);
        }
    }
    if (has_any)
        fprintf(out, "\n");
}

static const char *map_rights(uint32_t flags)
{
    if (!(flags & MAP_READ))
        return "-";
    return flags & MAP_WRITE ? "rw" : "r";
}

static void print_channels(FILE *out, const struct description *description, const struct description_domain *domain)
{
    for (uint32_t i = 0; i < domain->channels.count; i++) {
        const struct description_channel *channel =
            DESCRIPTION_ROW(description, channels, channel, domain->channels.first + i);
        const char *peer = DESCRIPTION_ROW(description, domains, domain, channel->peer)->name, *service = "";
        if (channel->service != SERVICE_NONE)
            service =
                text_format(", service %s", DESCRIPTION_ROW(description, services, service, channel->service)->name);
        if (channel->flags & CHANNEL_NOTIFY)
            fprintf(out, "    %3u  notify %s (its channel %u)%s\n", CSPACE_NOTIFICATIONS + channel->id, peer,
                    channel->peer_id, service);
        if (channel->flags & CHANNEL_CALL)
            fprintf(out, "    %3u  call %s (its channel %u)%s\n", CSPACE_ENDPOINTS + channel->id, peer,
                    channel->peer_id, service);
    }
}

static void print_devices(FILE *out, const struct description *description, const struct description_domain *domain)
{
    for (uint32_t i = 0; i < domain->irqs.count; i++) {
        const struct description_irq *irq = DESCRIPTION_ROW(description, irqs, irq, domain->irqs.first + i);
        fprintf(out, "    %3u  interrupt vector %u, ", CSPACE_IRQS + irq->id, irq->vector);
        if (irq->kind == IRQ_MSI)
            fprintf(out, "message of PCI device %02x:%02x.%x\n", irq->bus, irq->device, irq->function);
        else
            fprintf(out, "I/O APIC %u pin %u, %s, active %s\n", irq->ioapic, irq->pin, irq->is_level ? "level" : "edge",
                    irq->is_low ? "low" : "high");
    }
    for (uint32_t i = 0; i < domain->ports.count; i++) {
        const struct description_port *port = DESCRIPTION_ROW(description, ports, port, domain->ports.first + i);
        fprintf(out, "    %3u  I/O ports 0x%x to 0x%x\n", CSPACE_PORTS + port->id, port->first, port->last);
    }
}

static void print_others(FILE *out, const struct description *description, uint32_t index)
{
    static const char *const kinds[GRANT_KINDS] = {[GRANT_TCB] = "thread of ",
                                                   [GRANT_SCHEDCTX] = "scheduling context of ",
                                                   [GRANT_VSPACE] = "address space of ",
                                                   [GRANT_OWN_TCB] = "thread of ",
                                                   [GRANT_OWN_CSPACE] = "capability space of ",
                                                   [GRANT_FAULT_HANDLER] = "fault handler of ",
                                                   [GRANT_ASID_POOL] = "pool of address-space identifiers for ",
                                                   [GRANT_SCHED_CONTROL] = "control of processor time for "};
    const struct description_domain *domain = DESCRIPTION_ROW(description, domains, domain, index);
    for (uint32_t i = 0; i < description->domains.count; i++) {
        const struct description_domain *child = DESCRIPTION_ROW(description, domains, domain, i);
        if (child->parent == index)
            fprintf(out, "    %3u  thread of child %u, %s\n", CSPACE_CHILDREN + child->child_id, child->child_id,
                    child->name);
    }
    if (domain->flags & (DOMAIN_SUPERVISOR | DOMAIN_OBSERVER))
        fprintf(out, "    %3u  requests to init%s\n", CSPACE_SUPERVISOR,
                domain->flags & DOMAIN_SUPERVISOR ? "" : ", about others only");
    if (domain->memory_budget == MEMORY_REST)
        fprintf(out, "    %3u  untyped memory: all that is left\n", CSPACE_BUDGET);
    else if (domain->memory_budget)
        fprintf(out, "    %3u  untyped memory: %lu KiB\n", CSPACE_BUDGET, domain->memory_budget / KIB);
    for (uint32_t i = 0; i < domain->grants.count; i++) {
        const struct description_grant *grant = DESCRIPTION_ROW(description, grants, grant, domain->grants.first + i);
        if (grant->kind >= GRANT_OWN)
            fprintf(out, "    %3u  ", CSPACE_OWN + grant->slot);
        else
            fprintf(out, "    user %u  ", grant->slot);
        fprintf(out, "%s%s\n", kinds[grant->kind], DESCRIPTION_ROW(description, domains, domain, grant->of)->name);
    }
}

static void print_policy(FILE *out, const struct description *description, const struct description_domain *domain)
{
    const struct description_restart *policy = &domain->restart;
    if (!policy->on) {
        fprintf(out, "  stays stopped after a failure%s\n",
                domain->flags & DOMAIN_VITAL ? ", and the machine ends" : "");
        return;
    }
    fprintf(out, "  restarted after%s%s%s", policy->on & RESTART_ON_FAULT ? " a fault," : "",
            policy->on & RESTART_ON_OVERRUN ? " an overrun," : "",
            policy->on & RESTART_ON_HEARTBEAT ? " a missed heartbeat," : "");
    if (policy->heartbeat_us)
        fprintf(out, " heartbeat %lu us,", policy->heartbeat_us);
    if (policy->limit == RESTART_UNLIMITED)
        fprintf(out, " without limit");
    else if (policy->window_us)
        fprintf(out, " up to %u times in %lu us", policy->limit, policy->window_us);
    else
        fprintf(out, " up to %u times", policy->limit);
    if (policy->delay_us)
        fprintf(out, ", at once, then %lu to %lu us later", policy->delay_us, policy->delay_most_us);
    for (uint32_t i = 0; i < description->domains.count; i++)
        if (policy->with >> i & 1)
            fprintf(out, ", with %s", DESCRIPTION_ROW(description, domains, domain, i)->name);
    fprintf(out, "\n");
}

static void print_domain(FILE *out, const struct description *description, uint32_t index, const char *path)
{
    const struct description_domain *domain = DESCRIPTION_ROW(description, domains, domain, index);
    fprintf(out, "%s: priority %u, budget %lu of %lu us%s%s\n", domain->name, domain->priority, domain->budget_us,
            domain->period_us, domain->flags & DOMAIN_PASSIVE ? ", passive" : "",
            domain->flags & DOMAIN_NO_FPU ? ", no FPU" : "");
    fprintf(out, "  program %s, entry 0x%lx\n", path, domain->entry);
    if (domain->time_domain)
        fprintf(out, "  scheduling domain %u\n", domain->time_domain);
    if (domain->parent != DOMAIN_NONE)
        fprintf(out, "  child %u of %s\n", domain->child_id,
                DESCRIPTION_ROW(description, domains, domain, domain->parent)->name);
    print_policy(out, description, domain);
    fprintf(out, "  addresses\n");
    for (uint32_t i = 0; i < domain->segments.count; i++) {
        const struct description_segment *segment =
            DESCRIPTION_ROW(description, segments, segment, domain->segments.first + i);
        fprintf(out, "    0x%012lx..0x%012lx %-2s program\n", segment->address,
                segment->address + segment->memory_bytes, segment->is_writable ? "rw" : "r");
    }
    for (uint32_t i = 0; i < domain->maps.count; i++) {
        const struct description_map *map = DESCRIPTION_ROW(description, maps, map, domain->maps.first + i);
        const struct description_region *region = DESCRIPTION_ROW(description, regions, region, map->region);
        fprintf(out, "    0x%012lx..0x%012lx %-2s %s%s\n", map->address, map->address + region->bytes,
                map_rights(map->flags), region->name, map->flags & MAP_UNCACHED ? " (uncached)" : "");
    }
    fprintf(out, "    0x%012lx..0x%012lx rw stack\n", DOMAIN_STACK_TOP - domain->stack_bytes, DOMAIN_STACK_TOP);
    fprintf(out, "  capabilities, by slot\n");
    fprintf(out, "    %3u  wait on its %s\n", CSPACE_INPUT,
            domain->flags & DOMAIN_RECEIVES ? "endpoint and notification" : "notification");
    fprintf(out, "    %3u  address space\n    %3u  reply object\n", CSPACE_VSPACE, CSPACE_REPLY);
    if (domain->flags & DOMAIN_PASSIVE)
        fprintf(out, "    %3u  tell init that it is passive\n", CSPACE_MONITOR);
    fprintf(out, "    %3u  wait on its notification\n", CSPACE_OWN_NOTIFICATION);
    print_channels(out, description, domain);
    print_devices(out, description, domain);
    print_others(out, description, index);
    fprintf(out, "\n");
}

struct file_bytes report_make(const struct system *system, const struct compiled *compiled)
{
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);
    if (!out)
        fail("out of memory");
    print_memory(out, system, compiled_description(compiled));
    print_dma(out, system);
    for (uint32_t i = 0; i < system->domain_count; i++)
        print_domain(out, compiled_description(compiled), i, system->domains[i]->image_path);
    if (fclose(out))
        fail("out of memory");
    return (struct file_bytes){(uint8_t *)text, size};
}
