/*
 * What belongs to one processor. Reached by this_cpu(); entered with interrupts off, so nothing here needs a lock.
 */
#pragma once

#include "abi/config.h"
#include "core/trace.h"
#include "hal/hal.h"
#include "machine/cpu.h" /* struct machine_cpu: what the entry path and drivers of the architecture keep per processor */
#include "object/thread.h"

#define PRIORITY_COUNT 256

struct ready_queue {
    struct thread *head, *tail;
};

/* The ready threads of one domain: a queue for each priority, and a bitmap of those that are not empty. */
struct ready_set {
    uint64_t bitmap[PRIORITY_COUNT / 64];
    struct ready_queue queue[PRIORITY_COUNT];
};

struct cpu {
    struct machine_cpu machine; /* first: the entry code reaches it at fixed offsets */

    struct thread *current;
    struct schedctx *current_schedctx; /* pays for what runs; null while idle */
    struct thread *fpu_owner;          /* whose floating point state the processor holds; may be null */
    uint8_t highest_ready;             /* priority of the first ready thread of the domain whose turn it is; none: 0 */
    uint8_t domain;                    /* whose turn it is */

    uint64_t now;            /* time of this kernel entry */
    uint64_t quiet_until;    /* entries before this moment need not look at budgets, refills and domains */
    uint64_t charged_until;  /* current_schedctx has paid for the time before */
    uint64_t due;            /* when the first waiting refill comes or the domain's turn ends */
    uint64_t armed_deadline; /* what the timer is set to, perhaps too early; UINT64_MAX: it has fired, or never was */
    uint64_t domain_end;     /* when the domain's turn ends */

    struct thread *candidate; /* woken in this entry, in no queue: runs next if it beats all others */
    union {
        struct {
            bool must_choose; /* more has changed than the candidate tells: look through the queues */
            bool timer_stale; /* `due` or the head of current_schedctx has changed */
            bool space_stale; /* a deletion may have changed the current thread's address space */
        };
        uint32_t loose_ends; /* all three: to be tied up before leaving */
    };
    uint32_t levels_walked;        /* CNodes on the way of look-ups since the last look for an interrupt */
    uint32_t repeated_progress;    /* call_progress of the preempted call that is being issued again; else 0 */
    struct schedctx *release_root; /* heap of contexts that wait for their refill, soonest first */
    struct ready_set ready[CONFIG_NUM_DOMAINS];

    struct trace trace;

    unsigned id;
    struct thread idle;
};
