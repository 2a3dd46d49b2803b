/* Timeout faults, and budget that is not there when a thread is to go on. */
#include "harness/caller.h"
#include "harness/timing.h"

#define ABOVE (RUNNER_PRIORITY + 1)
#define NEAR  4

#define CALL   (seL4_Word) seL4_SysCall
#define RECV   (seL4_Word) seL4_SysRecv
#define NBWAIT (seL4_Word) seL4_SysNBWait
#define NBRECV (seL4_Word) seL4_SysNBRecv

static volatile seL4_Word counter;

/* A thread that counts, with a budget; the badge of its context is its number. */
static struct worker *counting(seL4_Word budget, seL4_Word period, seL4_CPtr timeouts)
{
    struct worker *worker = worker_new_budget(ABOVE, budget, period, 0, 0);
    seL4_UserContext registers = worker_registers(worker, code_count);

    worker_set_timeout_handler(worker, timeouts);
    counter = 0;
    registers.rdi = (seL4_Word)&counter;
    worker_start_at(worker, &registers);
    return worker;
}

/* row: fault.timeout.message fault.timeout.consumed_reset tcb.set_timeout_endpoint.effect fault.timeout.reply_continue */
TEST(timeout, message)
{
    seL4_CPtr timeouts = endpoint_new(), reply = reply_new();
    seL4_Word start = us_now();
    struct worker *worker = counting(1000, 5000, cap_badged(timeouts, 55));
    struct answer fault = receive(NBRECV, timeouts, reply);

    expect_near(us_now() - start, 1000, 20);
    expect_eq(fault.badge, 55);
    expect_eq(fault.label, seL4_Fault_Timeout);
    expect_eq(fault.length, 2);
    expect_eq(fault.word[0], worker->number);
    expect_near(fault.word[1], 1000, NEAR);
    /* Nothing moved, and the count began anew. */
    expect_eq(call(worker->schedctx, SchedContextConsumed, NONE, NONE).word[0], 0);
    seL4_Word before = counter;
    expect_success(call(reply, 0, NONE, NONE));
    expect_eq(counter, before); /* no budget yet */
    fault = receive(RECV, timeouts, reply);
    expect(counter > before);
    expect_near(us_now() - start, 6000, 20);
    expect_near(fault.word[1], 1000, NEAR);
}

/* row: fault.timeout.reply_registers registers.sanitise.timeout_reply */
TEST(timeout, reply_with_registers)
{
    seL4_CPtr timeouts = endpoint_new(), reply = reply_new();
    struct worker *worker = counting(1000, 3000, timeouts);
    seL4_UserContext own = worker_registers(worker, code_undefined);
    seL4_CPtr faults = endpoint_new();
    seL4_Word words[20];

    receive(NBRECV, timeouts, reply);
    worker_set_fault_handler(worker, faults);
    for (unsigned i = 0; i < 20; i++)
        words[i] = 0x100 + i;
    words[0] = own.rip;
    words[1] = own.rsp;
    words[2] = 0xffffffff;
    words[18] = 1ul << 63;
    expect_success(call(reply, 0, NONE, (struct words){20, words}));
    struct answer fault = receive((seL4_Word)seL4_SysWait, faults, 0);
    expect_eq(fault.label, seL4_Fault_UserException);
    expect_eq(fault.word[0], own.rip);
    seL4_UserContext registers = worker_read(worker);
    const seL4_Word *after = (const seL4_Word *)&registers;
    expect_eq(registers.rflags & ~0x10000ul, 0xed7);
    for (unsigned i = 3; i < 18; i++)
        expect_eq(after[i], 0x100 + i);
    expect_eq(registers.fs_base, 0);
    expect_eq(registers.gs_base, 0);
}

/* row: fault.timeout.reply_label */
TEST(timeout, reply_with_label)
{
    seL4_CPtr timeouts = endpoint_new(), reply = reply_new();
    struct worker *worker = counting(1000, 2000, timeouts);

    receive(NBRECV, timeouts, reply);
    expect_success(call(reply, 1, NONE, WORDS((seL4_Word)code_spin)));
    seL4_Word before = counter;
    sleep_for(3000);
    expect_eq(counter, before);
    expect_eq(worker_read(worker).rip, (seL4_Word)code_spin);
}

/* row: fault.timeout.no_handler tcb.set_timeout_endpoint.null */
TEST(timeout, without_handler)
{
    seL4_CPtr timeouts = endpoint_new();
    struct worker *worker = counting(1000, 3000, timeouts);
    seL4_Word start;

    receive(NBRECV, timeouts, reply_new());
    expect_no_error(seL4_TCB_SetTimeoutEndpoint(worker->tcb, 0));
    worker_suspend(worker);
    start = us_now();
    seL4_Word before = counter;
    worker_resume(worker);
    while (counter == before)
        ;
    expect(us_now() - start < 3000);
    expect_nothing(receive(NBWAIT, timeouts, 0));
}

static void answer_timeouts(struct worker *worker)
{
    seL4_Recv(worker->argument[0], NULL, worker->argument[1]);
    worker->result[0] = 1;
}

