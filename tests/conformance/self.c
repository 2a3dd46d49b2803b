/* Threads that take from themselves what they run on, and YieldTo calls that end early. */
#include "harness/caller.h"
#include "harness/timing.h"

#define ABOVE (RUNNER_PRIORITY + 1)

#define CALL (seL4_Word) seL4_SysCall

/* A call with up to four words and no capabilities. */
static struct syscall invocation(seL4_CPtr cap, seL4_Word label, seL4_Word length, seL4_Word first, seL4_Word second)
{
    return (struct syscall){.number = CALL, .cap = cap, .info = INFO(label, 0, length), .word = {first, second}};
}

static struct syscall deletion(seL4_CPtr slot)
{
    return invocation(ROOT, CNodeDelete, 2, slot, ROOT_DEPTH);
}

/* The call succeeded without result words. */
static void check_done(struct worker *caller)
{
    seL4_UserContext registers = expect_returned(caller);

    expect_eq(registers.rdi, 0);
    expect_eq(registers.rsi, 0);
}

TEST(self, deletes_its_scheduling_context)
{
    seL4_CPtr notification = notification_new();
    struct worker *caller = worker_new(ABOVE);
    seL4_CPtr faults = endpoint_new(), schedctx = schedctx_new(100000, 100000);

    caller->argument[5] = faults;
    worker_set_fault_handler(caller, faults);
    expect_no_error(seL4_SchedContext_Bind(caller->schedctx, notification));
    caller_again(caller, deletion(caller->schedctx));
    expect(slot_is_empty(caller->schedctx));
    expect_blocked(caller);
    expect_no_error(seL4_SchedContext_Bind(schedctx, notification)); /* the notification was unbound */
    expect_no_error(seL4_SchedContext_Bind(schedctx, caller->tcb));
    check_done(caller);
}

TEST(self, deletes_its_thread)
{
    seL4_CPtr notification = notification_new();
    struct worker *caller = worker_new(ABOVE), *other = worker_new_passive(50);

    expect_no_error(seL4_TCB_BindNotification(caller->tcb, notification));
    caller_again(caller, deletion(caller->tcb));
    expect(slot_is_empty(caller->tcb));
    /* What it was tied to is free. */
    expect_no_error(seL4_TCB_BindNotification(other->tcb, notification));
    expect_no_error(seL4_SchedContext_Bind(caller->schedctx, other->tcb));
}

TEST(self, revokes_the_memory_it_lives_in)
{
    seL4_CPtr untyped = untyped_new(16), tcb = slot_new(), endpoint = endpoint_new();
    struct worker *spare = worker_new_passive(ABOVE);
    seL4_CPtr schedctx = schedctx_new(100000, 100000);

    expect_success(call(untyped, UntypedRetype, CAPS(ROOT), WORDS(seL4_TCBObject, 0, 0, 0, tcb, 1)));
    seL4_UserContext registers = caller_registers(spare, invocation(ROOT, CNodeRevoke, 2, untyped, ROOT_DEPTH));
    expect_no_error(seL4_TCB_Configure(tcb, ROOT, 0, seL4_CapInitThreadVSpace, 0, 0, 0));
    expect_no_error(seL4_TCB_SetSchedParams(tcb, seL4_CapInitThreadTCB, 1, ABOVE, schedctx, endpoint));
    expect_no_error(seL4_TCB_WriteRegisters(tcb, 1, 0, sizeof(registers) / sizeof(seL4_Word), &registers));
    expect(slot_is_empty(tcb));
    /* The memory is at once good for another thread, which runs. */
    expect_success(call(untyped, UntypedRetype, CAPS(ROOT), WORDS(seL4_TCBObject, 0, 0, 0, tcb, 1)));
    expect_no_error(seL4_TCB_Configure(tcb, ROOT, 0, seL4_CapInitThreadVSpace, 0, 0, 0));
    expect_no_error(seL4_TCB_SetSchedParams(tcb, seL4_CapInitThreadTCB, 1, ABOVE, schedctx, endpoint));
    registers = worker_registers(spare, code_undefined);
    expect_no_error(seL4_TCB_WriteRegisters(tcb, 1, 0, sizeof(registers) / sizeof(seL4_Word), &registers));
    expect_eq(receive((seL4_Word)seL4_SysNBWait, endpoint, 0).label, seL4_Fault_UserException);
}

