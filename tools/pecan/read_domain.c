/*
 * <protection_domain>: attributes, program, maps, values of variables, capabilities to other domains, children.
 */
#include "system.h"

#include <string.h>

/* The first are those of a domain inside another one only. */
enum { CHILD_ATTRIBUTES = 2 };
static const char *const attributes[] = {
    "id",          "setvar_id",  "name",         "priority",         "budget",
    "period",      "stack_size", "cpu",          "passive",          "fpu",
    "smc",         "domain",     "pecan:memory", "pecan:supervisor", "pecan:update_room",
    "pecan:log",   "pecan:logs", "pecan:trace",  "pecan:traces",     "pecan:observer",
    "pecan:vital", NULL};

#define RESERVE_BYTES_MOST     (1ul << 36)
#define UPDATE_ROOM_BYTES_MOST (1ul << 24)
#define LOG_BYTES_NORMAL       (1ul << SMALL_PAGE_BITS)
#define TRACE_BYTES_NORMAL     (4ul << SMALL_PAGE_BITS)
#define KEPT_BYTES_MOST        (1ul << 20)

enum { BUDGET_NORMAL_US = 1000 };

struct symbol *domain_add_symbol(struct domain *domain, const char *name, const struct xml_element *element)
{
    for (size_t i = 0; i < domain->symbol_count; i++)
        if (text_is(domain->symbols[i].name, name))
            fail_on(element, "setvar on symbol '%s' already exists", name);
    struct symbol *symbol = ADD(domain->symbols, domain->symbol_count);
    symbol->name = name;
    symbol->place = element->place;
    return symbol;
}

static void add_number(struct domain *domain, const struct xml_element *element, const char *attribute, uint64_t number)
{
    const char *name = xml_value(element, attribute);
    if (name)
        domain_add_symbol(domain, name, element)->number = number;
}

static void add_region_value(struct domain *domain, const struct xml_element *element, const char *attribute,
                             enum symbol_value kind, const char *region)
{
    const char *name = xml_value(element, attribute);
    if (!name)
        return;
    struct symbol *symbol = domain_add_symbol(domain, name, element);
    symbol->kind = kind;
    symbol->of = region;
}

static uint32_t read_permissions(const struct xml_element *element)
{
    const char *text = xml_value(element, "perms");
    uint32_t flags = 0;
    if (!text)
        return MAP_READ | MAP_WRITE;
    if (text_is(text, "w"))
        fail_on(element, "perms must not be 'w', write-only mappings are not allowed");
    for (const char *letter = text; *letter; letter++) {
        if (!strchr("rwx", *letter))
            fail_on(element, "perms must only be a combination of 'r', 'w', and 'x'");
        flags |= *letter == 'r' ? MAP_READ : *letter == 'w' ? MAP_WRITE : 0;
    }
    return flags;
}

static void read_map(struct domain *domain, const struct xml_element *element)
{
    static const char *const allowed[] = {
        "mr", "vaddr", "perms", "cached", "setvar_vaddr", "setvar_size", "setvar_prefill_size", NULL};
    leaf_check(element, allowed);
    struct map *map = ADD(domain->maps, domain->map_count);
    map->place = element->place;
    map->region_name = attribute_text(element, "mr");
    map->address = attribute_number(element, "vaddr");
    uint64_t limit = DOMAIN_STACK_TOP - domain->stack_bytes;
    if (map->address >= limit)
        fail_on(element, "vaddr (0x%lx) must be less than 0x%lx", map->address, limit);
    map->flags = read_permissions(element);
    if (!attribute_bool_or(element, "cached", true))
        map->flags |= MAP_UNCACHED;
    add_number(domain, element, "setvar_vaddr", map->address);
    add_region_value(domain, element, "setvar_size", VALUE_REGION_SIZE, map->region_name);
    add_region_value(domain, element, "setvar_prefill_size", VALUE_PREFILL_SIZE, map->region_name);
}

