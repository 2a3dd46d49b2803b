/* Scheduling contexts and their control: checks, binding, YieldTo. */
#include "harness/caller.h"
#include "harness/timing.h"

#define ABOVE (RUNNER_PRIORITY + 1)
#define NEAR  4

#define CONTROL (seL4_GetBootInfo()->schedcontrol.start)
#define WAIT    (seL4_Word) seL4_SysWait
#define NBWAIT  (seL4_Word) seL4_SysNBWait

#define CONFIGURE(schedctx, ...) call(CONTROL, SchedControlConfigureFlags, CAPS(schedctx), WORDS(__VA_ARGS__))

/* --- ConfigureFlags ------------------------------------------------------------------------------------------------------- */

/* row: sched_control.configure.label sched_control.configure.no_cap sched_control.configure.length */
/* row: sched_control.configure.budget_max sched_control.configure.period_max sched_control.configure.budget_min */
/* row: sched_control.configure.period_min sched_control.configure.budget_period sched_control.configure.type */
/* row: sched_control.configure.refills sched_control.configure.refills_round_robin sched_control.configure.max_value */
TEST(schedctx, configure_checks)
{
    seL4_CPtr schedctx = schedctx_unconfigured(7), endpoint = endpoint_new();
    seL4_Word most = ~0ul / ticks_per_us() / 8;

    expect_answer(call(CONTROL, SchedContextBind, NONE, NONE), seL4_IllegalOperation, NONE);
    expect_answer(call(CONTROL, SchedControlConfigureFlags, CAPS(schedctx), WORDS(100, 100, 0, 0)),
                  seL4_TruncatedMessage, NONE);
    expect_answer(call(CONTROL, SchedControlConfigureFlags, NONE, WORDS(100, 100, 0, 0, 0)), seL4_TruncatedMessage,
                  NONE);
    expect_answer(CONFIGURE(endpoint, most + 1, 10, 99, 0, 0), seL4_RangeError, WORDS(20, most));
    expect_answer(CONFIGURE(endpoint, 10, most + 1, 99, 0, 0), seL4_RangeError, WORDS(20, most));
    expect_answer(CONFIGURE(endpoint, ~0ul, ~0ul, 99, 0, 0), seL4_RangeError, WORDS(20, most));
    expect_answer(CONFIGURE(endpoint, 19, 10, 99, 0, 0), seL4_RangeError, WORDS(20, most));
    expect_answer(CONFIGURE(endpoint, 20, 19, 99, 0, 0), seL4_RangeError, WORDS(20, most));
    expect_answer(CONFIGURE(endpoint, 0, 0, 99, 0, 0), seL4_RangeError, WORDS(20, most));
    expect_answer(CONFIGURE(endpoint, 101, 100, 99, 0, 0), seL4_RangeError, WORDS(20, 100));
    expect_answer(CONFIGURE(endpoint, 100, 100, 99, 0, 0), seL4_InvalidCapability, WORDS(1));
    expect_answer(CONFIGURE(0, 100, 100, 0, 0, 0), seL4_InvalidCapability, WORDS(1));
    expect_answer(CONFIGURE(schedctx, 100, 200, 1, 0, 0), seL4_RangeError, WORDS(0, 0));
    expect_answer(CONFIGURE(schedctx, 100, 100, 1, 0, 0), seL4_RangeError, WORDS(0, 0));
    expect_success(CONFIGURE(schedctx, 20, 20, 0, 0, 0));
    expect_success(CONFIGURE(schedctx, 20, most, 0, 0, 0));
    expect_success(CONFIGURE(schedctx, most, most, 0, 0, 0));
}

/* row: sched_control.configure.size_refills */
TEST(schedctx, refills_by_size)
{
    const seL4_Word extra[] = {0, 8, 24, 56, 120, 248};

    for (seL4_Word bits = 7; bits <= 12; bits++) {
        seL4_CPtr schedctx = schedctx_unconfigured(bits);
        expect_answer(CONFIGURE(schedctx, 100, 200, extra[bits - 7] + 1, 0, 0), seL4_RangeError,
                      WORDS(0, extra[bits - 7]));
        expect_success(CONFIGURE(schedctx, 100, 200, extra[bits - 7], 0, 0));
    }
}

