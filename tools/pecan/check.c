/*
 * What can only be said of the whole system.
 */
#include "system.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LARGE_PAGE_BYTES (1ul << LARGE_PAGE_BITS)

static void check_names(const struct system *system)
{
    for (size_t i = 0; i < system->domain_count; i++) {
        const struct domain *domain = system->domains[i];
        if (text_is(domain->name, "monitor"))
            fail_at(domain->place, "the PD name 'monitor' is reserved @ ");
        for (size_t j = 0; j < i; j++)
            if (text_is(system->domains[j]->name, domain->name))
                fail_at(domain->place, "duplicate protection domain name '%s' @ ", domain->name);
    }
    for (size_t i = 0; i < system->region_count; i++)
        for (size_t j = 0; j < i; j++)
            if (text_is(system->regions[j]->name, system->regions[i]->name))
                fail_at(system->regions[i]->place, "duplicate memory region name '%s' @ ", system->regions[i]->name);
}

static void check_irqs(const struct system *system)
{
    bool is_taken[IRQ_VECTOR_MAX + 1] = {false};
    for (size_t i = 0; i < system->domain_count; i++)
        for (size_t k = 0; k < system->domains[i]->irq_count; k++) {
            const struct irq *irq = &system->domains[i]->irqs[k];
            if (is_taken[irq->row.vector])
                fail_at(irq->place, "duplicate irq: vector %u in protection domain: '%s' @ ", irq->row.vector,
                        system->domains[i]->name);
            is_taken[irq->row.vector] = true;
            for (size_t j = 0; j < system->domain_count; j++)
                for (size_t m = 0; m < system->domains[j]->irq_count && (j != i || m < k); m++) {
                    const struct description_irq *other = &system->domains[j]->irqs[m].row;
                    if (j <= i && irq->row.kind == IRQ_IOAPIC && other->kind == IRQ_IOAPIC &&
                        irq->row.ioapic == other->ioapic && irq->row.pin == other->pin)
                        fail_at(irq->place, "duplicate irq: pin %u in protection domain: '%s' @ ", irq->row.pin,
                                system->domains[i]->name);
                }
        }
}

/* Channel ends and interrupts of a domain share their ids. */
static void take_id(uint64_t *taken, uint32_t id, const struct domain *domain, struct place place)
{
    if (*taken >> id & 1)
        fail_at(place, "duplicate channel id: %u in protection domain: '%s' @ ", id, domain->name);
    *taken |= 1ul << id;
}

static void check_channel_ids(const struct system *system)
{
    uint64_t taken[DOMAINS_MAX] = {0};
    for (size_t i = 0; i < system->domain_count; i++)
        for (size_t k = 0; k < system->domains[i]->irq_count; k++)
            take_id(&taken[i], system->domains[i]->irqs[k].row.id, system->domains[i],
                    system->domains[i]->irqs[k].place);
    for (size_t i = 0; i < system->channel_count; i++) {
        const struct channel *channel = &system->channels[i];
        for (size_t k = 0; k < 2; k++)
            take_id(&taken[channel->ends[k].domain->index], channel->ends[k].id, channel->ends[k].domain,
                    channel->place);
    }
}

static void check_calls(const struct system *system)
{
    for (size_t i = 0; i < system->channel_count; i++)
        for (size_t k = 0; k < 2; k++) {
            const struct end *caller = &system->channels[i].ends[k], *called = &system->channels[i].ends[1 - k];
            if (caller->may_call && caller->domain->priority >= called->domain->priority)
                fail_at(system->channels[i].place,
                        "PPCs must be to protection domains of strictly higher priorities; "
                        "channel with PPC exists from pd '%s' (priority: %lu) to pd '%s' (priority: %lu) @ ",
                        caller->domain->name, caller->domain->priority, called->domain->name, called->domain->priority);
        }
}

