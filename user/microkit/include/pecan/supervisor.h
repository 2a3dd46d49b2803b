/*
 * What a domain with pecan:supervisor="true" or pecan:observer="true" may ask of init. Domains are named by their index in the description,
 * parents before their children, from 0.
 */
#pragma once

#include <sel4/sel4.h>

#define PECAN_SUPERVISOR_CAP 460

/* Labels of requests. Those that change nothing are for domains with pecan:observer="true", too. The answer's label is a pecan_supervisor_error. */
typedef enum pecan_supervisor_request {
    PECAN_SUPERVISOR_COUNT = 1,    /* -> number of domains */
    PECAN_SUPERVISOR_STATUS = 2,   /* index -> state, restarts, name in 8 words */
    PECAN_SUPERVISOR_RESTART = 3,  /* index: stops it, and what restarts with it, and starts all of it again */
    PECAN_SUPERVISOR_STOP = 4,     /* index: stops it and its children; calls to it get PECAN_PEER_RESTARTED */
    PECAN_SUPERVISOR_START = 5,    /* index: starts it and its children, those that are stopped */
    PECAN_SUPERVISOR_ACCOUNTS = 6, /* -> bytes of memory that nobody has, capability slots in use, private bytes left */
    PECAN_SUPERVISOR_UPDATE = 7,   /* index, address, bytes: restarts it with the update that lies in a region there */
    PECAN_SUPERVISOR_ACCOUNT = 8,  /* index -> the words of enum pecan_account */
    PECAN_SUPERVISOR_KILL = 9,     /* index: it fails, as if by a fault; its policy says what follows */
    PECAN_SUPERVISOR_HANG = 10,    /* index: it computes for ever from now on, until its heartbeat is missed */
    PECAN_SUPERVISOR_CORRUPT = 11, /* index, seed, count: so many random words get into its own memory, some into its
                                      registers; it runs on. The same seed makes the same words */
    PECAN_SUPERVISOR_CHANNEL = 12, /* index, number -> its end of that channel: the words of enum pecan_channel */
    PECAN_SUPERVISOR_SERVICE = 13, /* number -> index of who provides it, name in 8 words */
    PECAN_SUPERVISOR_TRACE = 14,   /* 1 or 0: domains note events from now on, or do not (pecan/trace.h) -> when it was
                                      switched on before that, by the processor's counter; 0: it was off */
} pecan_supervisor_request;

typedef enum pecan_supervisor_error {
    PECAN_SUPERVISOR_OK = 0,
    PECAN_SUPERVISOR_NO_REQUEST = 1,
    PECAN_SUPERVISOR_NO_DOMAIN = 2,
    PECAN_SUPERVISOR_NO_ADDRESS = 3, /* no region of the caller holds all of the bytes at the address */
    PECAN_SUPERVISOR_NO_ROOM = 4,    /* the domain has too little room for this update, or none (pecan:update_room) */
    PECAN_SUPERVISOR_NO_UPDATE = 5,  /* what lies there is no update of this domain */
    PECAN_SUPERVISOR_NOT_RUNNING = 6,
    PECAN_SUPERVISOR_NOT_WATCHED = 7, /* it has no heartbeat: nobody would find it */
    PECAN_SUPERVISOR_NO_MORE = 8,     /* channels, services */
    PECAN_SUPERVISOR_NO_RIGHT = 9,    /* the caller is an observer */
} pecan_supervisor_error;

typedef enum pecan_domain_state {
    PECAN_DOMAIN_STOPPED = 0,
    PECAN_DOMAIN_WAITS = 1,
    PECAN_DOMAIN_RUNS = 2
} pecan_domain_state;

/* Why a domain was last stopped by init. */
typedef enum pecan_failure {
    PECAN_FAILURE_NONE = 0,
    PECAN_FAILURE_FAULT = 1,
    PECAN_FAILURE_OVERRUN = 2,
    PECAN_FAILURE_HEARTBEAT = 4,
    PECAN_FAILURE_KILLED = 8,   /* by a supervisor */
    PECAN_FAILURE_GAVE_UP = 16, /* pecan_give_up (pecan/component.h) */
} pecan_failure;