TEST(self, lowers_its_priority)
{
    struct worker *caller = caller_new(ABOVE, (struct syscall){.number = 0x5555});
    struct syscall lower = {.number = CALL, .cap = caller->tcb, .info = INFO(TCBSetPriority, 1, 1), .word = {50}};

    (void)caller_fault(caller);
    caller->buffer->caps_or_badges[0] = seL4_CapInitThreadTCB;
    caller_again(caller, lower);
    expect_blocked(caller); /* below us now */
    worker_set_priority(caller, ABOVE);
    check_done(caller);
}

/* Only the thread itself would listen at its fault endpoint: it waits there for ever, but can be taken out. */
TEST(self, handles_its_own_faults)
{
    seL4_CPtr endpoint = endpoint_new(), fresh = endpoint_new();
    struct worker *caller = worker_new(ABOVE);
    seL4_UserContext registers = worker_registers(caller, code_undefined);

    worker_set_fault_handler(caller, endpoint);
    worker_start_at(caller, &registers);
    worker_set_priority(caller, ABOVE + 1);
    worker_suspend(caller);
    expect_nothing(receive((seL4_Word)seL4_SysNBWait, endpoint, 0));
    worker_set_fault_handler(caller, fresh);
    worker_resume(caller);
    expect_eq(receive((seL4_Word)seL4_SysNBWait, fresh, 0).label, seL4_Fault_UserException);
}

/* --- YieldTo ---------------------------------------------------------------------------------------------------------------- */

static void spin(struct worker *worker)
{
    for (;;)
        worker->result[0]++;
}

/* A caller of priority 50 that has yielded to a thread which computes for ever. */
static struct worker *yielded(struct worker **target)
{
    *target = worker_new(50);
    worker_start(*target, spin);
    return caller_new(50, invocation((*target)->schedctx, SchedContextYieldTo, 0, 0, 0));
}

static void wait_a_period(struct worker *worker)
{
    (void)worker;
    seL4_Yield();
}

/* Lets the threads below the runner run for a millisecond. */
static void let_others_run(void)
{
    struct worker *waker = worker_new_budget(ABOVE, 100, 1000, 0, 0);

    worker_start(waker, wait_a_period);
    worker_join(waker);
}

static void check_yield_result(struct worker *caller)
{
    seL4_UserContext registers = expect_returned(caller);

    expect_eq(registers.rdi, 0);
    expect_eq(registers.rsi, INFO(0, 0, 1));
    expect_near(registers.r10, 800, 300);
}

TEST(self, yield_to_ends_when_the_caller_is_suspended)
{
    struct worker *target, *caller = yielded(&target);

    let_others_run();
    expect(target->result[0] > 0);
    worker_suspend(caller);
    worker_set_priority(caller, ABOVE);
    worker_resume(caller);
    check_yield_result(caller);
}

TEST(self, yield_to_ends_when_the_target_is_deleted)
{
    struct worker *target, *caller = yielded(&target);

    let_others_run();
    cap_delete(target->tcb);
    worker_set_priority(caller, ABOVE);
    check_yield_result(caller);
}

TEST(self, yield_to_ends_when_the_caller_is_deleted)
{
    struct worker *target, *caller = yielded(&target), *other;

    let_others_run();
    cap_delete(caller->tcb);
    /* Nobody waits for the context any more: it can be yielded to again, and go. */
    other = caller_new(50, invocation(target->schedctx, SchedContextYieldTo, 0, 0, 0));
    let_others_run();
    cap_delete(target->schedctx);
    worker_set_priority(other, ABOVE);
    check_yield_result(other);
}

/* The caller loses its own context while it waits: it has its answer when it gets one again. */
TEST(self, yield_to_of_a_caller_that_becomes_passive)
{
    struct worker *target, *caller = yielded(&target);

    let_others_run();
    expect_no_error(seL4_SchedContext_Unbind(caller->schedctx));
    worker_set_priority(caller, ABOVE);
    expect_blocked(caller);
    expect_no_error(seL4_SchedContext_Bind(caller->schedctx, caller->tcb));
    check_yield_result(caller);
}
