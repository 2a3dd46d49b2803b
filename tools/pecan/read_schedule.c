/*
 * <domains>: scheduling domains, and the order in which each has the processor.
 */
#include "system.h"

#include <string.h>

static struct time_domain *find_domain(struct system *system, const char *name)
{
    for (size_t i = 0; i < system->time_domain_count; i++)
        if (text_is(system->time_domains[i].name, name))
            return &system->time_domains[i];
    return NULL;
}

uint32_t schedule_domain(struct system *system, const struct xml_element *element)
{
    const char *name = xml_value(element, "domain");
    if (!system->has_schedule) {
        if (name)
            fail_on(element, "domain '%s' is given, but there is no domain schedule", name);
        return 0;
    }
    const struct time_domain *domain = find_domain(system, attribute_text(element, "domain"));
    if (!domain)
        fail_on(element, "domain '%s' is not declared", name);
    return domain->id;
}

static void read_time_domain(struct system *system, const struct xml_element *element)
{
    static const char *const allowed[] = {"name", "id", NULL};
    leaf_check(element, allowed);
    const char *name = attribute_text(element, "name");
    if (find_domain(system, name))
        fail_on(element, "duplicate domain name '%s'", name);
    struct time_domain *domain = ADD(system->time_domains, system->time_domain_count);
    domain->name = name;
    domain->place = element;
    domain->has_id = xml_value(element, "id") != NULL;
    if (!domain->has_id)
        return;
    uint64_t id = attribute_number(element, "id");
    if (id >= system->kernel.domains)
        fail_on(element, "domain id must be less than %u", system->kernel.domains);
    domain->id = (uint32_t)id;
    for (size_t i = 0; i + 1 < system->time_domain_count; i++)
        if (system->time_domains[i].has_id && system->time_domains[i].id == id)
            fail_on(element, "duplicate domain id %lu", id);
}

/* Domains without an id get the lowest free ones, in the order of the file. */
static void give_ids(struct system *system)
{
    uint64_t taken = 0;
    for (size_t i = 0; i < system->time_domain_count; i++)
        if (system->time_domains[i].has_id)
            taken |= 1ul << system->time_domains[i].id;
    for (size_t i = 0; i < system->time_domain_count; i++) {
        struct time_domain *domain = &system->time_domains[i];
        if (domain->has_id)
            continue;
        while (taken >> domain->id & 1)
            domain->id++;
        if (domain->id >= system->kernel.domains)
            fail_on(domain->place, "more domains than the kernel has, which are %u", system->kernel.domains);
        taken |= 1ul << domain->id;
    }
}

static void read_duration(const struct xml_element *element, struct description_turn *turn)
{
    const char *text = attribute_text(element, "duration"), *blank = strchr(text, ' ');
    const char *unit = blank ? blank + 1 : "";
    if (!text_is(unit, "us") && !text_is(unit, "ticks"))
        fail_on(element, "duration '%s' must be a number, a blank, and 'us' or 'ticks'", text);
    struct xml_attribute number = {"duration", text_format("%.*s", (int)(blank - text), text)};
    struct xml_element alone = {
        .name = element->name, .place = element->place, .attributes = &number, .attribute_count = 1};
    turn->duration = attribute_number(&alone, "duration");
    turn->is_ticks = text_is(unit, "ticks");
    if (turn->duration == 0 || turn->duration > TURN_DURATION_MAX)
        fail_on(element, "duration must be > 0 and at most 0x%lx", TURN_DURATION_MAX);
}

static void read_turn(struct system *system, const struct xml_element *element)
{
    static const char *const allowed[] = {"domain", "duration", NULL}, *const none[] = {NULL};
    if (text_is(element->name, "schedule_end_marker")) {
        leaf_check(element, none);
        ADD(system->turns, system->turn_count);
        return;
    }
    if (!text_is(element->name, "schedule_entry"))
        fail_unknown(element);
    leaf_check(element, allowed);
    const char *name = attribute_text(element, "domain");
    const struct time_domain *domain = find_domain(system, name);
    if (!domain)
        fail_on(element, "domain '%s' is not declared", name);
    struct description_turn *turn = ADD(system->turns, system->turn_count);
    turn->domain = domain->id;
    read_duration(element, turn);
}

static void read_turns(struct system *system, const struct xml_element *element)
{
    static const char *const allowed[] = {"start_index", "index_shift", NULL};
    container_check(element, allowed);
    XML_EACH(child, element)
    read_turn(system, child);
    uint64_t count = system->turn_count, shift = attribute_number_or(element, "index_shift", 0);
    uint64_t start = attribute_number_or(element, "start_index", 0);
    /* The kernel's last entry is an end marker always. */
    if (count >= system->kernel.schedule_entries)
        fail_on(element, "the schedule has %lu entries, and the kernel room for %u", count,
                system->kernel.schedule_entries - 1);
    if (start >= count)
        fail_on(element, "start index %lu must be less than the number of entries, %lu", start, count);
    if (shift >= system->kernel.schedule_entries - count)
        fail_on(element, "index shift %lu and %lu entries must be less than %u together", shift, count,
                system->kernel.schedule_entries);
    if (system->turns[start].duration == 0)
        fail_on(element, "start index %lu is that of an end marker", start);
    system->turn_shift = (uint32_t)shift;
    system->turn_start = (uint32_t)(shift + start);
}

void read_schedule(struct system *system, const struct xml_element *element)
{
    static const char *const none[] = {NULL};
    const struct xml_element *schedule = NULL;
    if (system->kernel.domains < 2)
        fail_on(element, "domains are not supported by this kernel (it is built for one domain)");
    if (system->has_schedule)
        fail_on(element, "domains must only be specified once");
    if (system->domain_count)
        fail_on(element, "domains must come before the protection domains");
    container_check(element, none);
    system->has_schedule = true;
    XML_EACH(child, element)
    {
        if (text_is(child->name, "domain")) {
            read_time_domain(system, child);
        } else if (text_is(child->name, "domain_schedule")) {
            if (schedule)
                fail_on(child, "domain_schedule must only be specified once");
            schedule = child;
        } else {
            fail_unknown(child);
        }
    }
    give_ids(system);
    if (!schedule)
        fail_on(element, "domains must have a domain_schedule");
    read_turns(system, schedule);
}
