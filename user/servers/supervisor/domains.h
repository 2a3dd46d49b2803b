/*
 * What the supervisor knows of the domains: their names, by asking init once, and all else by asking when it is wanted.
 */
#pragma once

#include <pecan/supervisor.h>
#include <stdbool.h>

enum { DOMAINS_MOST = 63, SERVICES_MOST = 64, DOMAIN_NAME_BYTES = 64 };

/* Asks init for the names. */
void domains_learn(void);

unsigned domains_count(void);
const char *domain_name(unsigned index); /* null: there is none */

/* The domain of a name; domains_count(): there is none. */
unsigned domain_find(const char *name);

/* Asks init for the words of pecan_account. */
bool domain_account(unsigned index, seL4_Word *words);

/* A named service; null: there is none of this number. */
struct service {
    char name[DOMAIN_NAME_BYTES];
    unsigned provider;
};
const struct service *service_at(unsigned number);

/* One end of a channel, number `number` of the domain's; false: it has no more. */
struct domain_channel {
    unsigned id, peer, peer_id;
    bool may_notify, may_call;
    const struct service *service; /* that the channel is for, or null */
};
bool domain_channel(unsigned index, unsigned number, struct domain_channel *channel);

/* What an answer of init means. */
const char *domain_error_text(seL4_Word error);
