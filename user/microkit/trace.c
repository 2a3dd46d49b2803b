/*
 * The events of this domain (pecan/trace.h). The ring may be one that a predecessor of this program left, in any state.
 */
#include <pecan/component.h>
#include <stdint.h>

/* The tool writes these into the program. */
__attribute__((section(".data.patched"))) seL4_Word pecan_trace_start = 0;
__attribute__((section(".data.patched"))) seL4_Word pecan_trace_bytes = 0;

void pecan_trace_put(enum pecan_trace_kind kind, uint32_t id)
{
    volatile struct pecan_trace *trace = (volatile struct pecan_trace *)pecan_trace_start;
    if (pecan_trace_bytes < sizeof(*trace) + sizeof(struct pecan_trace_event))
        return;
    uint64_t written = trace->written;
    volatile struct pecan_trace_event *event =
        &trace->events[written % ((pecan_trace_bytes - sizeof(*trace)) / sizeof(*event))];
    event->counter = pecan_counter();
    event->kind = kind;
    event->id = id;
    __atomic_store_n(&trace->written, written + 1, __ATOMIC_RELEASE);
}