static struct runs runs;

static void record(struct worker *worker)
{
    runs_record(&runs, (unsigned)worker->argument[0]);
}

static void record_again(struct worker *worker)
{
    seL4_Wait(worker->argument[1], NULL);
    runs_record(&runs, (unsigned)worker->argument[0]);
}

/* row: sched_control.configure.full_now */
TEST(schedctx, reconfigured_while_not_in_use)
{
    struct worker *worker = worker_new_budget(ABOVE, 1000, 50000, 0, 0);
    seL4_CPtr notification = worker->argument[1] = notification_new();

    runs = (struct runs){0};
    worker->argument[0] = 2;
    worker_start(worker, record_again);
    /* Blocked: the whole of the new budget is there at once. */
    expect_success(CONFIGURE(worker->schedctx, 2000, 10000, 0, 0, 0));
    seL4_Signal(notification);
    worker_join(worker);
    expect_near(runs.end[0] - runs.begin[0], 1998, NEAR);
    expect_near(runs.begin[1] - runs.begin[0], 9998, NEAR + 2);
}

static volatile seL4_Word counter;

static struct worker *counting(struct worker *worker)
{
    seL4_UserContext registers = worker_registers(worker, code_count);

    counter = 0;
    registers.rdi = (seL4_Word)&counter;
    worker_start_at(worker, &registers);
    return worker;
}

/* row: sched_control.configure.bandwidth */
TEST(schedctx, reconfigured_while_in_use)
{
    struct worker *worker = worker_new_budget(ABOVE, 1000, 20000, 8, 0);

    runs = (struct runs){0};
    worker->argument[0] = 3;
    worker_start(worker, record); /* used up when we are back here */
    spin_until(runs.start + 2000);
    /* The head refill is the old one, at 20000; the rest of the new budget comes one new period behind it. */
    expect_success(CONFIGURE(worker->schedctx, 3000, 5000, 8, 0, 0));
    worker_join(worker);
    expect_near(runs.begin[1], 19998, NEAR + 2);
    expect_near(runs.end[1] - runs.begin[1], 998, NEAR);
    expect_near(runs.begin[2], 24998, NEAR + 3);
}

/* row: sched_control.configure.running */
TEST(schedctx, running_context_is_charged_first)
{
    seL4_CPtr own = runner()->schedctx;

    expect_success(CONFIGURE(own, 50000, 50000, 0, 0, 0));
    call(own, SchedContextConsumed, NONE, NONE);
    seL4_Word start = us_now();
    spin_until(start + 700);
    expect_success(CONFIGURE(own, 1000000, 1000000, 0, 0, 0));
    expect_near(call(own, SchedContextConsumed, NONE, NONE).word[0], 700, NEAR);
}

/* --- Bind --------------------------------------------------------------------------------------------------------------------- */

/* row: schedcontext.any.label schedcontext.bind.no_cap schedcontext.bind.type schedcontext.bind.context_bound */
/* row: schedcontext.bind.thread_bound schedcontext.bind.notification_bound schedcontext.bind.context_notification */
TEST(schedctx, bind_checks)
{
    struct worker *worker = worker_new(1);
    seL4_CPtr free = schedctx_new(1000, 1000), tcb = tcb_new(), notification = notification_new();

    expect_answer(call(free, TCBSuspend, NONE, NONE), seL4_IllegalOperation, NONE);
    expect_answer(call(free, SchedControlConfigureFlags, NONE, NONE), seL4_IllegalOperation, NONE);
    expect_answer(call(free, SchedContextBind, NONE, NONE), seL4_TruncatedMessage, NONE);
    expect_answer(call(free, SchedContextBind, CAPS(endpoint_new()), NONE), seL4_InvalidCapability, WORDS(1));
    expect_answer(call(free, SchedContextBind, CAPS(0), NONE), seL4_InvalidCapability, WORDS(1));
    expect_answer(call(worker->schedctx, SchedContextBind, CAPS(tcb), NONE), seL4_IllegalOperation, NONE);
    expect_answer(call(free, SchedContextBind, CAPS(worker->tcb), NONE), seL4_IllegalOperation, NONE);
    expect_success(call(free, SchedContextBind, CAPS(notification), NONE));
    expect_answer(call(free, SchedContextBind, CAPS(notification_new()), NONE), seL4_IllegalOperation, NONE);
    expect_answer(call(worker->schedctx, SchedContextBind, CAPS(notification), NONE), seL4_IllegalOperation, NONE);
    /* A notification and a thread at the same time. */
    expect_success(call(free, SchedContextBind, CAPS(tcb), NONE));
}

