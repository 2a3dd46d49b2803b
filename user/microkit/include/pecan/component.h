/*
 * What this system adds to microkit.h. Include it where you use it; a component without it stays portable.
 */
#pragma once

#include "trace.h"

#include <sel4/sel4.h>

/* The last page of the address space: the IPC buffer, and behind it what init (the task) reads. */
#define PECAN_BUFFER_ADDRESS 0x7fffffffe000ul

/* Where <pecan:cap slot="..."> puts its capability: where other systems have those of virtual machines. */
#define PECAN_OWN_CAP(slot) (330 + (slot))

/* Untyped memory that the domain may make objects of (<pecan:memory_budget>): the largest piece first. */
enum { PECAN_BUDGET_CAP = 464, PECAN_BUDGET_PIECES_MOST = 48 };

struct pecan_memory_budget {
    seL4_Word count; /* of pieces: the capability to number i is PECAN_BUDGET_CAP + i */
    struct {
        seL4_Word address, size_bits; /* physical address; it has 2^size_bits bytes */
    } pieces[PECAN_BUDGET_PIECES_MOST];
};

/* What the library counts; they wrap around. */
struct pecan_component_counts {
    seL4_Word calls_served, wakes; /* calls that came, and wake-ups by notifications and interrupts */
    seL4_Word calls_made, notifications_sent;
};

enum { PECAN_REASON_BYTES = 64 };

struct pecan_component_page {
    seL4_IPCBuffer buffer;
    seL4_Word rounds; /* of the event loop: a domain whose count stands still, though it was woken, hangs */
    struct pecan_memory_budget budget;
    struct pecan_component_counts counts;
    seL4_Word waits_since,
        handled_since;        /* the processor's counter at the first wait, and after the first event; 0: not yet */
    seL4_Word counter_per_us; /* how often the processor's counter counts in a microsecond, from init (the task) */
    seL4_Word is_traced;      /* events are noted (pecan/trace.h); init (the task) sets it */
    seL4_Word past_starts;    /* of programs that were this domain before, from init (the task) */
    seL4_Word gives_up_from;  /* pecan_gives_up, in µs of pecan_time_us; init (the task) sets it */
    char reason[PECAN_REASON_BYTES]; /* of pecan_give_up, for init (the task) */
    seL4_Word loop; /* init (the task) puts instructions without end here when a supervisor wants the domain to hang */
};
_Static_assert(sizeof(struct pecan_component_page) <= 4096, "one page");
static volatile struct pecan_component_page *const pecan_component_page =
    (volatile struct pecan_component_page *)PECAN_BUFFER_ADDRESS;

/* What the processor's counter shows, from its start on. */
static inline seL4_Word pecan_counter(void)
{
    seL4_Uint32 low, high;
    __asm__ volatile("rdtsc" : "=a"(low), "=d"(high));
    return (seL4_Word)high << 32 | low;
}

/* The same in µs: a clock that all domains share. */
static inline seL4_Word pecan_time_us(void)
{
    seL4_Word counter_per_us = pecan_component_page->counter_per_us;
    return counter_per_us ? pecan_counter() / counter_per_us : 0;
}

/* Notes an event if a supervisor wants that. */
static inline void pecan_trace(enum pecan_trace_kind kind, seL4_Uint32 id)
{
    if (pecan_component_page->is_traced)
        pecan_trace_put(kind, id);
}

/* Between the stack and the IPC buffer nothing is mapped: to write here is to give up. */
#define PECAN_GIVE_UP_ADDRESS (PECAN_BUFFER_ADDRESS - 8)

/*
 * Ends a component that has found its own state unsound: it fails as by a fault, and init (the task) tells the reason, of which it keeps
 * PECAN_REASON_BYTES - 1. What it started with, and what outlives it, is then all that its successor believes.
 */
_Noreturn void pecan_give_up(const char *reason);

/*
 * Whether that can help. If the one before has given up only lately, what is wrong is not in this one's memory alone: a component that has
 * another way to go on, as honest errors, takes that. The time in which it has to do so begins with two seconds and doubles each time.
 */
static inline seL4_Bool pecan_gives_up(void)
{
    return pecan_time_us() >= pecan_component_page->gives_up_from;
}

/* Says that memory does not change from now on, as a table that init() has made; of four pieces at the most. */
void pecan_seal(const void *start, seL4_Word bytes);

/*
 * Gives up if sealed memory has changed, or memory that nobody writes: the rest of the last page of the program's data, and that of the component
 * page. The library calls this at each heartbeat; a component may do so before it does something that matters.
 */
void pecan_check(void);

/* The label of the answer to microkit_ppcall when the server was restarted before it answered. */
#define PECAN_PEER_RESTARTED 0xffffffffffffful

/*
 * Calls a channel with a message of at most one word, and again if the server was restarted before it answered: a request that may be carried
 * out twice. After many tries the answer's label is PECAN_PEER_RESTARTED: the server stays stopped, and each call of it returns at once.
 */
seL4_MessageInfo_t pecan_call_again(unsigned int channel, seL4_MessageInfo_t info, seL4_Word word);

/* The notification that channels and interrupts signal: what pecan_wait waits on. */
#define PECAN_NOTIFICATION_CAP 461

/*
 * Waits inside of what the event loop has called, until one of some channels or interrupts (a bit for each id) has notified, and
 * returns those that have. Others are kept: the event loop calls notified() for them when it comes round. Calls and
 * faults of children wait until then. The heartbeat counts it as life, however long it takes. Not for passive domains.
 */
seL4_Word pecan_wait(seL4_Word wanted);
