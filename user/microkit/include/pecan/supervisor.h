/*
 * What a domain with pecan:supervisor="true" may ask of init. Domains are named by their index in the description,
 * parents before their children, from 0.
 */
#pragma once

#include <sel4/sel4.h>

#define PECAN_SUPERVISOR_CAP 460

/* Labels of requests. The answer's label is a pecan_supervisor_error. */
typedef enum pecan_supervisor_request {
    PECAN_SUPERVISOR_COUNT = 1,    /* -> number of domains */
    PECAN_SUPERVISOR_STATUS = 2,   /* index -> state, restarts, name in 8 words */
    PECAN_SUPERVISOR_RESTART = 3,  /* index: stops it, and what restarts with it, and starts all of it again */
    PECAN_SUPERVISOR_STOP = 4,     /* index: stops it and its children; calls to it get PECAN_PEER_RESTARTED */
    PECAN_SUPERVISOR_START = 5,    /* index: starts what is stopped */
    PECAN_SUPERVISOR_ACCOUNTS = 6, /* -> bytes of memory that nobody has, capability slots in use, private bytes left */
} pecan_supervisor_request;

typedef enum pecan_supervisor_error {
    PECAN_SUPERVISOR_OK = 0,
    PECAN_SUPERVISOR_NO_REQUEST = 1,
    PECAN_SUPERVISOR_NO_DOMAIN = 2,
} pecan_supervisor_error;

typedef enum pecan_domain_state {
    PECAN_DOMAIN_STOPPED = 0,
    PECAN_DOMAIN_WAITS = 1,
    PECAN_DOMAIN_RUNS = 2
} pecan_domain_state;

/* One request with one word; further words of the answer are in the message registers. */
static inline seL4_Word pecan_supervisor_call(pecan_supervisor_request request, seL4_Word argument)
{
    seL4_SetMR(0, argument);
    return seL4_MessageInfo_get_label(
        seL4_Call(PECAN_SUPERVISOR_CAP, seL4_MessageInfo_new((seL4_Word)request, 0, 0, 1)));
}
