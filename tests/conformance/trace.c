/* The kernel's trace: an addition, announced in the boot information. */
#include "harness/memory.h"

#include <pecan/features.h>
#include <pecan/kernel_trace.h>

#define ABOVE (RUNNER_PRIORITY + 1)

enum { ID_RUNNER = 5, ID_SERVER = 6, EVENTS_MOST = 64 };

struct event {
    uint64_t time;
    uint32_t kind, id;
};

struct log {
    volatile uint64_t written, unused;
    volatile struct event event[];
};

#define TRACE(log) call(seL4_CapDomain, PecanDomainTrace, CAPS(log), NONE)

/* row: domain.trace.length domain.trace.type domain.trace.ends */
TEST(trace, checks)
{
    seL4_CPtr device = slot_new(), untyped = device_untyped(12);

    expect_answer(call(seL4_CapDomain, PecanDomainTrace, NONE, NONE), seL4_TruncatedMessage, NONE);
    expect_answer(TRACE(endpoint_new()), seL4_InvalidCapability, WORDS(1));
    expect_answer(TRACE(arena()), seL4_InvalidCapability, WORDS(1));
    expect_answer(TRACE(cap_copy(frame_new(), seL4_CanRead)), seL4_InvalidCapability, WORDS(1));
    if (untyped) {
        expect_no_error(seL4_Untyped_Retype(untyped, seL4_X86_4K, 0, ROOT, 0, 0, device, 1));
        expect_answer(TRACE(device), seL4_InvalidCapability, WORDS(1));
        cap_delete(device);
    }
    expect_success(TRACE(0));
}

static void name(const struct worker *worker, seL4_Word id)
{
    seL4_TCB_SetFlags_t result =
        seL4_TCB_SetFlags(worker->tcb, 0xfffful << PECAN_TCB_TRACE_ID_SHIFT, id << PECAN_TCB_TRACE_ID_SHIFT);
    expect_no_error(result.error);
    expect_eq(result.flags, id << PECAN_TCB_TRACE_ID_SHIFT);
}

static void serve(struct worker *worker)
{
    seL4_Word badge;
    seL4_MessageInfo_t info = seL4_Recv(worker->argument[0], &badge, worker->argument[1]);
    for (;;)
        info = seL4_ReplyRecv(worker->argument[0], info, &badge, worker->argument[1]);
}

/* The events without those of the timer, which may come at any time, and of going on after it. */
static unsigned read_events(const struct log *log, struct event *events)
{
    unsigned count = 0;
    expect(log->written > 0 && log->written <= EVENTS_MOST);
    for (unsigned i = 0; i < log->written; i++) {
        events[count] = (struct event){log->event[i].time, log->event[i].kind, log->event[i].id};
        expect(i == 0 || log->event[i].time >= log->event[i - 1].time);
        if (events[count].kind == PECAN_KERNEL_TIMER)
            i++;
        else
            count++;
    }
    return count;
}

/* row: domain.trace.effect domain.trace.ends tcb.set_flags.trace_id */
TEST(trace, tells_of_a_call)
{
    static const struct event wanted[] = {
        {0, PECAN_KERNEL_RUN, ID_RUNNER}, {0, PECAN_KERNEL_SYSCALL, (uint32_t)seL4_SysCall},
        {0, PECAN_KERNEL_RUN, ID_SERVER}, {0, PECAN_KERNEL_SYSCALL, (uint32_t)seL4_SysReplyRecv},
        {0, PECAN_KERNEL_RUN, ID_RUNNER}, {0, PECAN_KERNEL_SYSCALL, (uint32_t)seL4_SysCall}, /* that ends it */
    };
    enum { WANTED = sizeof(wanted) / sizeof(wanted[0]) };
    struct event events[EVENTS_MOST];
    struct window window = window_new();
    seL4_CPtr frame = frame_new();
    const struct log *log = window_map(&window, frame);
    struct worker *server = worker_new(ABOVE);

    server->argument[0] = endpoint_new();
    server->argument[1] = reply_new();
    worker_start(server, serve);
    name(server, ID_SERVER);
    name(runner(), ID_RUNNER);
    expect_success(TRACE(frame));
    seL4_Call(server->argument[0], seL4_MessageInfo_new(0, 0, 0, 0));
    expect_success(TRACE(0));
    name(runner(), 0);

    expect_eq(read_events(log, events), WANTED);
    for (unsigned i = 0; i < WANTED; i++) {
        expect_eq(events[i].kind, wanted[i].kind);
        expect_eq(events[i].id, wanted[i].id);
    }
    uint64_t written = log->written;
    seL4_Call(server->argument[0], seL4_MessageInfo_new(0, 0, 0, 0));
    expect_eq(log->written, written);
}

/* row: domain.trace.effect */
TEST(trace, tells_the_number_of_a_foreign_call)
{
    struct event events[EVENTS_MOST];
    struct window window = window_new();
    seL4_CPtr frame = frame_new();
    const struct log *log = window_map(&window, frame);
    struct worker *worker = worker_new(ABOVE);
    seL4_UserContext registers = worker_registers(worker, code_syscall);

    registers.rax = 42;
    registers.rdx = (seL4_Word)seL4_SysYield;
    worker_set_fault_handler(worker, endpoint_new());
    expect_no_error(seL4_TCB_SetFlags(worker->tcb, 0, PECAN_TCB_FLAG_FOREIGN).error);
    expect_success(TRACE(frame));
    worker_start_at(worker, &registers);
    expect_success(TRACE(0));

    unsigned count = read_events(log, events), found = 0;
    for (unsigned i = 0; i < count; i++)
        found += events[i].kind == PECAN_KERNEL_FAULT && events[i].id == (seL4_Fault_UnknownSyscall | 42 << 8);
    expect_eq(found, 1);
}

/* The memory belongs to another by then. row: domain.trace.revoked */
TEST(trace, ends_with_its_frame)
{
    struct window window = window_new();
    seL4_CPtr untyped = untyped_new(seL4_PageBits), frame = slot_new();

    expect_no_error(seL4_Untyped_Retype(untyped, seL4_X86_4K, 0, ROOT, 0, 0, frame, 1));
    expect_success(TRACE(frame));
    cap_delete(frame);
    expect_eq(seL4_Untyped_Retype(untyped, seL4_X86_4K, 0, ROOT, 0, 0, frame, 1), seL4_NotEnoughMemory);
    cap_revoke(untyped);
    expect_no_error(seL4_Untyped_Retype(untyped, seL4_X86_4K, 0, ROOT, 0, 0, frame, 1));
    const seL4_Word *words = window_map(&window, frame);
    seL4_Yield();
    for (unsigned i = 0; i < (1ul << seL4_PageBits) / sizeof(seL4_Word); i++)
        expect_eq(words[i], 0);
}
