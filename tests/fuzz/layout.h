/*
 * What the supervisor, the attacker and its calls agree on: slots, addresses, and the memory that they share.
 *
 * The attacker's capability space has three parts. Its own CNode, which it may change as it likes. A second one with
 * control capabilities that exist once and must survive, so it has no capability to that CNode itself. A third one, behind
 * a guard that is not guessed, with what could end the machine (I/O port control): only chosen arguments go there.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

/* --- capability space ------------------------------------------------------------------------------------------------ */

#define OWN_BITS  8
#define LENT_BITS 4

#define LENT(slot)   (1ul << 62 | (slot))
#define SECRET_GUARD 0x2a5f19c3d48e6b7ul
#define SECRET_BITS  1
#define SECRET(slot) (2ul << 62 | SECRET_GUARD << SECRET_BITS | (slot))

enum own_slot {
    OWN_TCB = 1,
    OWN_CNODE,
    OWN_VSPACE,
    OWN_UNTYPED, /* everything the attacker makes lies in here */
    OWN_SCHEDCTX,
    OWN_ENDPOINT,
    OWN_NOTIFICATION,
    OWN_REPLY,
    OWN_BUFFER,
    OWN_DEVICE, /* device memory that nothing answers at */

    /* What a round of calls makes. */
    MADE_FIRST = 16,
    MADE_TCB = MADE_FIRST,
    MADE_TCB2,
    MADE_ENDPOINT,
    MADE_NOTIFICATION,
    MADE_CNODE,
    MADE_SCHEDCTX,
    MADE_SCHEDCTX2,
    MADE_REPLY,
    MADE_FRAME,
    MADE_FRAME2,
    MADE_PAGE_TABLE,
    MADE_DIRECTORY,
    MADE_PDPT,
    MADE_PML4,
    MADE_UNTYPED,
    MADE_ASID_POOL,
    MADE_COPY,
    MADE_BADGED,
    MADE_MOVED,
    MADE_ROTATED,
    MADE_IRQ,
    MADE_MSI,
    MADE_PORTS,
    MADE_LARGE,
    MADE_PADDING,
    MADE_END,
};

enum lent_slot { LENT_IRQ_CONTROL, LENT_ASID_CONTROL, LENT_SCHED_CONTROL, LENT_DOMAIN };
enum secret_slot { SECRET_PORT_CONTROL };

/* Ports that no device has. */
#define QUIET_PORT_FIRST 0x2000u
#define QUIET_PORT_COUNT 0x100u
/* Interrupt lines that no device has, up to the last of the controller. */
#define QUIET_PIN_FIRST 16u
#define QUIET_PIN_COUNT 8u

/* --- address space ----------------------------------------------------------------------------------------------------- */

#define BUFFER_ADDRESS  0x30000000ul
#define MAPPING_ADDRESS 0x4000000000ul /* where a round maps its frames, in an address space of its own */

/* --- threads -------------------------------------------------------------------------------------------------------------- */

#define TIMEKEEPER_PRIORITY 252
#define WITNESS_PRIORITY    250
#define SUPERVISOR_PRIORITY 200
#define ATTACKER_PRIORITY   90
#define ATTACKER_MCP        100
#define IDLE_PRIORITY       0

#define ATTACKER_STACK_BYTES 16384
#define PUPPET_STACK_BYTES   4096

/* --- shared memory -------------------------------------------------------------------------------------------------------- */

#define LABEL_COUNT 59
#define PAGE_BYTES  4096

/* All general registers and the flags; trap.S knows the order. */
struct registers {
    uint64_t rax, rbx, rcx, rdx, rsi, rdi, rbp, rsp;
    uint64_t r8, r9, r10, r11, r12, r13, r14, r15;
    uint64_t flags;
};

/* What the attacker keeps; it lies in pages that it may write. Addressed by trap.S: new members go to the end. */
struct attacker {
    struct registers in, out;
    uint64_t kind;     /* address of the instruction to run */
    uint64_t real_rsp; /* while the registers are not its own */
    uint64_t spare[4];
    uint64_t vectors[128]; /* vector registers, and processor state to load and save; 64-byte aligned */

    uint64_t random;
    uint64_t stage; /* where it is in the round; goes on there after a fault */
    uint64_t want_rebuild;
    uint64_t trace_from;

    uint64_t calls; /* all below together */
    uint64_t garbage_calls, mutated_calls, plain_calls;
    uint64_t succeeded[LABEL_COUNT];
    uint64_t answered_calls; /* by a puppet, through an endpoint */
    uint64_t wrong_registers;
    struct registers wrong_in, wrong_out;
};

/* Both lie in attacker_memory_start to attacker_memory_end (memory.S). */
extern struct attacker attacker;
extern char attacker_stack_top[], puppet_stack_top[];
extern char attacker_memory_start[], attacker_memory_end[];

/* Written into the program before it runs (run.py), so that a run can be repeated or looked at more closely. */
struct settings {
    uint64_t seed;
    uint64_t garbage_wanted, mutated_wanted; /* calls */
    uint64_t least_successes;                /* for every label */
    uint64_t trace_from; /* number of the call from which on calls are printed; debug kernels only */
};
extern struct settings settings;
