/*
 * Ends and restarts the owner of the PCI buses, a driver, the load, and what is between these two at moments that nobody can foresee, each time after
 * some more requests have been answered, and says what came of it.
 *
 * It is more urgent than all of them but has a tenth of the time only, so that it comes in between at any instruction.
 */
#include "report.h"
#include <microkit.h>
#include <pecan/supervisor.h>

/* Indices in the description: the load is the last but one, the tester the last. */
enum { PCI = 0, DRIVER = 1 };
enum { FAULTS = 300, MOST_OPERATIONS = 40, MOST_SPINS = 30000 };
/* Looks in a row without an answer that count as never: many times the longest interruption. */
enum { PATIENCE = 50000000 };

/* Filled in from the description. */
uintptr_t report_start;

static uint64_t random_state = 1;

static struct report *report(void)
{
    return (struct report *)report_start;
}

static void print(const char *text, uint32_t number)
{
    microkit_dbg_puts(text);
    microkit_dbg_put32(number);
    microkit_dbg_puts("\n");
}

/* False if no more requests are answered. */
static int wait_for_operations(uint32_t count)
{
    uint64_t wanted = report()->operations + count, last = report()->operations;
    for (uint32_t looks = 0; report()->operations < wanted; looks++) {
        if (report()->operations != last)
            looks = 0;
        last = report()->operations;
        if (looks == PATIENCE)
            return 0;
    }
    return 1;
}

/* Insertion: there are few. */
static void sort(volatile uint32_t *numbers, uint32_t count)
{
    for (uint32_t i = 1; i < count; i++) {
        for (uint32_t k = i; k && numbers[k] < numbers[k - 1]; k--) {
            uint32_t number = numbers[k];
            numbers[k] = numbers[k - 1];
            numbers[k - 1] = number;
        }
    }
}

static void print_all(uint32_t faults)
{
    uint32_t count = (uint32_t)report()->interruption_count;
    sort(report()->interruptions, count);
    print("tester: faults ", faults);
    print("tester: operations ", (uint32_t)report()->operations);
    print("tester: sent again ", (uint32_t)report()->resent);
    print("tester: refused ", (uint32_t)report()->refused);
    print("tester: wrong bytes ", (uint32_t)report()->wrong_bytes);
    print("tester: interruptions ", count);
    print("tester: median interruption ", count ? report()->interruptions[count / 2] : 0);
    microkit_dbg_puts("tester: done\n");
}

void init(void)
{
    pecan_supervisor_call(PECAN_SUPERVISOR_COUNT, 0);
    uint32_t faults = 0, load = (uint32_t)seL4_GetMR(0) - 2;
    wait_for_operations(1);
    uint32_t most_faults = report()->most_faults ? (uint32_t)report()->most_faults : FAULTS;
    uint32_t most_operations = report()->most_operations ? (uint32_t)report()->most_operations : MOST_OPERATIONS;
    while (faults < most_faults && wait_for_operations(1 + random_next(&random_state) % most_operations)) {
        for (volatile uint32_t spins = random_next(&random_state) % MOST_SPINS; spins; spins--)
            continue;
        uint32_t dice = random_next(&random_state) % 8;
        report()->fault_time = clock_read();
        if (pecan_supervisor_call(PECAN_SUPERVISOR_RESTART,
                                  dice == 0   ? PCI
                                  : dice == 1 ? load
                                              : DRIVER + random_next(&random_state) % (load - DRIVER)))
            break;
        faults++;
    }
    if (!wait_for_operations(most_operations))
        faults = 0; /* nothing is answered any more */
    /* It may print too. */
    pecan_supervisor_call(PECAN_SUPERVISOR_STOP, load);
    print_all(faults);
}

void notified(microkit_channel ch)
{
    (void)ch;
}
