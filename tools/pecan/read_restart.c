/*
 * <pecan:restart>: what init does when a domain fails. docs/components.md states it for users.
 */
#include "system.h"

#include <string.h>

/* A program that fails at once must not keep init busy: so it waits longer each time. */
enum { DELAY_NORMAL_US = 1000, DELAY_MOST_NORMAL_US = 1000000, WINDOW_NORMAL_US = 10000000, US_MOST_BITS = 40 };

static uint32_t read_reasons(const struct xml_element *element)
{
    static const struct {
        const char *name;
        uint32_t reason;
    } reasons[] = {{"fault", RESTART_ON_FAULT}, {"overrun", RESTART_ON_OVERRUN}, {"heartbeat", RESTART_ON_HEARTBEAT}};
    const char *text = xml_value(element, "on");
    uint32_t on = 0;
    if (!text)
        return RESTART_ON_FAULT;
    while (*(text += strspn(text, " "))) {
        size_t length = strcspn(text, " "), i = 0;
        while (i < 3 && (strlen(reasons[i].name) != length || strncmp(reasons[i].name, text, length)))
            i++;
        if (i == 3)
            fail_on(element, "on must be a list of 'fault', 'overrun' and 'heartbeat'");
        on |= reasons[i].reason;
        text += length;
    }
    return on;
}

static uint64_t read_time(const struct xml_element *element, const char *name, uint64_t otherwise)
{
    uint64_t time = attribute_number_or(element, name, otherwise);
    if (time >> US_MOST_BITS)
        fail_on(element, "%s is more than 12 days", name);
    return time;
}

void read_restart(struct domain *domain, const struct xml_element *element)
{
    static const char *const allowed[] = {"on", "limit", "window", "delay", "delay_max", "heartbeat", "with", NULL};
    struct restart_policy *policy = &domain->restart;
    leaf_check(element, allowed);
    if (policy->is_given)
        fail_on(element, "pecan:restart must only be specified once");
    policy->is_given = true;
    policy->place = element->place;
    policy->on = read_reasons(element);
    uint64_t limit = attribute_number_or(element, "limit", RESTART_UNLIMITED);
    if (limit > RESTART_UNLIMITED)
        fail_on(element, "limit is too large");
    policy->limit = (uint32_t)limit;
    policy->window_us = read_time(element, "window", WINDOW_NORMAL_US);
    policy->delay_us = read_time(element, "delay", DELAY_NORMAL_US);
    policy->delay_most_us = read_time(element, "delay_max", DELAY_MOST_NORMAL_US);
    policy->heartbeat_us = read_time(element, "heartbeat", 0);
    policy->with = xml_value(element, "with");
    if (policy->on & RESTART_ON_HEARTBEAT && policy->heartbeat_us == 0)
        fail_at(element->place, "Missing required attribute 'heartbeat' on element 'pecan:restart': ");
    if (!(policy->on & RESTART_ON_HEARTBEAT) && policy->heartbeat_us)
        fail_on(element, "heartbeat must be in on");
}
