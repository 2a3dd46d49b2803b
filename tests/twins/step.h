/*
 * What a worker's instruction begins with and leaves behind: offsets in its area, for step.S and C.
 */
#pragma once

#define STEP_STACK       0
#define STEP_INSTRUCTION 8
#define STEP_FLAGS_IN    16
#define STEP_IN          24
#define STEP_OUT         152
#define STEP_FLAGS_OUT   280
#define STEP_SELECTOR    288
#define STEP_TLS         296
#define STEP_HAS_FLOATS  304
#define STEP_FLOATS_IN   312
#define STEP_FLOATS_OUT  568

/* Instructions that `burn` executes at a time. */
#define BURN_ROUND 512

#ifndef __ASSEMBLER__

#include <stddef.h>
#include <stdint.h>

/* Places of the registers in `in` and `out`. */
enum step_register {
    STEP_RAX,
    STEP_RBX,
    STEP_RCX,
    STEP_RDX,
    STEP_RSI,
    STEP_RDI,
    STEP_RBP,
    STEP_RSP,
    STEP_R8,
    STEP_R9,
    STEP_R10,
    STEP_R11,
    STEP_R12,
    STEP_R13,
    STEP_R14,
    STEP_R15,
    STEP_REGISTERS
};
#define STEP_FLOAT_WORDS 32

struct step_area {
    uint64_t stack;
    const char *instruction; /* one of the labels below */
    uint64_t flags_in, in[STEP_REGISTERS];
    uint64_t out[STEP_REGISTERS], flags_out;
    uint64_t selector; /* CS afterwards */
    uint64_t tls;      /* the word at FS:0 afterwards */
    uint64_t has_floats;
    uint64_t floats_in[STEP_FLOAT_WORDS], floats_out[STEP_FLOAT_WORDS];
};
_Static_assert(offsetof(struct step_area, in) == STEP_IN && offsetof(struct step_area, out) == STEP_OUT &&
                   offsetof(struct step_area, tls) == STEP_TLS &&
                   offsetof(struct step_area, floats_in) == STEP_FLOATS_IN &&
                   offsetof(struct step_area, floats_out) == STEP_FLOATS_OUT,
               "as in step.S");

/* Executes area->instruction of the thread whose GS base is the area. */
void step(void);
/* Takes that many instructions. */
void burn(uint64_t instructions);
extern const char step_syscall[], step_undefined[], step_breakpoint[], step_interrupt[], step_load[], step_divide[];

/* The first instruction of a worker. */
void step_begin(void);

#endif