/* row: schedcontext.bind.runs schedcontext.bind.unconfigured object.new.schedcontext */
TEST(schedctx, bind_lets_a_thread_run)
{
    struct worker *worker = worker_new_passive(ABOVE);
    seL4_CPtr schedctx = schedctx_unconfigured(7);
    seL4_UserContext registers = worker_registers(worker, code_undefined);
    seL4_CPtr faults = endpoint_new();

    worker_set_fault_handler(worker, faults);
    worker_start_at(worker, &registers);
    expect_success(call(schedctx, SchedContextBind, CAPS(worker->tcb), NONE));
    expect_nothing(receive(NBWAIT, faults, 0));
    expect_success(CONFIGURE(schedctx, 1000, 2000, 0, 0, 0));
    expect_eq(receive(NBWAIT, faults, 0).label, seL4_Fault_UserException);
    expect_no_error(seL4_SchedContext_Unbind(schedctx));
    worker_start_at(worker, &registers);
    expect_nothing(receive(NBWAIT, faults, 0));
    expect_success(call(schedctx, SchedContextBind, CAPS(worker->tcb), NONE));
    expect_eq(receive(NBWAIT, faults, 0).label, seL4_Fault_UserException);
}

static void note_time(struct worker *worker)
{
    worker->result[0] = us_now();
}

static void use_all(struct worker *worker)
{
    worker->result[0] = us_now();
    for (;;)
        ;
}

/* row: schedcontext.bind.waits */
TEST(schedctx, bound_thread_waits_for_the_refill)
{
    struct worker *first = worker_new_budget(ABOVE, 1000, 5000, 0, 0), *second = worker_new_passive(ABOVE);

    worker_start(first, use_all); /* until the budget is used */
    expect_no_error(seL4_SchedContext_Unbind(first->schedctx));
    worker_start(second, note_time);
    expect_success(call(first->schedctx, SchedContextBind, CAPS(second->tcb), NONE));
    expect(!second->finished);
    worker_join(second);
    expect_near(second->result[0] - first->result[0], 5000, 20);
}

/* --- Unbind ---------------------------------------------------------------------------------------------------------------------- */

/* row: schedcontext.unbind.self schedcontext.unbind.thread schedcontext.unbind.notification schedcontext.unbind.none */
TEST(schedctx, unbind)
{
    struct worker *worker = counting(worker_new_budget(RUNNER_PRIORITY, 100, 100, 0, 0));
    seL4_CPtr notification = notification_new(), other = schedctx_new(1000, 1000);

    expect_answer(call(runner()->schedctx, SchedContextUnbind, NONE, NONE), seL4_IllegalOperation, NONE);
    expect_success(call(other, SchedContextUnbind, NONE, NONE));
    expect_success(call(worker->schedctx, SchedContextBind, CAPS(notification), NONE));
    seL4_Yield();
    expect(counter > 0);
    expect_success(call(worker->schedctx, SchedContextUnbind, NONE, NONE));
    seL4_Word before = counter;
    seL4_Yield();
    expect_eq(counter, before);
    expect_success(call(other, SchedContextBind, CAPS(notification), NONE));
    expect_success(call(other, SchedContextBind, CAPS(worker->tcb), NONE));
}

