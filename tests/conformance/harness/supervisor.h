/*
 * What the initial thread keeps for the whole run: its slots and objects, and the endpoint that everybody reports to.
 * Only harness/ uses this.
 */
#pragma once

#include "test.h"

enum report_badge {
    REPORT_TEST = 1,     /* from the test's threads: done, or failed */
    REPORT_WATCHDOG = 2, /* no test has begun or ended for long */
    REPORT_FAULT = 0x100 /* and above: fault of a thread, its worker's number added */
};
enum report_label { REPORT_DONE, REPORT_FAILED };

/* A slot at the end of the root CNode, or an object there; they are never given back. */
seL4_CPtr supervisor_slot(void);
seL4_CPtr supervisor_object(seL4_Word type, seL4_Word size_bits);

/* The endpoint, and the badged capability that test threads have. */
extern seL4_CPtr report_endpoint, report_cap;

/* Takes memory for tests; false when there is none. */
bool objects_open(void);
/* Revokes and deletes what the test made. */
bool objects_clean(void);

/* Forgets all workers, then makes the first one, the runner, and starts it. */
void runner_start(const struct test *test);
void runner_stop(void);