static void read_image(struct domain *domain, const struct xml_element *element, const struct xml_element *parent)
{
    static const char *const allowed[] = {"path", "path_for_symbols", NULL};
    if (domain->image_path)
        fail_on(parent, "program_image must only be specified once");
    leaf_check(element, allowed);
    domain->image_path = attribute_text(element, "path");
    domain->symbols_path = xml_value(element, "path_for_symbols");
    domain->image_place = element->place;
}

static void read_setvar(struct domain *domain, const struct xml_element *element)
{
    static const struct {
        const char *name;
        enum symbol_value kind;
    } values[] = {{"pecan:budget_paddr", VALUE_BUDGET_ADDRESS},
                  {"pecan:budget_bytes", VALUE_BUDGET_BYTES},
                  {"pecan:region_bytes", VALUE_REGION_SIZE},
                  {"region_paddr", VALUE_REGION_ADDRESS}};
    static const char *const allowed[] = {
        "symbol", "region_paddr", "pecan:region_bytes", "pecan:budget_paddr", "pecan:budget_bytes", NULL};
    size_t i = 0;
    leaf_check(element, allowed);
    struct symbol *symbol = domain_add_symbol(domain, attribute_text(element, "symbol"), element);
    while (i < sizeof(values) / sizeof(values[0]) - 1 && !xml_value(element, values[i].name))
        i++;
    symbol->kind = values[i].kind;
    symbol->of = attribute_text(element, values[i].name);
    for (size_t k = i + 1; k < sizeof(values) / sizeof(values[0]); k++)
        if (xml_value(element, values[k].name))
            fail_on(element, "%s and %s cannot be used together", values[i].name, values[k].name);
}

static void read_memory_budget(struct domain *domain, const struct xml_element *element)
{
    static const char *const allowed[] = {"size", NULL};
    leaf_check(element, allowed);
    if (domain->memory_budget)
        fail_on(element, "pecan:memory_budget must only be specified once");
    domain->memory_budget =
        text_is(attribute_text(element, "size"), "rest") ? MEMORY_REST : attribute_number(element, "size");
    if (domain->memory_budget == MEMORY_REST)
        return;
    if (domain->memory_budget == 0 || domain->memory_budget > RESERVE_BYTES_MOST)
        fail_on(element, "size must be 'rest', or greater than 0 and at most 0x%lx", RESERVE_BYTES_MOST);
    if (domain->memory_budget % (1ul << SMALL_PAGE_BITS))
        fail_on(element, "size is not a multiple of the page size");
}

/* What a domain may have that is no part of another one. */
static enum grant_kind read_cap_type(const struct xml_element *element)
{
    static const struct {
        const char *name;
        enum grant_kind kind;
    } types[] = {{"tcb", GRANT_OWN_TCB},
                 {"cnode", GRANT_OWN_CSPACE},
                 {"fault_handler", GRANT_FAULT_HANDLER},
                 {"asid_pool", GRANT_ASID_POOL},
                 {"sched_control", GRANT_SCHED_CONTROL}};
    const char *type = attribute_text(element, "type");
    for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++)
        if (text_is(types[i].name, type))
            return types[i].kind;
    fail_on(element, "type must be 'tcb', 'cnode', 'fault_handler', 'asid_pool' or 'sched_control'");
}