/* row: schedcontext.unbind_object.no_cap schedcontext.unbind_object.type schedcontext.unbind_object.other_thread */
/* row: schedcontext.unbind_object.other_notification schedcontext.unbind_object.self schedcontext.unbind_object.thread */
/* row: schedcontext.unbind_object.notification */
TEST(schedctx, unbind_object)
{
    struct worker *worker = counting(worker_new_budget(RUNNER_PRIORITY, 100, 100, 0, 0));
    seL4_CPtr schedctx = worker->schedctx, notification = notification_new(), other = schedctx_new(1000, 1000);

    expect_success(call(schedctx, SchedContextBind, CAPS(notification), NONE));
    expect_answer(call(schedctx, SchedContextUnbindObject, NONE, NONE), seL4_TruncatedMessage, NONE);
    expect_answer(call(schedctx, SchedContextUnbindObject, CAPS(endpoint_new()), NONE), seL4_InvalidCapability,
                  WORDS(1));
    expect_answer(call(schedctx, SchedContextUnbindObject, CAPS(0), NONE), seL4_InvalidCapability, WORDS(1));
    expect_answer(call(schedctx, SchedContextUnbindObject, CAPS(tcb_new()), NONE), seL4_IllegalOperation, NONE);
    expect_answer(call(schedctx, SchedContextUnbindObject, CAPS(runner()->tcb), NONE), seL4_IllegalOperation, NONE);
    expect_answer(call(schedctx, SchedContextUnbindObject, CAPS(notification_new()), NONE), seL4_IllegalOperation,
                  NONE);
    expect_answer(call(runner()->schedctx, SchedContextUnbindObject, CAPS(runner()->tcb), NONE), seL4_IllegalOperation,
                  NONE);
    expect_success(call(schedctx, SchedContextUnbindObject, CAPS(notification), NONE));
    expect_success(call(other, SchedContextBind, CAPS(notification), NONE));
    seL4_Yield();
    expect(counter > 0);
    expect_success(call(schedctx, SchedContextUnbindObject, CAPS(worker->tcb), NONE));
    seL4_Word before = counter;
    seL4_Yield();
    expect_eq(counter, before);
}

/* --- YieldTo -------------------------------------------------------------------------------------------------------------------------- */

/* row: schedcontext.yield_to.no_thread schedcontext.yield_to.self schedcontext.yield_to.priority */
TEST(schedctx, yield_to_checks)
{
    struct worker *high = worker_new(ABOVE);

    expect_answer(call(schedctx_new(1000, 1000), SchedContextYieldTo, NONE, NONE), seL4_IllegalOperation, NONE);
    expect_answer(call(runner()->schedctx, SchedContextYieldTo, NONE, NONE), seL4_IllegalOperation, NONE);
    expect_no_error(seL4_TCB_SetMCPriority(runner()->tcb, seL4_CapInitThreadTCB, RUNNER_PRIORITY));
    expect_answer(call(high->schedctx, SchedContextYieldTo, NONE, NONE), seL4_IllegalOperation, NONE);
    worker_set_priority(high, RUNNER_PRIORITY);
    expect_answer(call(high->schedctx, SchedContextYieldTo, NONE, NONE), seL4_NoError, WORDS(0));
}

static volatile unsigned order;

static void note_order(struct worker *worker)
{
    order = order * 10 + (unsigned)worker->argument[0];
}

/* row: schedcontext.yield_to.lower schedcontext.yield_to.not_runnable */
TEST(schedctx, yield_to_lower)
{
    struct worker *first = worker_new(50), *second = worker_new(50);

    order = 0;
    first->argument[0] = 1;
    second->argument[0] = 2;
    expect_answer(call(first->schedctx, SchedContextYieldTo, NONE, NONE), seL4_NoError, WORDS(0));
    worker_start(first, note_order);
    worker_start(second, note_order); /* woken later it stands before the first */
    expect_answer(call(first->schedctx, SchedContextYieldTo, NONE, NONE), seL4_NoError, WORDS(0));
    expect_eq(order, 0);
    worker_join(second);
    expect_eq(order, 12);
}

static void burn_some(struct worker *worker)
{
    burn(worker->argument[0]);
    order = order * 10 + 7;
}

/* row: schedcontext.yield_to.equal */
TEST(schedctx, yield_to_equal)
{
    struct worker *worker = worker_new(RUNNER_PRIORITY), *other = worker_new(RUNNER_PRIORITY);

    order = 0;
    worker->argument[0] = 400;
    other->argument[0] = 3;
    worker_start(other, note_order);
    worker_start(worker, burn_some);
    struct answer answer = call(worker->schedctx, SchedContextYieldTo, NONE, NONE);
    /* It ran before us, and before its equal that came earlier; we stand before that one, too. */
    expect_eq(order, 7);
    expect_eq(answer.label, seL4_NoError);
    expect_eq(answer.badge, 0);
    expect_eq(answer.length, 1);
    expect_near(answer.word[0], 400, 20);
}