/* What PECAN_SUPERVISOR_ACCOUNT tells. Times and counts are those of all runs of the domain together. */
typedef enum pecan_account {
    PECAN_ACCOUNT_STATE, /* pecan_domain_state */
    PECAN_ACCOUNT_RESTARTS,
    PECAN_ACCOUNT_FAILURE,            /* pecan_failure */
    PECAN_ACCOUNT_FAILURE_TIME_US,    /* by the processor's counter */
    PECAN_ACCOUNT_FAULT,              /* PECAN_FAILURE_FAULT: the kernel's kind of fault, */
    PECAN_ACCOUNT_FAULT_INSTRUCTION,  /* where in the program, */
    PECAN_ACCOUNT_FAULT_ADDRESS,      /* and the address, capability, system call or exception that it was about */
    PECAN_ACCOUNT_CPU_TIME_US,        /* of its own time: a passive domain also runs on that of its callers */
    PECAN_ACCOUNT_PRIVATE_BYTES,      /* set aside for its private objects, */
    PECAN_ACCOUNT_PRIVATE_BYTES_USED, /* and taken by them */
    PECAN_ACCOUNT_BUDGET_BYTES,       /* of its memory budget */
    PECAN_ACCOUNT_REGION_BYTES,       /* of the regions that it maps */
    PECAN_ACCOUNT_CALLS_SERVED,       /* what the domain itself counts (pecan/component.h), here and below */
    PECAN_ACCOUNT_WAKES,
    PECAN_ACCOUNT_CALLS_MADE,
    PECAN_ACCOUNT_NOTIFICATIONS_SENT,
    PECAN_ACCOUNT_PRIORITY,
    /* The processor's counter when its last outage began (0: there was none), and when it had handled the first event after its
       last start or, as long as none came, began to wait for one (0: not yet). A corrupted domain is out when it fails. */
    PECAN_ACCOUNT_OUT_SINCE,
    PECAN_ACCOUNT_BACK_SINCE,
    PECAN_ACCOUNT_FLAGS,     /* pecan_account_flag, or-ed */
    PECAN_ACCOUNT_DMA_BYTES, /* that its device reaches: regions and budgets whose address its program is told */
    PECAN_ACCOUNT_WORDS
} pecan_account;

typedef enum pecan_account_flag {
    PECAN_ACCOUNT_IS_PASSIVE = 1,
    PECAN_ACCOUNT_IS_WATCHED = 2, /* it has a heartbeat */
    PECAN_ACCOUNT_TAKES_UPDATES = 4,
} pecan_account_flag;

#define PECAN_CORRUPT_WORDS_MOST 256

typedef enum pecan_channel {
    PECAN_CHANNEL_ID,
    PECAN_CHANNEL_PEER, /* the index of the domain at the other end, and the id there */
    PECAN_CHANNEL_PEER_ID,
    PECAN_CHANNEL_FLAGS,   /* pecan_channel_flag, or-ed */
    PECAN_CHANNEL_SERVICE, /* the number of the service that it is for, or PECAN_NO_SERVICE */
    PECAN_CHANNEL_WORDS
} pecan_channel;

typedef enum pecan_channel_flag {
    PECAN_CHANNEL_NOTIFY = 1, /* this end may notify, */
    PECAN_CHANNEL_CALL = 2,   /* or call the other one */
} pecan_channel_flag;

#define PECAN_NO_SERVICE 0xfffffffful

/* One request with one word; further words of the answer are in the message registers. */
static inline seL4_Word pecan_supervisor_call(pecan_supervisor_request request, seL4_Word argument)
{
    seL4_SetMR(0, argument);
    return seL4_MessageInfo_get_label(
        seL4_Call(PECAN_SUPERVISOR_CAP, seL4_MessageInfo_new((seL4_Word)request, 0, 0, 1)));
}

/* Asks for an end of a channel; the words are in the message registers. */
static inline seL4_Word pecan_supervisor_channel(seL4_Word index, seL4_Word number)
{
    seL4_SetMR(0, index);
    seL4_SetMR(1, number);
    return seL4_MessageInfo_get_label(
        seL4_Call(PECAN_SUPERVISOR_CAP, seL4_MessageInfo_new((seL4_Word)PECAN_SUPERVISOR_CHANNEL, 0, 0, 2)));
}

/* Writes `count` random words, at most PECAN_CORRUPT_WORDS_MOST, into the domain's own memory. */
static inline seL4_Word pecan_supervisor_corrupt(seL4_Word index, seL4_Word seed, seL4_Word count)
{
    seL4_SetMR(0, index);
    seL4_SetMR(1, seed);
    seL4_SetMR(2, count);
    return seL4_MessageInfo_get_label(
        seL4_Call(PECAN_SUPERVISOR_CAP, seL4_MessageInfo_new((seL4_Word)PECAN_SUPERVISOR_CORRUPT, 0, 0, 3)));
}

/* Hands a new program over (`pecan update`): it lies at `address`, in a region that the caller maps. */
static inline seL4_Word pecan_supervisor_update(seL4_Word index, const void *address, seL4_Word bytes)
{
    seL4_SetMR(0, index);
    seL4_SetMR(1, (seL4_Word)address);
    seL4_SetMR(2, bytes);
    return seL4_MessageInfo_get_label(
        seL4_Call(PECAN_SUPERVISOR_CAP, seL4_MessageInfo_new((seL4_Word)PECAN_SUPERVISOR_UPDATE, 0, 0, 3)));
}