static void check_port_against(const struct system *system, size_t i, size_t k, size_t j, size_t m)
{
    const struct domain *domain = system->domains[i], *other_domain = system->domains[j];
    const struct port *port = &domain->ports[k], *other = &other_domain->ports[m];
    if (i == j && port->id == other->id)
        fail_at(port->place, "duplicate ioport id: %u in protection domain: '%s' @ ", port->id, domain->name);
    if (port->first < other->first + other->size && other->first < port->first + port->size)
        fail_at(port->place,
                "I/O port id: %u, inclusive range: [0x%lx, 0x%lx] in protection domain: '%s' overlaps with I/O port "
                "id: %u, inclusive range: [0x%lx, 0x%lx] in protection domain: '%s' @ ",
                port->id, port->first, port->first + port->size - 1, domain->name, other->id, other->first,
                other->first + other->size - 1, other_domain->name);
}

static void check_ports(const struct system *system)
{
    for (size_t i = 0; i < system->domain_count; i++)
        for (size_t k = 0; k < system->domains[i]->port_count; k++)
            for (size_t j = 0; j <= i; j++)
                for (size_t m = 0; m < system->domains[j]->port_count && (j < i || m < k); m++)
                    check_port_against(system, i, k, j, m);
}

static void resolve_maps(const struct system *system)
{
    for (size_t i = 0; i < system->domain_count; i++)
        for (size_t k = 0; k < system->domains[i]->map_count; k++) {
            struct map *map = &system->domains[i]->maps[k];
            struct region *region = system_region(system, map->region_name);
            if (!region)
                fail_at(map->place, "invalid memory region name '%s' on 'map' @ ", map->region_name);
            region->is_mapped = true;
            map->region = region;
        }
}

/* A region without a page size has large pages if it and all of its maps are aligned for them. */
static void choose_page_sizes(struct system *system)
{
    for (size_t i = 0; i < system->region_count; i++) {
        struct region *region = system->regions[i];
        bool is_large = !region->has_page_size && region->bytes % LARGE_PAGE_BYTES == 0 &&
                        (region->physical_address == ADDRESS_NONE || region->physical_address % LARGE_PAGE_BYTES == 0);
        for (size_t k = 0; k < system->domain_count; k++)
            for (size_t m = 0; m < system->domains[k]->map_count; m++)
                if (system->domains[k]->maps[m].region == region &&
                    system->domains[k]->maps[m].address % LARGE_PAGE_BYTES)
                    is_large = false;
        if (is_large && region->is_mapped)
            region->page_bits = LARGE_PAGE_BITS;
    }
}

static void check_map(const struct domain *domain, size_t index)
{
    const struct map *map = &domain->maps[index];
    uint64_t limit = DOMAIN_STACK_TOP - domain->stack_bytes, end = map->address + map->region->bytes;
    if (map->address % (1ul << map->region->page_bits))
        fail_at(map->place, "invalid vaddr alignment on 'map' @ ");
    if (end > limit)
        fail_at(map->place,
                "map for '%s' has virtual address range [0x%lx..0x%lx) which is outside of the valid range "
                "[0x0..0x%lx) @ ",
                map->region_name, map->address, end, limit);
    for (size_t i = 0; i < index; i++) {
        const struct map *other = &domain->maps[i];
        uint64_t other_end = other->address + other->region->bytes;
        if (map->address < other_end && other->address < end)
            fail_at(map->place,
                    "map for '%s' has virtual address range [0x%lx..0x%lx) which overlaps with map for '%s' "
                    "[0x%lx..0x%lx) in protection domain '%s' @ ",
                    map->region_name, map->address, end, other->region_name, other->address, other_end, domain->name);
    }
}

static void check_grants(const struct system *system)
{
    for (size_t i = 0; i < system->domain_count; i++) {
        const struct domain *domain = system->domains[i];
        for (size_t k = 0; k < domain->grant_count; k++) {
            const struct grant *grant = &domain->grants[k];
            if (!system_domain(system, grant->domain_name))
                fail_at(grant->place, "invalid pd name '%s' in cspace of '%s' @ ", grant->domain_name, domain->name);
            for (size_t m = 0; m < k; m++)
                if (domain->grants[m].slot == grant->slot)
                    fail_at(grant->place, "two caps in slot %u of the cspace of '%s', the other one at %lu:%lu @ ",
                            grant->slot, domain->name, domain->grants[m].place.line, domain->grants[m].place.column);
        }
    }
}