static void yield_to(struct worker *worker)
{
    seL4_SchedContext_YieldTo_t result = seL4_SchedContext_YieldTo(worker->argument[0]);

    worker->result[0] = (seL4_Word)result.error;
    worker->result[1] = result.consumed;
}

/* A thread of priority 50 yields to a spinning one of `priority`, which does not stop; we come back after a while. */
static struct worker *yielding_to(struct worker *spinner, seL4_Word priority)
{
    struct worker *worker = worker_new(50);
    seL4_UserContext registers = worker_registers(spinner, code_spin);

    worker->argument[0] = spinner->schedctx;
    worker_start_at(spinner, &registers);
    worker_start(worker, yield_to); /* woken last: at the head, or below */
    worker_set_priority(spinner, priority);
    worker_set_priority(worker, priority);
    sleep_for(500);
    worker_set_priority(worker, 50);
    return worker;
}

/* row: schedcontext.yield_to.equal schedcontext.yield_to.deleted */
TEST(schedctx, yield_to_completes_when_the_context_is_deleted)
{
    struct worker *spinner = worker_new(49), *worker = yielding_to(spinner, 50);

    expect(!worker->finished);
    cap_delete(spinner->schedctx);
    worker_join(worker);
    expect_eq(worker->result[0], seL4_NoError);
    expect_near(worker->result[1], 500, 40);
}

/* row: schedcontext.yield_to.unbound */
TEST(schedctx, yield_to_completes_when_the_context_is_unbound)
{
    struct worker *spinner = worker_new(49), *worker = yielding_to(spinner, 50);

    expect(!worker->finished);
    expect_no_error(seL4_SchedContext_Unbind(spinner->schedctx));
    worker_join(worker);
    expect_eq(worker->result[0], seL4_NoError);
    expect_near(worker->result[1], 500, 40);
}

/* row: schedcontext.yield_to.again */
TEST(schedctx, yield_to_completes_when_another_takes_its_place)
{
    struct worker *spinner = worker_new(49), *worker = yielding_to(spinner, 50), *second = worker_new(50);

    expect(!worker->finished);
    second->argument[0] = spinner->schedctx;
    worker_start(second, yield_to); /* at the head of 50 */
    sleep_for(300);
    expect(!second->finished);
    /* The spinner out of the way both are seen: the first completed when the second began. */
    expect_no_error(seL4_SchedContext_Unbind(spinner->schedctx));
    worker_join(worker);
    expect_eq(worker->result[0], seL4_NoError);
    expect_near(worker->result[1], 500, 40);
    worker_join(second);
    expect_near(second->result[1], 300, 40);
}

static void note_and_yield_to(struct worker *worker)
{
    order = order * 10 + 1;
    yield_to(worker);
    order = order * 10 + 3;
}

static void note_two(struct worker *worker)
{
    (void)worker;
    order = order * 10 + 2;
}

/* A ready thread of a higher priority would run instead of the caller, so an equal one stands for it here. */
/* row: schedcontext.yield_to.higher */
TEST(schedctx, yield_to_one_that_stands_behind)
{
    struct worker *caller = worker_new(60), *target = worker_new(60);

    order = 0;
    caller->argument[0] = target->schedctx;
    worker_start(target, note_two);
    worker_start(caller, note_and_yield_to); /* before the target in the queue */
    sleep_for(200);
    expect_eq(order, 123);
    expect_eq(caller->result[0], seL4_NoError);
}

/* row: schedcontext.yield_to.not_runnable */
TEST(schedctx, yield_to_a_blocked_thread)
{
    struct worker *blocked = caller_new(ABOVE, (struct syscall){.number = WAIT, .cap = notification_new()});

    call(blocked->schedctx, SchedContextConsumed, NONE, NONE);
    expect_answer(call(blocked->schedctx, SchedContextYieldTo, NONE, NONE), seL4_NoError, WORDS(0));
    worker_suspend(blocked);
    expect_answer(call(blocked->schedctx, SchedContextYieldTo, NONE, NONE), seL4_NoError, WORDS(0));
}

