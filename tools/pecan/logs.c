/*
 * Regions that the tool adds by itself: the logs of domains (microkit/include/pecan/log.h). There are logs only if somebody
 * reads them.
 */
#include "system.h"

#include "microkit/include/pecan/log.h"

#define PAGE_BYTES (1ul << SMALL_PAGE_BITS)

_Static_assert(PECAN_LOGS_MOST > DOMAINS_MAX, "all domains and init");

static uint64_t region_bytes(const struct system *system, const struct map *map)
{
    const struct region *region = map->region ? map->region : system_region(system, map->region_name);
    return region ? region->bytes : 0;
}

/* The highest address below the stack, with a page between, where nothing else is mapped. */
static uint64_t free_address(const struct system *system, const struct domain *domain, uint64_t bytes)
{
    uint64_t address = DOMAIN_STACK_TOP - domain->stack_bytes - PAGE_BYTES - bytes;
    for (size_t i = 0; i < domain->map_count;) {
        const struct map *map = &domain->maps[i++];
        if (map->address < address + bytes && address < map->address + region_bytes(system, map)) {
            if (map->address < bytes + PAGE_BYTES)
                fail_at(domain->place, "no room below the stack of '%s' for its log @ ", domain->name);
            address = map->address / PAGE_BYTES * PAGE_BYTES - bytes;
            i = 0;
        }
    }
    return address;
}

static struct region *add_region(struct system *system, const struct domain *domain, const char *name, uint64_t bytes)
{
    struct region *region = allocate(sizeof(*region));
    *(struct region **)ADD(system->regions, system->region_count) = region;
    region->place = domain->place;
    region->name = name;
    region->bytes = bytes;
    region->page_bits = SMALL_PAGE_BITS;
    region->has_page_size = true;
    region->physical_address = ADDRESS_NONE;
    return region;
}

static uint64_t add_map(struct system *system, struct domain *domain, const struct region *region, uint32_t flags)
{
    uint64_t address = free_address(system, domain, region->bytes);
    struct map *map = ADD(domain->maps, domain->map_count);
    map->place = domain->place;
    map->region_name = region->name;
    map->address = address;
    map->flags = flags;
    return address;
}

void logs_add(struct system *system)
{
    const struct region *logs[PECAN_LOGS_MOST] = {NULL};
    struct domain *reader = NULL;
    for (size_t i = 0; i < system->domain_count && !reader; i++)
        if (system->domains[i]->reads_logs)
            reader = system->domains[i];
    if (!reader)
        return;
    for (size_t i = 0; i < system->domain_count; i++) {
        struct domain *domain = system->domains[i];
        if (domain->log_bytes) {
            logs[i] =
                add_region(system, domain, text_format("%.*s.log", NAME_BYTES - 5, domain->name), domain->log_bytes);
            domain->log_address = add_map(system, domain, logs[i], MAP_READ | MAP_WRITE);
        }
    }
    logs[system->domain_count] = add_region(system, reader, "init.log", PAGE_BYTES);
    system->log_region = logs[system->domain_count]->name;
    for (size_t i = 0; i < system->domain_count; i++)
        for (size_t k = 0; system->domains[i]->reads_logs && k <= system->domain_count; k++)
            if (logs[k]) {
                struct log_place *place = ADD(system->domains[i]->logs, system->domains[i]->log_count);
                *place = (struct log_place){k, add_map(system, system->domains[i], logs[k], MAP_READ), logs[k]->bytes};
            }
}
