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
    PECAN_SUPERVISOR_UPDATE = 7,   /* index, address, bytes: restarts it with the update that lies in a region there */
} pecan_supervisor_request;

typedef enum pecan_supervisor_error {
    PECAN_SUPERVISOR_OK = 0,
    PECAN_SUPERVISOR_NO_REQUEST = 1,
    PECAN_SUPERVISOR_NO_DOMAIN = 2,
    PECAN_SUPERVISOR_NO_ADDRESS = 3, /* no region of the caller holds all of the bytes at the address */
    PECAN_SUPERVISOR_NO_ROOM = 4,    /* the domain has too little room for this update, or none (pecan:update_room) */
    PECAN_SUPERVISOR_NO_UPDATE = 5,  /* what lies there is no update of this domain */
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

/* Hands a new program over (`pecan update`): it lies at `address`, in a region that the caller maps. */
static inline seL4_Word pecan_supervisor_update(seL4_Word index, const void *address, seL4_Word bytes)
{
    seL4_SetMR(0, index);
    seL4_SetMR(1, (seL4_Word)address);
    seL4_SetMR(2, bytes);
    return seL4_MessageInfo_get_label(
        seL4_Call(PECAN_SUPERVISOR_CAP, seL4_MessageInfo_new((seL4_Word)PECAN_SUPERVISOR_UPDATE, 0, 0, 3)));
}
