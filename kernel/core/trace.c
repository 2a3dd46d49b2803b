#include "core/trace.h"

#include "core/captree.h"
#include "core/cpu.h"
#include "object/invocation.h"

/* Nothing is read of the frame: others may write there. */
static void note(struct trace *trace, uint64_t time, uint32_t kind, uint32_t id)
{
    struct abi_trace_log *log = hal_buffer_window(trace->log.cap, 0, RIGHT_WRITE);
    if (!log)
        return;
    log->event[trace->written++ % trace->capacity] = (struct abi_trace_event){time, kind, id};
    __atomic_store_n(&log->written, trace->written, __ATOMIC_RELEASE);
}

void trace_enter(struct cpu *cpu, uint32_t reason, uint32_t id)
{
    note(&cpu->trace, cpu->now, reason, id);
    cpu->timer_stale = true; /* leads to trace_leave */
}

void trace_leave(struct cpu *cpu)
{
    struct trace *trace = &cpu->trace;
    if (cap_type(trace->log.cap) == ABI_CAP_TYPE_NULL) {
        trace->capacity = 0;
        hal_take_short_ways(true);
        return;
    }
    note(trace, hal_time(), ABI_TRACE_RUN, (uint32_t)(cpu->current->flags >> ABI_TRACE_ID_SHIFT));
    cpu->due = 0;
    cpu->quiet_until = 0;
}

struct refusal trace_invoke(struct invocation *invocation)
{
    if (invocation->extra_count < 1)
        return refuse(ABI_ERROR_TRUNCATED_MESSAGE);
    struct cap_slot *source = invocation->extra[0];
    struct cap cap = source->cap;
    bool is_wanted = cap_type(cap) != ABI_CAP_TYPE_NULL;
    if (is_wanted && !hal_buffer_window(cap, 0, RIGHT_READ | RIGHT_WRITE))
        return refuse_number(ABI_ERROR_INVALID_CAPABILITY, 1);
    struct cpu *cpu = this_cpu();
    struct trace *trace = &cpu->trace;
    struct refusal refusal = cap_delete(&trace->log);
    if (refused(refusal) || !is_wanted)
        return refusal;
    captree_insert(source, &trace->log, hal_cap_derive(cap));
    trace->capacity = (BIT(hal_frame_size_bits(cap)) - sizeof(struct abi_trace_log)) / sizeof(struct abi_trace_event);
    trace->written = 0;
    cpu->timer_stale = true;
    hal_take_short_ways(false);
    return NO_REFUSAL;
}