static void check_physical(const struct system *system)
{
    for (size_t i = 0; i < system->region_count; i++)
        for (size_t k = 0; k < i; k++) {
            const struct region *a = system->regions[i], *b = system->regions[k];
            if (a->physical_address != ADDRESS_NONE && b->physical_address != ADDRESS_NONE &&
                a->physical_address < b->physical_address + b->bytes &&
                b->physical_address < a->physical_address + a->bytes)
                fail_at(a->place,
                        "memory region '%s' physical address range [0x%lx..0x%lx) overlaps with another memory region "
                        "'%s' [0x%lx..0x%lx) @ ",
                        a->name, a->physical_address, a->physical_address + a->bytes, b->name, b->physical_address,
                        b->physical_address + b->bytes);
        }
}

/* Values of variables that come from regions. */
static void check_symbols(const struct system *system)
{
    for (size_t i = 0; i < system->domain_count; i++)
        for (size_t k = 0; k < system->domains[i]->symbol_count; k++) {
            const struct symbol *symbol = &system->domains[i]->symbols[k];
            if (symbol->kind == VALUE_NUMBER)
                continue;
            if (symbol->kind == VALUE_BUDGET_ADDRESS || symbol->kind == VALUE_BUDGET_BYTES) {
                const struct domain *other = system_domain(system, symbol->of);
                if (!other || other->memory_budget == 0)
                    fail_at(symbol->place, "setvar of '%s': no pd '%s' that has a memory budget @ ", symbol->name,
                            symbol->of);
                continue;
            }
            struct region *region = system_region(system, symbol->of);
            if (!region)
                fail_at(symbol->place, "setvar of '%s': invalid memory region name '%s' @ ", symbol->name, symbol->of);
            if (symbol->kind == VALUE_PREFILL_SIZE && !region->prefill_path)
                fail_at(region->place, "setvar_prefill_size for memory region '%s' that has no prefill_path @ ",
                        region->name);
            if (symbol->kind == VALUE_REGION_ADDRESS)
                region->is_contiguous = true;
        }
}

static void check_budgets(const struct system *system)
{
    const struct domain *rest = NULL;
    for (size_t i = 0; i < system->domain_count; i++) {
        const struct domain *domain = system->domains[i];
        if (domain->memory_budget != MEMORY_REST)
            continue;
        if (rest)
            fail_at(domain->place, "'%s' and '%s' cannot both have the rest of the memory @ ", rest->name,
                    domain->name);
        rest = domain;
    }
}

static void check_restart_names(const struct system *system)
{
    for (size_t i = 0; i < system->domain_count; i++) {
        const struct restart_policy *policy = &system->domains[i]->restart;
        const char *text = policy->with ? policy->with : "";
        while (*(text += strspn(text, " "))) {
            size_t length = strcspn(text, " ");
            char *name = text_format("%.*s", (int)length, text);
            if (!system_domain(system, name))
                fail_at(policy->place, "invalid pd name '%s' on element 'pecan:restart': ", name);
            free(name);
            text += length;
        }
    }
}

void system_check(struct system *system)
{
    check_grants(system);
    check_names(system);
    check_irqs(system);
    check_channel_ids(system);
    check_calls(system);
    check_ports(system);
    resolve_maps(system);
    choose_page_sizes(system);
    for (size_t i = 0; i < system->domain_count; i++)
        for (size_t k = 0; k < system->domains[i]->map_count; k++)
            check_map(system->domains[i], k);
    check_physical(system);
    check_budgets(system);
    check_symbols(system);
    check_restart_names(system);
    bool has_init = !system->has_schedule;
    for (size_t i = 0; i < system->turn_count; i++)
        has_init |= system->turns[i].duration && system->turns[i].domain == 0;
    if (!has_init)
        printf("WARNING: domain 0, which init runs in, is not in the schedule: nothing is restarted\n");
    for (size_t i = 0; i < system->region_count; i++)
        if (!system->regions[i]->is_mapped)
            printf("WARNING: unused memory region '%s'\n", system->regions[i]->name);
}
