/*
 * Traces: what each domain's library notes of its event loop, with the time, while a supervisor has tracing on
 * (PECAN_SUPERVISOR_TRACE). A domain's events go to a ring of its own, a region that outlives it; the oldest are overwritten.
 * Domains with pecan:traces="true" may read all of them. The writer may write anything at any time: readers check what they take.
 *
 * While tracing is off an event costs the test of one word.
 *
 * The kernel's own trace, where there is one (PECAN_FEATURE_TRACE), is in a ring of the same form; <pecan/kernel_trace.h> has its
 * kinds of events.
 *
 * microkit.h includes this, so it needs no other headers: a component may have types of its own by the names in those.
 */
#pragma once

enum pecan_trace_kind {
    PECAN_TRACE_START = 1,     /* the program begins; whatever its predecessor had begun has ended */
    PECAN_TRACE_READY,         /* its init() is done */
    PECAN_TRACE_NOTIFIED,      /* notified() is called for `id`, */
    PECAN_TRACE_NOTIFIED_END,  /* and returns */
    PECAN_TRACE_PROTECTED,     /* protected() is called for `id`, */
    PECAN_TRACE_PROTECTED_END, /* and returns */
    PECAN_TRACE_FAULT,         /* fault() is called for child `id`, */
    PECAN_TRACE_FAULT_END,     /* and returns */
    PECAN_TRACE_CALL,          /* microkit_ppcall on `id`, */
    PECAN_TRACE_CALL_END,      /* and its answer */
    PECAN_TRACE_WAIT,          /* pecan_wait, */
    PECAN_TRACE_WAIT_END,      /* and its end */
    PECAN_TRACE_NOTIFY,        /* microkit_notify on `id` */
    PECAN_TRACE_KINDS
};

/* In place of a channel's id: a program that runs on top of the component. */
#define PECAN_TRACE_NO_CHANNEL 62

/* How the kernel's trace calls threads: a domain by its index and this, other threads as the table says. */
enum {
    PECAN_TRACE_ID_DOMAIN = 1,
    PECAN_TRACE_ID_INIT = 0x1000,
    PECAN_TRACE_ID_PROGRAM = 0x8000, /* and more: a program on top of a component */
};

struct pecan_trace_event {
    unsigned long counter; /* of the processor */
    unsigned int kind, id;
};

struct pecan_trace {
    unsigned long written; /* events, ever */
    unsigned long reserved;
    struct pecan_trace_event events[];
};

/* Notes an event, whether tracing is on or not; pecan_trace (pecan/component.h) does so only if it is. */
void pecan_trace_put(enum pecan_trace_kind kind, unsigned int id);

/* --- reading -------------------------------------------------------------------------------------------------------- */

enum { PECAN_TRACES_MOST = 64 };

struct pecan_trace_source {
    unsigned long address, bytes; /* where the reader maps it; 0: there is none */
};

/* The tool fills this in for domains with pecan:traces="true": by the index of the domain; behind the last one is the kernel's. */
extern struct pecan_trace_source pecan_trace_sources[PECAN_TRACES_MOST];

/*
 * Takes the event at *position, or the oldest one after it that is still there, and moves *position behind it. False: there
 * is none. Kinds and times are as the writer wrote them.
 */
_Bool pecan_trace_next(const struct pecan_trace_source *source, unsigned long *position,
                       struct pecan_trace_event *event);
