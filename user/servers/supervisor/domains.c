#include "servers/supervisor/domains.h"

#include "lib/string.h"

#include <pecan/component.h>

enum { STATUS_NAME_WORD = 2, NAME_WORDS = DOMAIN_NAME_BYTES / sizeof(seL4_Word) };

static char names[DOMAINS_MOST][DOMAIN_NAME_BYTES];
static struct service services[SERVICES_MOST];
static unsigned count, service_count;

/* The name in the answer, from message register `first` on. */
static void take_name(char *name, unsigned first)
{
    seL4_Word words[NAME_WORDS];
    for (unsigned i = 0; i < NAME_WORDS; i++)
        words[i] = seL4_GetMR((int)(first + i));
    memcpy(name, words, DOMAIN_NAME_BYTES);
    name[DOMAIN_NAME_BYTES - 1] = '\0';
}

void domains_learn(void)
{
    pecan_supervisor_call(PECAN_SUPERVISOR_COUNT, 0);
    count = (unsigned)seL4_GetMR(0);
    if (count > DOMAINS_MOST)
        count = DOMAINS_MOST;
    for (unsigned i = 0; i < count; i++)
        if (pecan_supervisor_call(PECAN_SUPERVISOR_STATUS, i) == PECAN_SUPERVISOR_OK)
            take_name(names[i], STATUS_NAME_WORD);
    service_count = 0;
    while (service_count < SERVICES_MOST &&
           pecan_supervisor_call(PECAN_SUPERVISOR_SERVICE, service_count) == PECAN_SUPERVISOR_OK) {
        services[service_count].provider = (unsigned)seL4_GetMR(0);
        take_name(services[service_count++].name, 1);
    }
    pecan_seal(names, sizeof names);
    pecan_seal(services, sizeof services);
}

const struct service *service_at(unsigned number)
{
    return number < service_count ? &services[number] : NULL;
}

unsigned domains_count(void)
{
    return count;
}

const char *domain_name(unsigned index)
{
    return index < count ? names[index] : NULL;
}

unsigned domain_find(const char *name)
{
    unsigned i = 0;
    while (i < count && strcmp(names[i], name))
        i++;
    return i;
}

bool domain_account(unsigned index, seL4_Word *words)
{
    if (pecan_supervisor_call(PECAN_SUPERVISOR_ACCOUNT, index) != PECAN_SUPERVISOR_OK)
        return false;
    for (unsigned i = 0; i < PECAN_ACCOUNT_WORDS; i++)
        words[i] = seL4_GetMR((int)i);
    return true;
}

bool domain_channel(unsigned index, unsigned number, struct domain_channel *channel)
{
    if (pecan_supervisor_channel(index, number) != PECAN_SUPERVISOR_OK)
        return false;
    seL4_Word flags = seL4_GetMR(PECAN_CHANNEL_FLAGS), service = seL4_GetMR(PECAN_CHANNEL_SERVICE);
    channel->id = (unsigned)seL4_GetMR(PECAN_CHANNEL_ID);
    channel->peer = (unsigned)seL4_GetMR(PECAN_CHANNEL_PEER);
    channel->peer_id = (unsigned)seL4_GetMR(PECAN_CHANNEL_PEER_ID);
    channel->may_notify = flags & PECAN_CHANNEL_NOTIFY;
    channel->may_call = flags & PECAN_CHANNEL_CALL;
    channel->service = service_at((unsigned)service);
    return channel->peer < count;
}

const char *domain_error_text(seL4_Word error)
{
    switch (error) {
    case PECAN_SUPERVISOR_OK:
        return "done";
    case PECAN_SUPERVISOR_NO_DOMAIN:
        return "there is no such component";
    case PECAN_SUPERVISOR_NO_ROOM:
        return "there is not enough room for it (pecan:update_room, pecan:memory in the description)";
    case PECAN_SUPERVISOR_NO_UPDATE:
        return "this is no update of this component (`pecan update` makes them)";
    case PECAN_SUPERVISOR_NOT_RUNNING:
        return "it does not run";
    case PECAN_SUPERVISOR_NOT_WATCHED:
        return "it has no heartbeat: nobody would find it hanging";
    default:
        return "init refuses";
    }
}