static void read_cspace(struct domain *domain, const struct xml_element *element)
{
    static const char *const none[] = {NULL}, *const allowed[] = {"slot", "pd", NULL};
    static const char *const own_allowed[] = {"slot", "type", NULL};
    static const char *const kinds[] = {
        [GRANT_TCB] = "cap_tcb", [GRANT_SCHEDCTX] = "cap_sc", [GRANT_VSPACE] = "cap_vspace"};
    container_check(element, none);
    XML_EACH(child, element)
    {
        bool is_own = text_is(child->name, "pecan:cap");
        size_t kind = 0;
        while (!is_own && kind < sizeof(kinds) / sizeof(kinds[0]) && !text_is(child->name, kinds[kind]))
            kind++;
        if (!is_own && kind == sizeof(kinds) / sizeof(kinds[0]))
            fail_at(child->place,
                    !strncmp(child->name, "cap_", 4) ? "cap type '%s' is not supported: "
                                                     : "element '%s' is not supported in cspace: ",
                    child->name);
        leaf_check(child, is_own ? own_allowed : allowed);
        if (is_own)
            kind = read_cap_type(child);
        uint64_t slot = attribute_number(child, "slot");
        if (slot == 0)
            fail_on(child, "slot 0 is reserved");
        if (slot > USER_CAP_SLOT_MAX)
            fail_on(child, "slot must be < %d", USER_CAP_SLOT_MAX + 1);
        struct grant *grant = ADD(domain->grants, domain->grant_count);
        *grant = (struct grant){child->place, (enum grant_kind)kind, (uint32_t)slot,
                                is_own ? domain->name : attribute_text(child, "pd")};
    }
}

static void read_scheduling(struct system *system, struct domain *domain, const struct xml_element *element)
{
    domain->budget_us = attribute_number_or(element, "budget", BUDGET_NORMAL_US);
    domain->period_us = attribute_number_or(element, "period", domain->budget_us);
    if (domain->budget_us > domain->period_us)
        fail_on(element, "budget (%lu) must be less than, or equal to, period (%lu)", domain->budget_us,
                domain->period_us);
    if (domain->budget_us < BUDGET_LEAST_US)
        fail_on(element, "budget (%lu) must be at least %d", domain->budget_us, BUDGET_LEAST_US);
    domain->priority = attribute_number_or(element, "priority", 0);
    if (domain->priority > PRIORITY_MAX)
        fail_on(element, "priority must be between 0 and %d", PRIORITY_MAX);
    uint64_t cpu = attribute_number_or(element, "cpu", 0);
    if (cpu >= system->kernel.cores)
        fail_on(element, "cpu core must be less than %u, got %lu", system->kernel.cores, cpu);
    domain->time_domain = schedule_domain(system, element);
}

static uint64_t read_kept_bytes(const struct xml_element *element, const char *name, uint64_t otherwise)
{
    uint64_t bytes = attribute_number_or(element, name, otherwise);
    if (bytes > KEPT_BYTES_MOST || bytes % (1ul << SMALL_PAGE_BITS))
        fail_on(element, "%s must be whole pages, and at most 0x%lx", name, KEPT_BYTES_MOST);
    return bytes;
}

static void read_attributes(struct system *system, struct domain *domain, const struct xml_element *element)
{
    domain->name = attribute_text(element, "name");
    if (strlen(domain->name) >= NAME_BYTES)
        fail_on(element, "name '%s' has more than %d bytes", domain->name, NAME_BYTES - 1);
    read_scheduling(system, domain, element);
    domain->is_passive = attribute_bool_or(element, "passive", false);
    domain->has_fpu = attribute_bool_or(element, "fpu", true);
    domain->is_supervisor = attribute_bool_or(element, "pecan:supervisor", false);
    domain->is_vital = attribute_bool_or(element, "pecan:vital", false);
    if (attribute_bool_or(element, "smc", false))
        fail_on(element, "smc is not supported on this architecture");
    domain->stack_bytes = attribute_number_or(element, "stack_size", STACK_BYTES_NORMAL);
    if (domain->stack_bytes < STACK_BYTES_LEAST || domain->stack_bytes > STACK_BYTES_MOST)
        fail_on(element, "stack size must be between 0x%lx and 0x%lx bytes", STACK_BYTES_LEAST, STACK_BYTES_MOST);
    if (domain->stack_bytes % (1ul << SMALL_PAGE_BITS))
        fail_on(element, "stack size must be aligned to the smallest page size, %lu bytes", 1ul << SMALL_PAGE_BITS);
    domain->reserve_bytes = attribute_number_or(element, "pecan:memory", 0);
    if (domain->reserve_bytes > RESERVE_BYTES_MOST)
        fail_on(element, "pecan:memory must be at most 0x%lx", RESERVE_BYTES_MOST);
    system->has_supervisor |= domain->is_supervisor;
    domain->update_room_bytes = attribute_number_or(element, "pecan:update_room", UPDATE_ROOM_NORMAL);
    if (domain->update_room_bytes != UPDATE_ROOM_NORMAL && domain->update_room_bytes > UPDATE_ROOM_BYTES_MOST)
        fail_on(element, "pecan:update_room must be at most 0x%lx", UPDATE_ROOM_BYTES_MOST);
    domain->log.bytes = read_kept_bytes(element, "pecan:log", LOG_BYTES_NORMAL);
    domain->trace.bytes = read_kept_bytes(element, "pecan:trace", TRACE_BYTES_NORMAL);
    domain->reads_traces = attribute_bool_or(element, "pecan:traces", false);
    domain->is_observer = attribute_bool_or(element, "pecan:observer", false);
    domain->reads_logs = attribute_bool_or(element, "pecan:logs", false);
}

