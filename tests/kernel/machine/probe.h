/* Probes: threads of this program's own address space that run until they fault; the fault message tells what happened. */
#pragma once

#include <sel4/sel4.h>
#include <stdbool.h>

#define PROBE_COUNT       3
#define PROBE_FAULT_WORDS 20
#define PROBE_SLICE_US    2000 /* budget and period of a probe */

struct probe {
    seL4_CPtr tcb, schedctx;
};
extern struct probe probes[PROBE_COUNT];

struct fault {
    seL4_Word label, length;
    seL4_Word word[PROBE_FAULT_WORDS];
    unsigned probe; /* who */
};

/* Makes the threads; call first. */
void probes_create(void);
/* Gives probe `index` another budget and period; call while it does not run. */
void probe_set_budget(unsigned index, seL4_Time budget_us, seL4_Time period_us);
/* Starts probe `index` anew at `entry` with `argument` in rdi; it has a stack. */
void probe_start(unsigned index, const char *entry, seL4_Word argument);
/* Waits until any probe faults. Its reply object is kept until probe_answer or the next wait. */
struct fault probe_wait(void);
/* Lets the probe that faulted last go on as it is (length 0: all its registers stay). */
void probe_answer(void);
seL4_UserContext probe_registers(unsigned index);
void probe_set_registers(unsigned index, seL4_UserContext registers, bool resume);

/* An object from free memory, or a free slot. Stops the program when there is none. */
seL4_CPtr object_create(seL4_Word type, seL4_Word size_bits);
seL4_CPtr slot_take(void);

/* One result: "ok NAME" or "not ok NAME". */
void check(bool condition, const char *name);
