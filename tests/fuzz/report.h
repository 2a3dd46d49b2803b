/*
 * What the run has shown, and whether it is good enough.
 */
#pragma once

#include "layout.h"
#include "witness.h"

#define FAULT_COUNT 8

struct events {
    seL4_Word faults[FAULT_COUNT]; /* of the attacker, by label */
    seL4_Word stopped;             /* it blocked, suspended itself or lost what it needs to run */
    seL4_Word stuck;               /* it ran and got nowhere */
    seL4_Word remedies[3];         /* started, repaired, built anew */
};

/* Prints everything, with an "ok" or "not ok" line for each check; returns the program's status. */
int report_print(const struct events *events, const struct witness_report *seen);
