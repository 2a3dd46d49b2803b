/*
 * Where a domain finds its capabilities: slots of its 512-slot CNode, as microkit.h states them for programs.
 */
#pragma once

enum cspace_slot {
    CSPACE_INPUT = 1, /* the endpoint or notification to wait on */
    CSPACE_VSPACE = 3,
    CSPACE_REPLY = 4,
    CSPACE_MONITOR = 5,
    CSPACE_NOTIFICATIONS = 10,
    CSPACE_ENDPOINTS = 74,
    CSPACE_IRQS = 138,
    CSPACE_CHILDREN = 202,
    CSPACE_OWN = 330,
    CSPACE_PORTS = 394,
    CSPACE_SUPERVISOR = 460,
    CSPACE_OWN_NOTIFICATION = 461,
    CSPACE_BUDGET = 464, /* untyped memory, the largest piece first, to the last slot */
};
