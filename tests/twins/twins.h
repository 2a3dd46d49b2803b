/*
 * Workers that do at random what the kernel has short ways for, and a director that watches and disturbs them. Everything
 * that any of them sees goes into a log, which must not depend on which way the kernel took.
 *
 * The order in which threads run is part of the log. Scheduling contexts last for longer than a script takes, so time has
 * no effect on it. What each context has paid for is looked at beside the log, as the kernels differ in speed: but workers burn
 * now and then so much more time than calls take that it shows when another context pays for it.
 */
#pragma once

#include "step.h"

#include "../support/random.h"
#include <sel4/sel4.h>
#include <stdbool.h>
#include <stdint.h>

#define PAGE_BYTES 4096
/* A page that is another one in each address space. */
#define SPACE_ADDRESS 0x30000000ul

enum { WORKERS = 8, ENDPOINTS = 4, NOTIFICATIONS = 4, REPLIES = WORKERS + 2, LEVELS_MOST = 3 };

/* --- capability spaces -------------------------------------------------------------------------------------------------- */

/* What the 32 slots of a worker's lowest CNode hold at first. Copies differ in badge and rights. */
enum slot {
    SLOT_NULL,
    SLOT_ENDPOINT, /* and the following: one for each endpoint */
    SLOT_NOTIFICATION = SLOT_ENDPOINT + ENDPOINTS,
    SLOT_REPLY = SLOT_NOTIFICATION + NOTIFICATIONS, /* its own */
    SLOT_OTHER_REPLY,
    SLOT_DIRECTOR, /* notification of the director */
    SLOT_CNODE,    /* this CNode */
    SLOT_THREAD,   /* some worker */
    SLOT_FRAME,
    SLOT_MORE_ENDPOINT, /* a second capability to some endpoint */
    SLOT_RECEIVE,       /* and the following: for received capabilities */
    SLOT_RECEIVE_END = SLOT_RECEIVE + 4,
    SLOT_COUNT = 32
};
#define SLOT_BITS 5

/* One CNode on the way from the root to the slot. */
struct level {
    uint8_t guard_bits, radix;
    uint64_t guard;
    uint64_t index; /* of the next CNode; of no meaning in the last */
};

/* --- time ---------------------------------------------------------------------------------------------------------------- */

/* The workers' contexts have their workers' numbers. */
enum { SPARE_CONTEXT = WORKERS, CONTEXTS };

/* A worker burns that much time before one in so many of its steps. The machine counts instructions: each takes a nanosecond. */
#define BURN_US             2000
#define BURNS_EVERY         16
#define INSTRUCTIONS_PER_US 1000

/* --- workers -------------------------------------------------------------------------------------------------------------- */

/* A middleman serves too, and calls another server before it answers. */
enum role { ROLE_SERVER, ROLE_MIDDLEMAN, ROLE_CLIENT, ROLE_ANY, ROLE_COUNT };

struct worker {
    unsigned number;
    enum role role;
    bool can_be_passive;
    bool is_passive; /* it has a context of its own now, and loses it once it has begun to receive */
    bool is_foreign, has_floats, has_buffer, has_other_space;
    uint64_t random;
    uint64_t priority, endpoint; /* where a server lives */
    struct level level[LEVELS_MOST];
    unsigned levels;
    uint64_t steps;
    bool has_called;                             /* a middleman */
    seL4_CPtr tcb, schedctx, cnode[LEVELS_MOST]; /* the last is the one with the slots */
    struct step_area *area;
    seL4_IPCBuffer *buffer;
    uint64_t *tls; /* what FS points to: a word of its own number */
    char *stack_end;
};

/* Who wakes the director. */
enum { BADGE_IDLE = 1, BADGE_WORKER = 2 };

static inline bool worker_serves(const struct worker *worker)
{
    return worker->role <= ROLE_MIDDLEMAN;
}

/* Everything of the running script. */
struct world {
    uint64_t random;
    bool is_calm;   /* few surprises: short messages and roles kept */
    bool has_chain; /* calm, and all servers but the last call the next */
    unsigned worker_count, endpoint_count, notification_count;
    struct worker worker[WORKERS];
    uint64_t events, events_most; /* steps of all workers; when there are too many they stop */
    seL4_CPtr endpoint[ENDPOINTS], notification[NOTIFICATIONS], reply[REPLIES], spare_schedctx;
    seL4_CPtr director, director_reply; /* a notification, a reply object */
};
extern struct world world;

/* The address that names a slot in a worker's capability space, with random bits where none are looked at. */
uint64_t slot_address(struct worker *worker, unsigned slot);

/* A worker's whole life, in its own address space. Makes no use of the library. */
_Noreturn void worker_run(struct worker *worker);
/* What it does next: fills its area and its buffer. */
void step_choose(struct worker *worker);

/* --- the script ----------------------------------------------------------------------------------------------------------- */

void world_init(void);
/* Makes the objects of a script and starts its servers, which run when the caller waits. */
void world_make(uint64_t seed);
void world_destroy(void);
/* Lets a worker begin anew, whatever it does. */
seL4_Error worker_revive(struct worker *worker);
/* Puts its own reply object, or a fresh one, into a slot of a worker again. */
seL4_Error reply_give(unsigned reply, struct worker *worker, unsigned slot);
seL4_Error endpoint_give(unsigned endpoint, struct worker *worker, unsigned slot);
/* A capability space data word of a worker's root. */
uint64_t space_data(const struct worker *worker);
seL4_CPtr space_root(const struct worker *worker);
seL4_CPtr fault_endpoint(const struct worker *worker);
/* Makes an object in a slot whose object is gone. */
seL4_Error object_remake(seL4_Word type, seL4_CPtr slot);
/* Watches and disturbs until the script ends. */
void director_run(void);

/* --- the log -------------------------------------------------------------------------------------------------------------- */

#define LOG_WORDS 26

/* `what` is printed when the log is; `who` a worker's number or ~0. At most LOG_WORDS words. */
void log_entry(const char *what, unsigned who, const uint64_t *words, unsigned count);
/* What a context has consumed since it was asked last, in microseconds: the sums are printed, but are not in the hash. */
void log_consumed(unsigned context, uint64_t us);
void log_begin(bool keep);
/* Prints the script's line, and before it the entries that were kept. */
void log_end(uint64_t script);
uint64_t hash_words(const uint64_t *words, unsigned count);
