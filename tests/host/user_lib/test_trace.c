#include "lib/string.h"
#include "test.h"

#include <pecan/trace.h>

enum { EVENTS = 8, TRACE_BYTES = sizeof(struct pecan_trace) + EVENTS * sizeof(struct pecan_trace_event) };

void *malloc(size_t size);
void free(void *memory);

static struct pecan_trace_source make_trace(void)
{
    void *memory = malloc(TRACE_BYTES);
    memset(memory, 0, TRACE_BYTES);
    return (struct pecan_trace_source){(uint64_t)memory, TRACE_BYTES};
}

static void put(const struct pecan_trace_source *source, uint32_t id)
{
    struct pecan_trace *trace = (struct pecan_trace *)source->address;
    trace->events[trace->written++ % EVENTS] = (struct pecan_trace_event){1000 + id, PECAN_TRACE_NOTIFY, id};
}

TEST(trace, events_come_in_order_and_the_oldest_are_left_out)
{
    struct pecan_trace_source source = make_trace();
    struct pecan_trace_event event;
    uint64_t position = 0;
    expect(!pecan_trace_next(&source, &position, &event));
    for (uint32_t i = 0; i < 3; i++)
        put(&source, i);
    for (uint32_t i = 0; i < 3; i++)
        expect(pecan_trace_next(&source, &position, &event) && event.id == i && event.counter == 1000 + i);
    expect(!pecan_trace_next(&source, &position, &event));
    for (uint32_t i = 3; i < 3 * EVENTS; i++)
        put(&source, i);
    for (uint32_t i = 2 * EVENTS; i < 3 * EVENTS; i++)
        expect(pecan_trace_next(&source, &position, &event) && event.id == i);
    expect(!pecan_trace_next(&source, &position, &event));
    free((void *)source.address);
}

/* Whatever the count says, nothing outside is read, and readers come to an end. */
TEST(trace, hostile_counts_do_no_harm)
{
    static const uint64_t counts[] = {UINT64_MAX, UINT64_MAX - 1, 1ul << 63, 12345, 7, 0};
    struct pecan_trace_source source = make_trace();
    struct pecan_trace_event event;
    uint64_t position = 0;
    for (unsigned i = 0; i < sizeof(counts) / sizeof(counts[0]); i++) {
        unsigned taken = 0;
        ((struct pecan_trace *)source.address)->written = counts[i];
        while (taken <= EVENTS && pecan_trace_next(&source, &position, &event))
            taken++;
        expect(taken <= EVENTS);
    }
    struct pecan_trace_source none = {0, 0}, small = {source.address, sizeof(struct pecan_trace)};
    expect(!pecan_trace_next(&none, &position, &event) && !pecan_trace_next(&small, &position, &event));
    free((void *)source.address);
}
