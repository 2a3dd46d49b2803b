/*
 * What init does once the system runs: it takes faults, restarts domains as the description says, and answers
 * supervisors.
 */
#pragma once

#include <stdint.h>

/* The label of the answer to a call whose server was restarted. microkit.h names it for programs. */
#define ANSWER_PEER_RESTARTED 0xffffffffffffful

/* Builds the domains in `set` (by bit) and starts them; init_fail if that is not possible. */
void supervise_start(uint64_t set);

/* Takes the domains in `set`, and all that has to go with them, away and starts them again. */
void supervise_restart(uint64_t set);

_Noreturn void supervise_forever(void);
