/*
 * <pecan:provide>, <pecan:use>: services by name. The tool makes a channel for each user, and chooses its id on the provider's side.
 */
#include "system.h"

#include <string.h>

static struct service *find_service(const struct system *system, const char *name)
{
    for (size_t i = 0; i < system->service_count; i++)
        if (text_is(system->services[i]->name, name))
            return system->services[i];
    return NULL;
}

void read_provide(struct system *system, struct domain *domain, const struct xml_element *element)
{
    static const char *const allowed[] = {"name", "max", "notify", "setvar_clients", NULL};
    leaf_check(element, allowed);
    const char *name = attribute_text(element, "name");
    uint64_t most = attribute_number_or(element, "max", CHANNEL_ID_MAX + 1);
    if (strlen(name) >= NAME_BYTES)
        fail_on(element, "name '%s' has more than %d bytes", name, NAME_BYTES - 1);
    if (most == 0 || most > CHANNEL_ID_MAX + 1)
        fail_on(element, "max must be between 1 and %d", CHANNEL_ID_MAX + 1);
    const struct service *other = find_service(system, name);
    if (other)
        fail_on(element, "service '%s' is provided by '%s' already, at %lu:%lu,", name, other->provider->name,
                other->element->place.line, other->element->place.column);
    struct service *service = allocate(sizeof(*service));
    *service = (struct service){.name = name,
                                .element = element,
                                .provider = domain,
                                .index = (uint32_t)system->service_count,
                                .user_most = (uint32_t)most,
                                .may_notify = attribute_bool_or(element, "notify", true),
                                .symbol = xml_value(element, "setvar_clients")};
    *(struct service **)ADD(system->services, system->service_count) = service;
}

void read_use(struct system *system, struct domain *domain, const struct xml_element *element)
{
    static const char *const allowed[] = {"name", "id", "pp", "notify", "setvar_id", NULL};
    leaf_check(element, allowed);
    struct service_use *use = ADD(system->uses, system->use_count);
    use->name = attribute_text(element, "name");
    use->element = element;
    use->user = domain;
    use->end = (struct end){.domain_name = domain->name,
                            .domain = domain,
                            .id = attribute_id(element, "id"),
                            .may_call = attribute_bool_or(element, "pp", false),
                            .may_notify = attribute_bool_or(element, "notify", true),
                            .symbol = xml_value(element, "setvar_id")};
}

/* Ids that channels and interrupts of the domain have, by bit. */
static uint64_t ids_taken(const struct system *system, const struct domain *domain)
{
    uint64_t taken = 0;
    for (size_t i = 0; i < domain->irq_count; i++)
        taken |= 1ul << domain->irqs[i].row.id;
    for (size_t i = 0; i < system->channel_count; i++)
        for (size_t k = 0; k < 2; k++)
            if (system->channels[i].ends[k].domain == domain)
                taken |= 1ul << system->channels[i].ends[k].id;
    /* Its own uses become channels too. */
    for (size_t i = 0; i < system->use_count; i++)
        if (system->uses[i].user == domain)
            taken |= 1ul << system->uses[i].end.id;
    return taken;
}

/* The id on the provider's side. */
static uint32_t connect(struct system *system, const struct service_use *use, struct service *service)
{
    uint64_t taken = ids_taken(system, service->provider);
    uint32_t id = 0;
    while (id <= CHANNEL_ID_MAX && taken >> id & 1)
        id++;
    if (id > CHANNEL_ID_MAX)
        fail_on(use->element, "'%s' has no id left for another user of service '%s'", service->provider->name,
                service->name);
    struct channel *channel = ADD(system->channels, system->channel_count);
    channel->place = use->element->place;
    channel->service = service;
    channel->ends[0] = use->end;
    channel->ends[1] = (struct end){.domain_name = service->provider->name,
                                    .domain = service->provider,
                                    .id = id,
                                    .may_notify = service->may_notify};
    if (use->end.may_call)
        service->provider->is_called = true;
    if (use->end.symbol)
        domain_add_symbol(use->user, use->end.symbol, use->element)->number = use->end.id;
    return id;
}

void services_connect(struct system *system)
{
    uint64_t *clients = allocate((system->service_count + 1) * sizeof(*clients));
    for (size_t i = 0; i < system->use_count; i++) {
        const struct service_use *use = &system->uses[i];
        struct service *service = find_service(system, use->name);
        if (!service)
            fail_on(use->element, "nobody provides service '%s'", use->name);
        if (service->provider == use->user)
            fail_on(use->element, "'%s' provides service '%s' itself", use->user->name, use->name);
        if (service->user_count++ == service->user_most)
            fail_on(use->element, "service '%s' of '%s' has more than %u users", use->name, service->provider->name,
                    service->user_most);
        clients[service->index] |= 1ul << connect(system, use, service);
    }
    for (size_t i = 0; i < system->service_count; i++) {
        const struct service *service = system->services[i];
        if (service->symbol)
            domain_add_symbol(service->provider, service->symbol, service->element)->number = clients[i];
    }
}
