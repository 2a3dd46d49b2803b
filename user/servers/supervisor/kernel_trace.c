#include "servers/supervisor/kernel_trace.h"

#include "servers/supervisor/domains.h"
#include "servers/supervisor/timeline.h"

#include "lib/print.h"

#include <pecan/kernel_trace.h>
#include <pecan/trace.h>

enum { TRACK_RUNS, TRACK_KERNEL };
enum { NAME_BYTES = 64, FAULT_MASK = 0xff, FAULT_BITS = 8 };

/* The thread that runs, and the entry into the kernel that has not come to its end. */
static struct {
    uint64_t last; /* time of the event before */
    bool runs, is_entered;
    uint32_t thread, reason, id;
    uint64_t run_since, entered_at;
} processor;

static const char *thread_name(uint32_t id, char *buffer)
{
    const char *name = domain_name(id - PECAN_TRACE_ID_DOMAIN);
    if (name)
        return name;
    if (id == PECAN_TRACE_ID_INIT)
        return "init";
    if (id < PECAN_TRACE_ID_PROGRAM)
        return "a thread";
    snprintf(buffer, NAME_BYTES, "program %u", id - PECAN_TRACE_ID_PROGRAM);
    return buffer;
}

static const char *syscall_name(uint32_t number)
{
    static const char *const names[] = {"Call", "ReplyRecv", "NBSendRecv", "NBSendWait", "Send", "NBSend",
                                        "Recv", "NBRecv",    "Wait",       "NBWait",     "Yield"};
    uint32_t index = (uint32_t)seL4_SysCall - number;
    return index < sizeof(names) / sizeof(names[0]) ? names[index] : "a system call";
}

static const char *fault_name(uint32_t id, char *buffer)
{
    switch (id & FAULT_MASK) {
    case seL4_Fault_VMFault:
        return "page fault";
    case seL4_Fault_UnknownSyscall:
        snprintf(buffer, NAME_BYTES, "call %u of another system", id >> FAULT_BITS);
        return buffer;
    case seL4_Fault_UserException:
        snprintf(buffer, NAME_BYTES, "exception %u", id >> FAULT_BITS);
        return buffer;
    default:
        return "fault";
    }
}

static const char *reason_name(uint32_t reason, uint32_t id, char *buffer)
{
    switch (reason) {
    case PECAN_KERNEL_SYSCALL:
        return syscall_name(id);
    case PECAN_KERNEL_FAULT:
        return fault_name(id, buffer);
    case PECAN_KERNEL_INTERRUPT:
        snprintf(buffer, NAME_BYTES, "interrupt %u", id);
        return buffer;
    case PECAN_KERNEL_TIMER:
        return "timer";
    default:
        return "interrupt";
    }
}

static void print_slice(struct session *session, unsigned track, uint64_t begin, uint64_t end, const char *name)
{
    timeline_event_begin(session, "X", TIMELINE_PROCESSOR, track, begin);
    timeline_event_duration(session, end - begin);
    timeline_event_name(session, "", name);
    timeline_event_end(session);
}

/* The thread has run until `end`; while none runs there is nothing to see. */
static void end_run(struct session *session, uint64_t end)
{
    char buffer[NAME_BYTES];
    if (processor.runs && processor.thread != PECAN_TRACE_ID_IDLE)
        print_slice(session, TRACK_RUNS, processor.run_since, end, thread_name(processor.thread, buffer));
    processor.runs = false;
}

void kernel_trace_begin(struct session *session)
{
    processor.last = 0;
    processor.runs = processor.is_entered = false;
    timeline_track(session, TIMELINE_PROCESSOR, TRACK_RUNS, "processor");
    timeline_track(session, TIMELINE_PROCESSOR, TRACK_KERNEL, "kernel");
}

void kernel_trace_event(struct session *session, const struct pecan_trace_event *event)
{
    char buffer[NAME_BYTES];
    if (event->counter < processor.last)
        return;
    processor.last = event->counter;
    if (event->kind != PECAN_KERNEL_RUN) {
        processor.is_entered = true;
        processor.entered_at = event->counter;
        processor.reason = event->kind;
        processor.id = event->id;
        return;
    }
    if (processor.runs && processor.thread != event->id)
        end_run(session, processor.is_entered ? processor.entered_at : event->counter);
    if (processor.is_entered)
        print_slice(session, TRACK_KERNEL, processor.entered_at, event->counter,
                    reason_name(processor.reason, processor.id, buffer));
    processor.is_entered = false;
    if (!processor.runs) {
        processor.runs = true;
        processor.thread = event->id;
        processor.run_since = event->counter;
    }
}

void kernel_trace_end(struct session *session, uint64_t last)
{
    end_run(session, processor.is_entered ? processor.entered_at : last);
}
