/*
 * The kernel and the model side by side: the same events happen to both, then they are compared.
 *
 *   step.c       one event: a call of the current thread, a fault, an interrupt, time passing
 *   compare.c    everything a program could find out about one, against the other
 *   invariants.c what must be true of the kernel's own links
 *   generate.c   the first objects, and random steps
 *   main.c       sequences from seeds, and the shortest one that still fails
 */
#pragma once

#include "lib/compiler.h"
#include "model/model.h"

#define STEP_WORDS 24

enum step_kind { STEP_CALL, STEP_EXCEPTION, STEP_VM_FAULT, STEP_INTERRUPT, STEP_SPURIOUS, STEP_PASS };

struct step {
    uint8_t kind;
    uint8_t preempt; /* CALL: an interrupt at every so many looks; 0: none */
    uint8_t word_count, cap_count;
    bool offers_slot;
    uint16_t late;   /* ticks that timer interrupts before it come late */
    uint32_t passes; /* ticks before it */
    int64_t number;
    uint64_t cap, info, reply, destination;
    uint64_t word[STEP_WORDS]; /* message; also number, code or address, status, fetch of faults, interrupt */
    uint64_t extra[MESSAGE_CAPS];
    uint64_t offer[3]; /* CNode, index, depth */
};

extern struct model model;

/* Ends the sequence: the two differ, or the kernel broke a rule. */
NORETURN void differ(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* Boots the kernel and makes the model of what it left. Traced, the kernel notes each of its entries, and shows the same otherwise. */
void both_boot(bool is_traced);
/* Lets the time before the step pass, for both; then the rest of the step happens, to whoever is current. Compares. */
void both_pass_time(const struct step *step);
void both_act(const struct step *step);
void both_compare(void);
void kernel_check_invariants(void);

/* A random number generator: a sequence depends on its seed only; or on bytes from outside, as long as there are any. */
struct random {
    uint64_t state;
    const uint8_t *bytes;
    size_t byte_count;
};
uint64_t random_next(struct random *random);
/* 0 .. limit - 1. */
uint64_t random_below(struct random *random, uint64_t limit);

/* The steps that make the first objects, one after the other: false at the end. They depend on the seed. */
bool generate_setup(struct random *random, unsigned index, struct step *step);
/* The time before a random step; and the step, which fits the model's state after that time. */
struct step generate_time(struct random *random);
void generate_step(struct random *random, const char *groups, struct step *step);
void print_step(unsigned number, const struct step *step);