/* --- who runs ------------------------------------------------------------------------------------------------------------------------ */

static void note_order_only(struct worker *worker)
{
    note_order(worker);
}

/* row: sched.choice.highest sched.choice.wake_lower */
TEST(schedctx, highest_runs_first)
{
    const seL4_Word priorities[] = {20, 40, 30, 40, 20};

    order = 0;
    for (unsigned i = 0; i < 5; i++) {
        struct worker *worker = worker_new(priorities[i]);
        worker->argument[0] = i + 1;
        worker_start(worker, note_order_only);
    }
    sleep_for(500);
    /* Lower threads are put at the heads of their queues when they are woken. */
    expect_eq(order, 42351);
}

static void wake_equal(struct worker *worker)
{
    note_order(worker);
    seL4_Signal(worker->argument[1]);
    order = order * 10 + 8;
}

static void wait_and_note(struct worker *worker)
{
    seL4_Wait(worker->argument[1], NULL);
    note_order(worker);
}

/* row: sched.choice.wake_equal sched.choice.wake_higher */
TEST(schedctx, waking_an_equal)
{
    struct worker *waiter = worker_new(60), *ready = worker_new(60), *waker = worker_new(60);

    order = 0;
    waiter->argument[0] = 1;
    ready->argument[0] = 2;
    waker->argument[0] = 3;
    waiter->argument[1] = waker->argument[1] = notification_new();
    worker_start(waiter, wait_and_note);
    sleep_for(200);
    worker_start(ready, note_order_only);
    worker_start(waker, wake_equal); /* at the head */
    sleep_for(200);
    /* The waker goes on; the woken one stands behind the ready one. */
    expect_eq(order, 3821);

    order = 0;
    waiter->argument[0] = 1;
    worker_start(waiter, wait_and_note);
    sleep_for(200);
    worker_set_priority(waiter, 61);
    worker_start(ready, note_order_only);
    worker_start(waker, wake_equal);
    sleep_for(200);
    /* The higher one at once; then the waker, still at the head of its queue. */
    expect_eq(order, 3182);
}

static void call_and_note(struct worker *worker)
{
    seL4_Call(worker->argument[1], seL4_MessageInfo_new(0, 0, 0, 0));
    note_order(worker);
}

static void serve_and_note(struct worker *worker)
{
    seL4_Recv(worker->argument[1], NULL, worker->argument[2]);
    note_order(worker);
    seL4_Send(worker->argument[2], seL4_MessageInfo_new(0, 0, 0, 0));
    order = order * 10 + 9;
}

/* row: sched.choice.blocking_switch */
TEST(schedctx, blocking_switches_to_the_woken)
{
    struct worker *server = worker_new(60), *caller = worker_new(60), *other = worker_new(60);

    order = 0;
    server->argument[0] = 1;
    caller->argument[0] = 2;
    other->argument[0] = 3;
    server->argument[1] = caller->argument[1] = endpoint_new();
    server->argument[2] = reply_new();
    worker_start(server, serve_and_note);
    sleep_for(200);
    worker_start(other, note_order_only);
    worker_start(caller, call_and_note);
    sleep_for(300);
    /* The server runs at once, before its ready equal; the caller, woken by the reply, goes behind that. */
    expect_eq(order, 1932);
}

/* row: tcb.set_priority.ready tcb.set_priority.running */
TEST(schedctx, priority_of_a_ready_thread)
{
    struct worker *first = worker_new(50), *second = worker_new(50), *third = worker_new(40);

    order = 0;
    first->argument[0] = 1;
    second->argument[0] = 2;
    third->argument[0] = 3;
    worker_start(second, note_order_only);
    worker_start(first, note_order_only);
    worker_start(third, note_order_only);
    worker_set_priority(third, 50);  /* before both */
    worker_set_priority(second, 50); /* and this one before all */
    expect_eq(order, 0);
    /* The runner's own below them: they run before it is back. */
    worker_set_priority(runner(), 30);
    expect_eq(order, 231);
}
