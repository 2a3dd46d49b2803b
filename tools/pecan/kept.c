/*
 * Regions that the tool adds by itself: the logs and traces of domains (microkit/include/pecan/log.h, trace.h), which outlive
 * them, init's log and the kernel's trace. There are some only if somebody reads them.
 */
#include "system.h"

#include <string.h>

#define PAGE_BYTES       (1ul << SMALL_PAGE_BITS)
#define LARGE_PAGE_BYTES (1ul << LARGE_PAGE_BITS)

static uint64_t region_bytes(const struct system *system, const struct map *map)
{
    const struct region *region = map->region ? map->region : system_region(system, map->region_name);
    return region ? region->bytes : 0;
}

/* The highest address below the stack, with a page between, where nothing else is mapped. */
static uint64_t free_address(const struct system *system, const struct domain *domain, const struct region *region)
{
    uint64_t bytes = region->bytes, page_bytes = 1ul << region->page_bits;
    uint64_t address = (DOMAIN_STACK_TOP - domain->stack_bytes - PAGE_BYTES - bytes) / page_bytes * page_bytes;
    for (size_t i = 0; i < domain->map_count;) {
        const struct map *map = &domain->maps[i++];
        if (map->address < address + bytes && address < map->address + region_bytes(system, map)) {
            if (map->address < bytes + page_bytes)
                fail_at(domain->place, "no room below the stack of '%s' for its log or trace @ ", domain->name);
            address = (map->address - bytes) / page_bytes * page_bytes;
            i = 0;
        }
    }
    return address;
}

static struct region *add_region(struct system *system, const struct domain *domain, const char *name, uint64_t bytes,
                                 uint32_t page_bits)
{
    struct region *region = allocate(sizeof(*region));
    *(struct region **)ADD(system->regions, system->region_count) = region;
    region->place = domain->place;
    region->name = name;
    region->bytes = bytes;
    region->page_bits = page_bits;
    region->has_page_size = true;
    region->physical_address = ADDRESS_NONE;
    return region;
}

static uint64_t add_map(struct system *system, struct domain *domain, const struct region *region, uint32_t flags)
{
    uint64_t address = free_address(system, domain, region);
    struct map *map = ADD(domain->maps, domain->map_count);
    map->place = domain->place;
    map->region_name = region->name;
    map->address = address;
    map->flags = flags;
    return address;
}

/* A region that the domain writes. Its name is none that a description would have; one that is too long has the domain's number in it. */
static const struct region *add_kept(struct system *system, struct domain *domain, const char *kind,
                                     struct kept_region *kept)
{
    const char *name = text_format("%s of %s", kind, domain->name);
    if (strlen(name) >= NAME_BYTES)
        name = text_format("%s of domain %u", kind, domain->index);
    const struct region *region = add_region(system, domain, name, kept->bytes, SMALL_PAGE_BITS);
    kept->address = add_map(system, domain, region, MAP_READ | MAP_WRITE);
    return region;
}

static bool has_reader(const struct system *system, bool of_traces)
{
    for (size_t i = 0; i < system->domain_count; i++)
        if (of_traces ? system->domains[i]->reads_traces : system->domains[i]->reads_logs)
            return true;
    return false;
}

void kept_add(struct system *system)
{
    bool has_logs = has_reader(system, false), has_traces = has_reader(system, true);
    const struct region *logs[DOMAINS_MAX + 1] = {NULL}, *traces[DOMAINS_MAX + 1] = {NULL};
    size_t count = system->domain_count;
    for (size_t i = 0; i < count; i++) {
        struct domain *domain = system->domains[i];
        if (has_logs && domain->log.bytes)
            logs[i] = add_kept(system, domain, "log", &domain->log);
        if (has_traces && domain->trace.bytes)
            traces[i] = add_kept(system, domain, "trace", &domain->trace);
    }
    if (has_logs) {
        logs[count] = add_region(system, system->domains[0], "log of the system", PAGE_BYTES, SMALL_PAGE_BITS);
        system->log_region = logs[count]->name;
    }
    if (has_traces) {
        traces[count] =
            add_region(system, system->domains[0], "trace of the kernel", LARGE_PAGE_BYTES, LARGE_PAGE_BITS);
        system->trace_region = traces[count]->name;
    }
    for (size_t i = 0; i < count; i++)
        for (size_t k = 0; k <= count; k++) {
            struct domain *domain = system->domains[i];
            if (domain->reads_logs && logs[k])
                domain->logs[k] = (struct kept_region){add_map(system, domain, logs[k], MAP_READ), logs[k]->bytes};
            if (domain->reads_traces && traces[k])
                domain->traces[k] =
                    (struct kept_region){add_map(system, domain, traces[k], MAP_READ), traces[k]->bytes};
        }
}