static void read_child_id(struct system *system, struct domain *domain, const struct xml_element *element)
{
    domain->child_id = attribute_id(element, "id");
    for (size_t i = 0; i < system->domain_count; i++)
        if (system->domains[i]->parent == domain->parent && system->domains[i] != domain &&
            system->domains[i]->child_id == domain->child_id)
            fail_at(element->place, "duplicate id: %u in protection domain: '%s' @ ", domain->child_id,
                    domain->parent->name);
    domain->parent->has_children = true;
    add_number(domain->parent, element, "setvar_id", domain->child_id);
}

static bool read_part(struct system *system, struct domain *domain, const struct xml_element *child,
                      const struct xml_element *element)
{
    if (text_is(child->name, "program_image"))
        read_image(domain, child, element);
    else if (text_is(child->name, "map"))
        read_map(domain, child);
    else if (text_is(child->name, "setvar"))
        read_setvar(domain, child);
    else if (text_is(child->name, "irq") || text_is(child->name, "ioport"))
        read_domain_devices(domain, child);
    else if (text_is(child->name, "pecan:restart"))
        read_restart(domain, child);
    else if (text_is(child->name, "pecan:provide"))
        read_provide(system, domain, child);
    else if (text_is(child->name, "pecan:use"))
        read_use(system, domain, child);
    else if (text_is(child->name, "pecan:memory_budget"))
        read_memory_budget(domain, child);
    else
        return false;
    return true;
}

void read_domain(struct system *system, const struct xml_element *element, struct domain *parent)
{
    container_check(element, parent ? attributes : attributes + CHILD_ATTRIBUTES);
    if (system->domain_count == DOMAINS_MAX)
        fail_at(element->place, "too many protection domains defined, maximum is %d @ ", DOMAINS_MAX);
    struct domain *domain = allocate(sizeof(*domain));
    domain->index = (uint32_t)system->domain_count;
    system->domains[system->domain_count++] = domain;
    domain->place = element->place;
    domain->parent = parent;
    read_attributes(system, domain, element);
    if (parent)
        read_child_id(system, domain, element);

    bool has_cspace = false;
    XML_EACH(child, element)
    {
        if (read_part(system, domain, child, element))
            continue;
        if (text_is(child->name, "protection_domain")) {
            read_domain(system, child, domain);
        } else if (text_is(child->name, "cspace")) {
            if (has_cspace)
                fail_on(element, "cspace must only be specified once");
            has_cspace = true;
            read_cspace(domain, child);
        } else if (text_is(child->name, "virtual_machine")) {
            fail_on(element, "virtual_machine is not supported by this kernel");
        } else {
            fail_unknown(child);
        }
    }
    if (!domain->image_path)
        fail_at(element->place, "missing 'program_image' element on protection_domain: '%s' @ ", domain->name);
}
