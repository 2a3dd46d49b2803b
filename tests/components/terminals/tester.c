/*
 * Restarts the console, and then a serial port, at moments that nobody can foresee, while the client writes. It is more urgent than all of them but
 * has a tenth of the time only.
 */
#include "protocols/terminal.h"
#include <microkit.h>
#include <pecan/supervisor.h>

/* Indices in the description. */
enum { CONSOLE = 0, SERIAL = 1 };
enum { FAULTS = 40, MOST_SPINS = 60000, BEGIN_AFTER_BYTES = 2500 };

/* Filled in from the description. */
uintptr_t terminal_region;

static uint64_t random_state = 1;

static uint32_t random_next(void)
{
    random_state = random_state * 6364136223846793005u + 1442695040888963407u;
    return (uint32_t)(random_state >> 33);
}

static void spin(void)
{
    for (volatile uint32_t spins = random_next() % MOST_SPINS; spins; spins--)
        continue;
}

/* Until the client has written so much more. */
static void wait_for_bytes(uint32_t count)
{
    const volatile struct terminal_region *terminal = (const volatile struct terminal_region *)terminal_region;
    uint32_t first = terminal->stream.taken;
    while (terminal->stream.taken - first < count)
        spin();
}

static void restart(unsigned index)
{
    wait_for_bytes(BEGIN_AFTER_BYTES);
    for (unsigned i = 0; i < FAULTS; i++) {
        wait_for_bytes(1);
        spin();
        pecan_supervisor_call(PECAN_SUPERVISOR_RESTART, index);
    }
}

void init(void)
{
    restart(CONSOLE);
    microkit_dbg_puts("tester: console done\n");
    restart(SERIAL);
    microkit_dbg_puts("tester: serial done\n");
}

void notified(microkit_channel ch)
{
    (void)ch;
}