/* row: fault.delivery.timeout_lends_nothing */
TEST(timeout, lends_nothing)
{
    struct worker *handler = worker_new(ABOVE + 1);
    seL4_CPtr timeouts = handler->argument[0] = endpoint_new();

    handler->argument[1] = reply_new();
    worker_start(handler, answer_timeouts);
    expect_no_error(seL4_SchedContext_Unbind(handler->schedctx));
    struct worker *worker = counting(1000, 3000, timeouts);
    sleep_for(4000);
    expect_eq(handler->result[0], 0);
    expect_no_error(seL4_SchedContext_UnbindObject(worker->schedctx, worker->tcb));
    expect_no_error(seL4_SchedContext_Bind(handler->schedctx, handler->tcb));
    expect_eq(handler->result[0], 1);
}

/* --- in a server ------------------------------------------------------------------------------------------------------------ */

/* Counts on what the caller lends until the test writes argument[2], then replies. */
static void serve_long(struct worker *worker)
{
    seL4_Recv(worker->argument[0], NULL, worker->argument[1]);
    while (!((volatile struct worker *)worker)->argument[2])
        counter++;
    worker->result[0] = us_now();
    seL4_ReplyRecv(worker->argument[0], seL4_MessageInfo_new(0, 0, 0, 0), NULL, worker->argument[1]);
}

static void call_and_note(struct worker *worker)
{
    worker->result[1] = us_now();
    seL4_Call(worker->argument[0], seL4_MessageInfo_new(0, 0, 0, 0));
    worker->result[0] = us_now();
}

static struct worker *passive_server(void)
{
    struct worker *server = worker_new(ABOVE);

    counter = 0;
    server->argument[0] = endpoint_new();
    server->argument[1] = reply_new();
    worker_start(server, serve_long);
    expect_no_error(seL4_SchedContext_Unbind(server->schedctx));
    return server;
}

/* row: fault.timeout.lent fault.timeout.on_return */
TEST(timeout, in_a_server_and_on_return)
{
    seL4_CPtr server_timeouts = endpoint_new(), caller_timeouts = endpoint_new(), reply = reply_new(),
              other = reply_new();
    struct worker *server = passive_server(), *caller = worker_new_budget(ABOVE, 1000, 10000, 0, 0);

    worker_set_timeout_handler(server, server_timeouts);
    worker_set_timeout_handler(caller, caller_timeouts);
    caller->argument[0] = server->argument[0];
    worker_start(caller, call_and_note);
    /* The budget ran out in the server: its handler, the context's badge. */
    struct answer fault = receive(NBRECV, server_timeouts, reply);
    expect_eq(fault.label, seL4_Fault_Timeout);
    expect_eq(fault.word[0], caller->number);
    expect_near(fault.word[1], 1000, NEAR);
    expect_nothing(receive(NBRECV, caller_timeouts, other));
    /* We reply on behalf of the server: the caller has its context, no budget, and its own fault follows, consumed 0. */
    expect_success(call(server->argument[1], 0, NONE, NONE));
    fault = receive(NBRECV, caller_timeouts, other);
    expect_eq(fault.label, seL4_Fault_Timeout);
    expect_eq(fault.word[0], caller->number);
    expect_eq(fault.word[1], 0);
    expect(!caller->finished);
    /* The answer to that is not followed by another: it waits for its refill. */
    expect_success(call(other, 0, NONE, NONE));
    expect_nothing(receive(NBRECV, caller_timeouts, other));
    worker_join(caller);
    expect_near(caller->result[0] - caller->result[1], 10000, 20);
}

/* row: fault.timeout.lent_no_handler fault.timeout.on_return_no_handler */
TEST(timeout, in_a_server_without_handler)
{
    seL4_CPtr caller_timeouts = endpoint_new();
    struct worker *server = passive_server(), *caller = worker_new_budget(ABOVE, 1000, 10000, 0, 0);

    worker_set_timeout_handler(caller, caller_timeouts);
    caller->argument[0] = server->argument[0];
    worker_start(caller, call_and_note);
    /* The server waits for the refill; the caller's handler hears nothing. */
    seL4_Word before = counter;
    expect_nothing(receive(NBWAIT, caller_timeouts, 0));
    sleep_for(5000);
    expect_eq(counter, before);
    server->argument[2] = 1;
    worker_join(caller);
    expect_near(server->result[0] - caller->result[1], 10000, 20);
    expect_near(caller->result[0] - caller->result[1], 10000, 40);
}

/* row: fault.timeout.on_return_no_handler */
TEST(timeout, reply_without_budget)
{
    struct worker *server = passive_server(), *caller = worker_new_budget(ABOVE, 1000, 10000, 0, 0);

    caller->argument[0] = server->argument[0];
    worker_start(caller, call_and_note);
    seL4_Send(server->argument[1], seL4_MessageInfo_new(0, 0, 0, 0));
    expect(!caller->finished);
    worker_join(caller);
    expect_near(caller->result[0] - caller->result[1], 10000, 20);
}
