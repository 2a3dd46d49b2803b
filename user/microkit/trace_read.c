/*
 * Reading events of writers that are not trusted: indices are made from their count modulo the capacity.
 */
#include <pecan/trace.h>
#include <stdbool.h>
#include <stdint.h>

struct pecan_trace_source pecan_trace_sources[PECAN_TRACES_MOST] __attribute__((section(".data.patched"))) = {{0, 0}};

bool pecan_trace_next(const struct pecan_trace_source *source, uint64_t *position, struct pecan_trace_event *event)
{
    const volatile struct pecan_trace *trace = (const volatile struct pecan_trace *)(uintptr_t)source->address;
    if (source->bytes < sizeof(*trace) + sizeof(*event))
        return false;
    uint64_t capacity = (source->bytes - sizeof(*trace)) / sizeof(*event);
    uint64_t written = __atomic_load_n(&trace->written, __ATOMIC_ACQUIRE);
    if (written > capacity && *position < written - capacity)
        *position = written - capacity;
    if (*position >= written)
        return false;
    const volatile struct pecan_trace_event *from = &trace->events[*position % capacity];
    *event = (struct pecan_trace_event){from->counter, from->kind, from->id};
    *position += 1;
    return true;
}
