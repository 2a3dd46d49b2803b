/*
 * What the tester tells the servers.
 */
#pragma once

enum order {
    ORDER_COUNT,
    ORDER_CRASH,
    ORDER_HANG,
    ORDER_WORK,
    ORDER_WORK_LONGER,
    ORDER_MAKE,        /* objects of its memory budget, which it has for that; counts what went well */
    ORDER_GIVE_UP,     /* if that may help */
    ORDER_WRITE_AMISS, /* behind the program's data */
};

enum { MADE = 10 };

/* Longer than any budget of restart.system, in counts of the processor's clock. */
#define LONG_WORK_COUNTS 20000000ul
/* Longer than a heartbeat is waited for. */
#define LONGER_WORK_COUNTS 200000000ul

/* No program has this address: to write there is to fail. */
static int *volatile const bad_address = (int *)8;
