/*
 * Runs one scenario; latency.py measures it from outside. A clock interrupts every 200 microseconds, so whatever can be
 * preempted is, and repeated.
 */
#include "latency.h"

#include "lib/console.h"
#include "lib/print.h"

/* Which scenario: written into the program before it runs (tests/support/program_settings.py). */
struct settings {
    seL4_Word scenario;
};
extern struct settings settings;
struct settings settings = {~0ul};

static const struct {
    const char *name;
    void (*run)(void);
} scenarios[] = {
    {"1,000 senders at one endpoint", scenario_senders},
    {"deletion of an endpoint with 1,000 senders", scenario_endpoint_deletion},
    {"1,000 threads waiting for one notification", scenario_waiters},
    {"a scheduling context with 250 refills", scenario_refills},
    {"deletion of what threads with 250 refills wait at", scenario_sleepers},
    {"1,000 threads waiting for their budget", scenario_timers},
    {"retype of 256 objects", scenario_retype},
    {"revocation of a large tree", scenario_tree},
    {"a chain of 1,000 calls", scenario_replies},
    {"full address spaces and ASID pools", scenario_address_spaces},
    {"capability spaces of 64 levels", scenario_deep_spaces},
};
#define SCENARIO_COUNT (sizeof(scenarios) / sizeof(scenarios[0]))

int main(void)
{
    objects_init();
    must(console_open(slots_take(1)), "open the console");
    if (settings.scenario >= SCENARIO_COUNT) {
        for (seL4_Word i = 0; i < SCENARIO_COUNT; i++)
            printf("scenario %lu: %s\n", i, scenarios[i].name);
        return 0;
    }
    printf("scenario %lu: %s\n", settings.scenario, scenarios[settings.scenario].name);
    must(seL4_TCB_SetPriority(seL4_CapInitThreadTCB, seL4_CapInitThreadTCB, ROOT_PRIORITY), "lower the own priority");
    clock_start();
    scenarios[settings.scenario].run();
    printf("done\n");
    return 0;
}
