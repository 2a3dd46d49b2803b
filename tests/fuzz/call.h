/*
 * One invocation, before it is put into registers and the IPC buffer.
 */
#pragma once

#include "layout.h"

#define CALL_WORDS 24
#define CALL_CAPS  3

struct call {
    int64_t number; /* of the system call */
    uint64_t cap;
    uint64_t label, length, extra_count, info_bits; /* info_bits: further bits of the message information */
    uint64_t words[CALL_WORDS];
    uint64_t caps[CALL_CAPS];
    uint64_t flags;
};

/* --- round.c: valid calls, in an order in which they succeed -------------------------------------------------------------- */

extern const unsigned round_length;
/* Call `index` of a round, its free choices made at random. */
void round_call(unsigned index, struct call *call);
/* Whether the call's arguments may only be varied as round_vary_guarded does. */
bool round_is_guarded(unsigned index);
void round_vary_guarded(struct call *call);

/* --- mutate.c --------------------------------------------------------------------------------------------------------------- */

/* A number that is likely to be near some limit. */
uint64_t number_random(uint64_t *random);
/* A capability address: mostly one that exists. */
uint64_t address_random(uint64_t *random);
/* User flags: all that user code can set but the trap flag. */
uint64_t flags_random(uint64_t *random);
/* Changes one to three things about the call. */
void call_mutate(struct call *call);

/* --- garbage.c -------------------------------------------------------------------------------------------------------------- */

/* Runs one random instruction that enters the kernel, or tries to. */
void garbage_run(void);

/* --- attacker.c -------------------------------------------------------------------------------------------------------------- */

/* Counts a call and prints what the registers will be, where that was asked for. */
void attacker_about_to_run(const char *what);
