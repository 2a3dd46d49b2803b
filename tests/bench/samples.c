/* Operations and what their samples say. */
#include "bench.h"

#include "lib/print.h"
#include "lib/start.h"

#define NAME_BYTES 48

volatile uint32_t span_start;
volatile uint64_t operation_ticks[MAX_OPERATIONS][ROUNDS];

static struct {
    char name[NAME_BYTES];
    unsigned rounds;
} operations[MAX_OPERATIONS];
static unsigned operation_count, reported_count;

unsigned operation_new(unsigned rounds, const char *prefix, const char *name)
{
    if (operation_count == MAX_OPERATIONS)
        program_exit(1);
    snprintf(operations[operation_count].name, NAME_BYTES, "%s%s", prefix, name);
    operations[operation_count].rounds = rounds;
    return operation_count++;
}

static uint64_t empty_span(void)
{
    uint64_t least = UINT64_MAX;
    for (unsigned i = 0; i < ROUNDS; i++) {
        span_begin();
        uint64_t ticks = span_end();
        if (ticks < least)
            least = ticks;
    }
    return least;
}

static void sort(uint64_t *ticks, unsigned count)
{
    for (unsigned i = 1; i < count; i++)
        for (unsigned j = i; j > 0 && ticks[j - 1] > ticks[j]; j--) {
            uint64_t swap = ticks[j];
            ticks[j] = ticks[j - 1];
            ticks[j - 1] = swap;
        }
}

void operations_report(void)
{
    uint64_t empty = empty_span();
    for (; reported_count < operation_count; reported_count++) {
        unsigned rounds = operations[reported_count].rounds, warm_up = rounds / 4, count = rounds - warm_up;
        uint64_t ticks[ROUNDS];
        for (unsigned i = 0; i < count; i++)
            ticks[i] = operation_ticks[reported_count][warm_up + i] - empty;
        sort(ticks, count);
        printf("operation %s %lu %lu\n", operations[reported_count].name, ticks[count / 2], ticks[count - 1]);
    }
}
