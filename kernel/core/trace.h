/*
 * The trace: who runs, and why the kernel was entered, with the time of each, in a frame that whoever may control domains handed
 * in (abi/trace.h has its format). Both ends of an entry are noted: sched_attend begins it, sched_leave ends it.
 *
 * While it is on, something counts as due at every entry (quiet_until and due of struct cpu are 0), so that no straight way is
 * taken and each entry goes through sched_attend and sched_leave; while it is off, the straight ways do not know of it.
 * The frame is held by a copy of its capability in a slot of the processor's: when it is revoked the trace has ended.
 */
#pragma once

#include "abi/trace.h"
#include "object/cap_slot.h"
#include "object/refusal.h"

struct cpu;
struct invocation;

struct trace {
    struct cap_slot log; /* the frame; empty: none, or not any more */
    uint64_t capacity;   /* events that it holds; 0 when the trace is off */
    uint64_t written;    /* events, ever */
};

/* The kernel is entered at cpu->now, for a reason of the list in abi/trace.h; the trace is on. */
void trace_enter(struct cpu *cpu, uint32_t reason, uint32_t id);
/* The kernel is left, cpu->current runs; the trace is on, or was until now. */
void trace_leave(struct cpu *cpu);

/* DomainSet_Trace: begins a trace, or ends it. */
struct refusal trace_invoke(struct invocation *invocation);
