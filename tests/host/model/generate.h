/* What generators of steps share: picking capabilities that the current thread can name, and naming them. */
#pragma once

#include "both.h"

#define NOWHERE             UINT64_MAX
#define SUPERVISOR_PRIORITY 50

/* The thread with the lowest priority keeps the others going; it does little that could block it. */
bool is_supervisor(const struct model_thread *t);
/* Whether a thing that happens once in `n` times happens. */
bool one_in(struct random *random, uint64_t n);
/* An address of a slot of the current thread's CSpace that holds a capability of the kind (KIND_NULL: that is empty). */
uint64_t address_of_kind(struct random *random, enum model_kind kind);
/* Of any slot, or none at all. */
uint64_t any_address(struct random *random);
uint64_t address_of_slot(const struct model_slot *slot);
/* A slot of any CNode that the thread can reach; kind KIND_NULL: an empty one. Null: there is none. */
struct model_slot *slot_of_kind(struct random *random, enum model_kind kind);

/* The same, but rather in a small CNode. */
struct model_slot *nested_slot_of_kind(struct random *random, enum model_kind kind);
/* A neighbour of the slot in the derivation tree, or null. */
struct model_slot *relative_of(struct random *random, const struct model_slot *slot);
/* An endpoint where a passive server waits, if there is one. */
uint64_t address_of_server_endpoint(struct random *random);
/* A reply object that somebody waits at, rather the one that gives back the current thread's context. */
uint64_t address_of_pending_reply(struct random *random);
/* A thread in the state, rather than another; a context with or without thread, rather than another. */
uint64_t address_of_thread(struct random *random, enum model_state state);
uint64_t address_of_context(struct random *random, bool has_thread);
/* The scheduling context of a server that waits, and would be passive without it; NOWHERE: there is none. */
uint64_t address_of_server_context(struct random *random);

/* How CNode operations name a slot: the capability's address of a CNode, index and depth. */
struct slot_name {
    uint64_t root, index, depth;
};
struct slot_name name_of(struct random *random, const struct model_slot *slot);

/* A Call of the capability at `cap` with `count` words; words and extra capabilities are filled in by the caller. */
struct step call_step(uint64_t cap, unsigned label, unsigned count, unsigned caps);

/* Slots of the root CNode where the first objects are. */
enum {
    ROOT = 2,
    VSPACE = 3,
    IRQ_CONTROL = 4,
    DOMAIN = 11,
    FIRST_SLOT = 64,
    THREADS = 8,
    ENDPOINTS = 4,
    NOTIFICATIONS = 3,
    REPLIES = 6,
    CONTEXTS = 7
};
enum {
    SLOT_THREADS = FIRST_SLOT,
    SLOT_ENDPOINTS = SLOT_THREADS + THREADS,
    SLOT_NOTIFICATIONS = SLOT_ENDPOINTS + ENDPOINTS,
    SLOT_REPLIES = SLOT_NOTIFICATIONS + NOTIFICATIONS,
    SLOT_CONTEXTS = SLOT_REPLIES + REPLIES,
    SLOT_FRAMES = SLOT_CONTEXTS + CONTEXTS,
    SLOT_CNODES = SLOT_FRAMES + THREADS,
    SLOT_UNTYPEDS = SLOT_CNODES + 3,
    SLOT_TABLES = SLOT_UNTYPEDS + 2,
    SLOT_BADGED = SLOT_TABLES + 2,
    SLOT_ROOTS = SLOT_BADGED + 6,
};
/* The current thread's address of such a slot, if its CSpace is the root CNode. */
uint64_t first_address(unsigned slot);

struct step generate_invocation(struct random *random, const char *groups);
struct step generate_thread_invocation(struct random *random);
