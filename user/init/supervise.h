/*
 * What init does once the system runs: it takes faults, restarts domains as the description says, and answers
 * supervisors.
 *
 * Domains stop and start in sets: one that fails takes along its children and what its policy names. A set is a word
 * with a bit for each domain.
 */
#pragma once

#include "init/system.h"

/* The label of the answer to a call whose server failed. pecan/component.h names it for programs. */
#define ANSWER_PEER_RESTARTED 0xffffffffffffful

/* Builds the domains in `set` and starts them; init_fail if that is not possible. */
void supervise_start(uint64_t set);

/* The domains in `set`, what restarts with them, and the children of all of these. */
uint64_t supervise_closure(uint64_t set);

/*
 * Takes the private objects of the domains in `set` away. Whoever waits for an answer of theirs gets one. Afterwards
 * they wait or, with `for_good`, are stopped, and calls to them get an error.
 */
void supervise_stop(uint64_t set, bool for_good);

/* A domain has failed now, for the reason given: restarts it, now or later, or stops it, as its policy says. */
void supervise_failure(uint32_t index, const struct domain_failure *failure);

/* Starts what is due. */
void supervise_tick(uint64_t now_us);

/* Waits for what happens to the system and deals with it. */
_Noreturn void supervise_forever(void);
