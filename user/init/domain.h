/*
 * A protection domain: its private objects, which are made again at each start, and its connections, which stay.
 */
#pragma once

#include "init/system.h"

/* Slots that a domain takes beside those of its plan: its interrupts, ports, pools and memory budget. */
uint64_t domain_slots(const struct description_domain *domain);

/* Takes the domain's slots; makes its untyped memory, and the objects that connect it to others. */
void domain_reserve(struct domain_record *domain, uint32_t index);
void domain_make_untyped(struct domain_record *domain);
void domain_make_connections(struct domain_record *domain);

/*
 * Makes the private objects from the program's image, ready to start. False: something is missing; what was made must
 * be taken away with domain_destroy.
 */
bool domain_build(struct domain_record *domain, uint32_t index);

/* Puts everything that the domain may use into its capability space. */
bool domain_connect(struct domain_record *domain, uint32_t index);

/* Gives the domain capabilities to the private objects of other domains: its children, and what `cspace` names. */
void domain_connect_parts(struct domain_record *domain);

/* Gives the domain's scheduling context its budget, all of it from now on. */
bool domain_configure_time(const struct domain_record *domain);

bool domain_start(struct domain_record *domain);

/*
 * Gives every domain that may call this one a new capability for that: to its endpoint, or, while it is stopped, to
 * init's. Those that wait at its endpoint get an answer from init if it is stopped.
 */
void domain_reconnect_callers(struct domain_record *domain);

/* Whether the domain's private memory and slots are enough for another program. */
bool domain_has_room_for(const struct domain_record *domain, const struct program_view *program);

/* The next start is that of another program, for which there is room. The domain has no private objects now. */
void domain_replace_program(struct domain_record *domain, struct program_view program);

/* Takes the private objects away, wherever capabilities to them are. The connections stay. */
void domain_destroy(struct domain_record *domain);
