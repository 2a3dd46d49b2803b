/*
 * What init does once the system runs: it takes faults, restarts domains as the description says, and answers
 * supervisors.
 *
 * Domains stop and start in sets: one that is restarted takes along its children and what its policy names, one that stays stopped only its
 * children. A set is a word with a bit for each domain.
 */
#pragma once

#include "init/system.h"

/* The label of the answer to a call whose server failed. pecan/component.h names it for programs. */
#define ANSWER_PEER_RESTARTED 0xffffffffffffful

/* Builds the domains in `set` and starts them; init_fail if that is not possible. */
void supervise_start(uint64_t set);

/* A domain and its children: what stops with it. */
uint64_t supervise_family(uint32_t index);

/* The same, what its policy and theirs name, and so on: what is restarted with it. */
uint64_t supervise_restart_set(uint32_t index);

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
