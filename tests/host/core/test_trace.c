/* What the kernel's trace says, who may have it, and how it ends. */
#include "abi/boot.h"
#include "abi/fault.h"
#include "world.h"

#include <string.h>

enum { ID_CLIENT = 7, ID_SERVER = 9, LINE = 3, PLACES = (4096 - 16) / 16 };

static uint64_t frame, endpoint, reply, client, server;

static uint64_t trace(uint64_t log)
{
    return world_invoke(ABI_INIT_SLOT_DOMAIN, (struct world_message){ABI_LABEL_DOMAIN_TRACE, CAPS(log)});
}

static const struct abi_trace_log *log_of(uint64_t slot)
{
    return hal_buffer_window(world_slot(slot)->cap, 0, RIGHT_READ);
}

static void expect_event(unsigned number, uint32_t kind, uint32_t id)
{
    const struct abi_trace_event *event = &log_of(frame)->event[number % PLACES];
    expect(log_of(frame)->written > number);
    expect_eq(event->kind, kind);
    expect_eq(event->id, id);
    expect_eq(event->time, host.time); /* the host's clock stands still */
}

/* A server without context waits; a client of lower priority can run. The log is a frame of 4 KiB. */
static void set_up(void)
{
    world_reset();
    frame = world_new(ABI_OBJECT_4K_PAGE, 0);
    endpoint = world_new(ABI_OBJECT_ENDPOINT, 0);
    reply = world_new(ABI_OBJECT_REPLY, 0);
    client = world_new_thread(100, true);
    server = world_new_thread(101, false);
    thread_set_flags(world_thread(client), (uint64_t)ID_CLIENT << ABI_TRACE_ID_SHIFT);
    thread_set_flags(world_thread(server), (uint64_t)ID_SERVER << ABI_TRACE_ID_SHIFT);
    endpoint_receive(cap_pointer(world_slot(endpoint)->cap), world_thread(server), cap_pointer(world_slot(reply)->cap),
                     true);
}

TEST(trace, takes_only_a_frame_that_may_be_written)
{
    set_up();
    expect_eq(world_invoke(ABI_INIT_SLOT_DOMAIN, (struct world_message){.label = ABI_LABEL_DOMAIN_TRACE}),
              ABI_ERROR_TRUNCATED_MESSAGE);
    expect_eq(trace(endpoint), ABI_ERROR_INVALID_CAPABILITY);
    expect_eq(trace(world_mint(frame, 0, RIGHT_READ)), ABI_ERROR_INVALID_CAPABILITY);
    expect_eq(trace(0), ABI_ERROR_NONE);
    expect_eq(host_cpu.trace.capacity, 0);
    expect(!host.takes_no_short_ways);
}

TEST(trace, tells_of_a_call_in_the_order_of_what_happens)
{
    set_up();
    expect_eq(trace(frame), ABI_ERROR_NONE);
    expect(host.takes_no_short_ways);
    expect_event(0, ABI_TRACE_RUN, 0); /* the first thread has no name */
    thread_suspend(world_current());
    sched_reconsider();
    kernel_interrupt(LINE);
    expect_event(1, ABI_TRACE_INTERRUPT, LINE);
    expect_event(2, ABI_TRACE_RUN, ID_CLIENT);
    world_call(ABI_SYSCALL_CALL, endpoint, 0, 0);
    expect_event(3, ABI_TRACE_SYSCALL, (uint32_t)ABI_SYSCALL_CALL);
    expect_event(4, ABI_TRACE_RUN, ID_SERVER);
    world_call(ABI_SYSCALL_REPLY_RECV, endpoint, 0, reply);
    expect_event(5, ABI_TRACE_SYSCALL, (uint32_t)ABI_SYSCALL_REPLY_RECV);
    expect_event(6, ABI_TRACE_RUN, ID_CLIENT);
    kernel_user_trap(3, 0);
    expect_event(7, ABI_TRACE_FAULT, ABI_FAULT_USER_EXCEPTION | 3 << 8);
    expect_event(8, ABI_TRACE_RUN, ABI_TRACE_ID_IDLE); /* nobody hears of it */
    kernel_spurious_interrupt();
    expect_event(9, ABI_TRACE_SPURIOUS, 0);
    host.is_armed = false;
    kernel_timer_interrupt();
    expect_event(11, ABI_TRACE_TIMER, 0);
    expect_eq(log_of(frame)->written, 13);
}

TEST(trace, goes_round_and_believes_nothing_in_the_log)
{
    set_up();
    expect_eq(trace(frame), ABI_ERROR_NONE);
    struct abi_trace_log *log = hal_buffer_window(world_slot(frame)->cap, 0, RIGHT_READ);
    for (unsigned i = 0; i < PLACES; i++) {
        log->written = UINT64_MAX - i;
        kernel_spurious_interrupt();
    }
    expect_eq(log->written, 2 * PLACES + 1);
    expect_event(2 * PLACES, ABI_TRACE_RUN, 0);
    expect_event(2 * PLACES - 1, ABI_TRACE_SPURIOUS, 0);
    expect_eq(host_cpu.trace.log.cap.word[0] != 0, true);
}

/* No event may go to a frame that is somebody else's memory by now. */
static void expect_ended(const struct abi_trace_log *log, uint64_t written)
{
    kernel_spurious_interrupt();
    kernel_spurious_interrupt();
    expect_eq(log->written, written);
    expect_eq(host_cpu.trace.capacity, 0);
    expect(!host.takes_no_short_ways);
    expect(host_cpu.quiet_until > host_cpu.now);
}

TEST(trace, ends_when_it_is_told_to)
{
    set_up();
    expect_eq(trace(frame), ABI_ERROR_NONE);
    expect_eq(trace(0), ABI_ERROR_NONE);
    expect_ended(log_of(frame), 2);
    expect_tree_is_whole(world_slot(frame));
}

TEST(trace, goes_on_in_the_frame_that_it_is_given_next)
{
    set_up();
    uint64_t next = world_new(ABI_OBJECT_4K_PAGE, 0);
    expect_eq(trace(frame), ABI_ERROR_NONE);
    expect_eq(trace(next), ABI_ERROR_NONE);
    expect_eq(log_of(frame)->written, 2);
    expect_eq(log_of(next)->written, 1);
    kernel_spurious_interrupt();
    expect_eq(log_of(frame)->written, 2);
    expect_eq(log_of(next)->written, 3);
}

TEST(trace, ends_when_its_frame_is_revoked)
{
    set_up();
    struct cap_slot *untyped = world_slot(frame);
    while (cap_type(untyped->cap) != ABI_CAP_TYPE_UNTYPED)
        untyped = cap_slot_prev(untyped);
    expect_eq(trace(frame), ABI_ERROR_NONE);
    const struct abi_trace_log *log = log_of(frame);
    expect_eq(log->written, 1);
    expect(!refused(cap_delete(world_slot(frame)))); /* one capability is not all */
    kernel_spurious_interrupt();
    expect_eq(log->written, 3);
    expect(!refused(cap_revoke(untyped)));
    expect_ended(log, 3);
}

/* Debug calls are no entries of the trace, and do not bring it out of step. */
TEST(trace, leaves_out_calls_that_the_budget_does_not_concern)
{
    set_up();
    expect_eq(trace(frame), ABI_ERROR_NONE);
    world_call(ABI_SYSCALL_DEBUG_CAP_IDENTIFY, frame, 0, 0);
    expect_eq(log_of(frame)->written, 1);
    kernel_spurious_interrupt();
    expect_event(1, ABI_TRACE_SPURIOUS, 0);
    expect_event(2, ABI_TRACE_RUN, 0);
}
