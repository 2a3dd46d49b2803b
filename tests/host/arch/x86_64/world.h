/* A machine with a few capabilities, and invocations of them as programs make them. */
#pragma once

#include "arch/x86_64/arch_cap.h"
#include "arch/x86_64/vspace.h"
#include "fake_machine.h"
#include "object/invocation.h"
#include "object/thread.h"

#define WORLD_SLOTS 512

struct world {
    struct cap_slot slot[WORLD_SLOTS];
    unsigned slot_count;
    struct thread thread;   /* the current one */
    struct cap_slot *space; /* its address space, with an ASID of pool 0 */
    struct cap_slot *pool;
    uint64_t result; /* of the last invocation */
};
extern struct world world;

void world_reset(bool has_contexts);

struct cap_slot *world_slot(void);
struct cap_slot *world_put(struct cap cap);
/* A new object of a type that retype knows. */
struct cap_slot *world_new(unsigned type);
/* A new address space with an ASID of world.pool. */
struct cap_slot *world_new_space(void);
/* Makes it the current thread's. */
void world_enter(struct cap_slot *space);
/* Deletes the capability. */
void world_delete(struct cap_slot *slot, bool is_final);
/* What a copy would be. */
struct cap world_derived(struct cap_slot *slot);

/* Whether the slot answers these questions with yes; otherwise final and childless. */
void world_set_shared(struct cap_slot *slot);
void world_set_parent(struct cap_slot *slot);

struct message {
    uint64_t label;
    unsigned length, cap_count;
    uint64_t word[8];
    struct cap_slot *cap[3];
};
struct refusal world_invoke(struct cap_slot *slot, struct message message);

/* The usual ones, in shape. */
struct refusal world_map(struct cap_slot *frame, struct cap_slot *space, uint64_t address, uint64_t rights,
                         uint64_t attributes);
struct refusal world_map_table(struct cap_slot *table, struct cap_slot *space, uint64_t address);
/* Maps new tables of all levels for the address; the three come back in order PDPT, PD, PT. */
void world_map_tables(struct cap_slot *space, uint64_t address, struct cap_slot *tables[3]);

/* Checks on answers. */
#define expect_done(given)         expect_eq(refusal_error(given), ABI_ERROR_NONE)
#define expect_refused(given, why) expect_eq(refusal_error(given), why)
#define expect_refused_number(given, why, number)                                                                      \
    do {                                                                                                               \
        struct refusal answer = (given);                                                                               \
        expect_eq(refusal_error(answer), why);                                                                         \
        expect_eq(answer.value, number);                                                                               \
    } while (0)
#define expect_out_of_range(given, maximum)                                                                            \
    do {                                                                                                               \
        struct refusal answer = (given);                                                                               \
        expect_eq(refusal_error(answer), ABI_ERROR_RANGE_ERROR);                                                       \
        expect_eq(refusal_minimum(answer), 0);                                                                         \
        expect_eq(answer.value, maximum);                                                                              \
    } while (0)
#define expect_lookup_failed(given, failure, bits)                                                                     \
    do {                                                                                                               \
        struct refusal answer = (given);                                                                               \
        expect_eq(refusal_error(answer), ABI_ERROR_FAILED_LOOKUP);                                                     \
        expect_eq(refusal_is_source(answer), 0);                                                                       \
        expect_eq(refusal_lookup(answer).type, failure);                                                               \
        expect_eq(refusal_lookup(answer).bits_left, bits);                                                             \
    } while (0)
