/* Who pays when scheduling contexts change hands within one call, and calls whose answer comes late. */
#include "harness/caller.h"
#include "harness/timing.h"
#include "lib/start.h"

#define ABOVE (RUNNER_PRIORITY + 1)

#define SEND (seL4_Word) seL4_SysSend
#define CALL (seL4_Word) seL4_SysCall

#define BURNT_US 3000

enum { ENDPOINT, REPLY, NEXT_CLIENT, LABEL };

static seL4_Word consumed_by(seL4_CPtr schedctx)
{
    seL4_SchedContext_Consumed_t answer = seL4_SchedContext_Consumed(schedctx);

    expect_no_error(answer.error);
    return answer.consumed;
}

/* Takes a message, lets the next client queue, answers with the label, takes the next message, and computes for a while. */
static void serve_two(struct worker *worker)
{
    struct worker *next = (struct worker *)worker->argument[NEXT_CLIENT];

    seL4_Recv(worker->argument[ENDPOINT], NULL, worker->argument[REPLY]);
    caller_again(next, (struct syscall){.number = CALL, .cap = worker->argument[ENDPOINT], .info = INFO(7, 0, 0)});
    seL4_ReplyRecv(worker->argument[ENDPOINT], seL4_MessageInfo_new(worker->argument[LABEL], 0, 0, 0), NULL,
                   worker->argument[REPLY]);
    burn(BURNT_US);
}

/*
 * The server answers the fault of a client, which stops it, and goes on at once with the call of another. Nobody is woken by
 * that, so the kernel took the quick way out, and the first client's context paid for the work on the second one's.
 */
static void check_second_client_pays(seL4_Word label)
{
    seL4_CPtr endpoint = endpoint_new();
    struct worker *server = worker_new(ABOVE), *first = worker_new(50), *second = worker_new(ABOVE + 1);

    server->argument[ENDPOINT] = endpoint;
    server->argument[REPLY] = reply_new();
    server->argument[NEXT_CLIENT] = (seL4_Word)second;
    server->argument[LABEL] = label;
    worker_start(server, serve_two);
    expect_no_error(seL4_SchedContext_Unbind(server->schedctx));
    worker_set_fault_handler(first, endpoint);
    consumed_by(first->schedctx);
    consumed_by(second->schedctx);

    seL4_UserContext registers = worker_registers(first, code_undefined);
    worker_start_at(first, &registers);
    worker_join(server);
    expect_near(consumed_by(first->schedctx), 0, 200);
    expect_near(consumed_by(second->schedctx), BURNT_US, 200);
}

TEST(payer, second_client_pays_when_the_first_is_stopped)
{
    check_second_client_pays(1);
}

TEST(payer, second_client_pays_when_the_first_goes_on)
{
    check_second_client_pays(0);
}

static void do_nothing(struct worker *worker)
{
    (void)worker;
}

/* A YieldTo that was only sent has no answer: not one register is written, though the caller waited. */
TEST(payer, sent_yield_to_writes_nothing)
{
    struct worker *target = worker_new(50), *last = worker_new(40);
    struct syscall syscall = {
        .number = SEND, .cap = target->schedctx, .info = INFO(SchedContextYieldTo, 0, 0), .word = {1, 2, 3, 4}};

    worker_start(target, do_nothing);
    struct worker *caller = caller_new(50, syscall); /* stands before the target */
    worker_start(last, do_nothing);
    worker_join(last);
    expect(target->finished);
    seL4_UserContext registers = expect_returned(caller);
    expect_eq(registers.rdi, target->schedctx);
    expect_eq(registers.rsi, syscall.info);
    expect_eq(registers.r10, 1);
    expect_eq(registers.r8, 2);
}

/* --- many refills ---------------------------------------------------------------------------------------------------------- */

#define FRAGMENTS 6000

static volatile seL4_Word woken_at;

static void take_signals(struct worker *worker)
{
    for (;;) {
        seL4_Wait(worker->argument[0], NULL);
        woken_at = ticks_now();
    }
}

/*
 * The context of a thread that ran and blocked often has many small refills. When all have come back they are joined in one
 * go, with interrupts off: that must not take as long as whoever chooses the object's size likes.
 */
TEST(payer, many_refills_come_back_at_once)
{
    struct worker *worker = worker_new_passive(ABOVE);
    seL4_CPtr schedctx = schedctx_unconfigured(17), notification = notification_new();

    worker->argument[0] = notification;
    expect_no_error(seL4_SchedControl_ConfigureFlags(pecan_boot_info()->schedcontrol.start, schedctx, 500000, 600000,
                                                     8184 - 2, 0, 0));
    expect_no_error(seL4_SchedContext_Bind(schedctx, worker->tcb));
    worker_start(worker, take_signals);
    for (unsigned i = 0; i < FRAGMENTS; i++) {
        seL4_Signal(notification);
        if (i % 1000 == 0)
            test_is_alive();
    }
    seL4_Word start = us_now();
    while (us_now() < start + 600000)
        ;
    test_is_alive();
    seL4_Word before = ticks_now();
    seL4_Signal(notification);
    test_figure("6,000 refills joined at a wake-up: %lu ticks", woken_at - before);
    expect((woken_at - before) / ticks_per_us() < 10);
}

/* --- a signal in the second half ------------------------------------------------------------------------------------------- */

/* Gives its context away with the first half, and takes a pending signal with the second. */
static void give_and_take(struct worker *worker)
{
    seL4_Recv(worker->argument[0], NULL, worker->argument[1]);
    seL4_Signal(worker->argument[2]);
    seL4_NBSendWait(worker->argument[1], seL4_MessageInfo_new(1, 0, 0, 0), worker->argument[2], NULL);
    burn(BURNT_US);
}

/* The same with the context of a notification: the client that was stopped does not pay for what the signal lets run. */
TEST(payer, notification_pays_when_the_client_is_stopped)
{
    seL4_CPtr endpoint = endpoint_new(), notification = notification_new(), schedctx = schedctx_new(1000000, 1000000);
    struct worker *server = worker_new(ABOVE), *client = worker_new(50);

    expect_no_error(seL4_SchedContext_Bind(schedctx, notification));
    server->argument[0] = endpoint;
    server->argument[1] = reply_new();
    server->argument[2] = notification;
    worker_start(server, give_and_take);
    expect_no_error(seL4_SchedContext_Unbind(server->schedctx));
    worker_set_fault_handler(client, endpoint);
    consumed_by(client->schedctx);

    seL4_UserContext registers = worker_registers(client, code_undefined);
    worker_start_at(client, &registers);
    worker_join(server);
    expect_near(consumed_by(client->schedctx), 0, 200);
    expect_near(consumed_by(schedctx), BURNT_US, 200);
}
