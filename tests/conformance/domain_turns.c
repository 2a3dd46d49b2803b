/* Domains in a kernel that has several (NUM_DOMAINS; with one, these tests have nothing to do). */
#include "harness/caller.h"
#include "harness/timing.h"

#define ABOVE (RUNNER_PRIORITY + 1)
#define NEAR  8

#define HAS_DOMAINS      (CONFIG_NUM_DOMAINS > 1)
#define LONGEST_DURATION ((1ul << 56) - 1)

#define CALL (seL4_Word) seL4_SysCall

static void set_turn(seL4_Word index, seL4_Uint8 domain, seL4_Word us)
{
    expect_no_error(seL4_DomainSet_ScheduleConfigure(seL4_CapDomain, index, domain, us * ticks_per_us()));
}

static void set_start(seL4_Word index)
{
    expect_no_error(seL4_DomainSet_ScheduleSetStart(seL4_CapDomain, index));
}

static void set_domain(struct worker *worker, seL4_Uint8 domain)
{
    expect_no_error(seL4_DomainSet_Set(seL4_CapDomain, domain, worker->tcb));
}

/* Domain 0 for `first` microseconds, domain 1 for `second`, and so on; beginning now. */
static void take_turns(seL4_Word first, seL4_Word second)
{
    set_turn(0, 0, first);
    set_turn(1, 1, second);
    set_start(0);
}

/* The end of every test: as at boot. */
static void stay_in_domain_0(void)
{
    expect_no_error(seL4_DomainSet_ScheduleConfigure(seL4_CapDomain, 0, 0, LONGEST_DURATION));
    set_start(0);
    set_turn(1, 0, 0);
}

static seL4_Word consumed_by(seL4_CPtr schedctx)
{
    seL4_SchedContext_Consumed_t answer = seL4_SchedContext_Consumed(schedctx);

    expect_no_error(answer.error);
    return answer.consumed;
}

static struct runs runs;

static void record_five(struct worker *worker)
{
    (void)worker;
    runs_record(&runs, 5);
}

TEST(domain_turns, threads_run_in_their_turns)
{
    if (!HAS_DOMAINS)
        return;
    struct worker *worker = worker_new(ABOVE);

    runs = (struct runs){0};
    set_domain(worker, 1);
    worker_start(worker, record_five);
    expect(!worker->finished); /* it is above, but not in this domain */
    take_turns(2000, 3000);
    worker_join(worker);
    stay_in_domain_0();
    for (unsigned i = 1; i < 5; i++) {
        expect_near(runs.end[i] - runs.begin[i], 3000, NEAR);
        expect_near(runs.begin[i] - runs.end[i - 1], 2000, NEAR);
    }
    /* The time of the other domain's turns is not charged. */
    expect_near(consumed_by(worker->schedctx), 15000, 150);
}

static void move_and_burn(struct worker *worker)
{
    set_domain(worker, 1);
    worker->result[0] = us_now();
    set_domain(worker, 0);
    worker->result[1] = us_now();
}

TEST(domain_turns, running_thread_moves)
{
    if (!HAS_DOMAINS)
        return;
    struct worker *worker = worker_new(ABOVE);

    take_turns(4000, 4000);
    seL4_Word start = us_now();
    worker_start(worker, move_and_burn);
    worker_join(worker);
    stay_in_domain_0();
    expect_near(worker->result[0] - start, 4000, 60);
    expect_near(worker->result[1] - start, 8000, 60);
}

/* The schedule begins at that entry and comes back to it, not to the first one. */
TEST(domain_turns, start_is_set_at_once)
{
    if (!HAS_DOMAINS)
        return;
    struct worker *worker = worker_new(50);

    runs = (struct runs){0};
    set_domain(worker, 1);
    worker_start(worker, record_five);
    take_turns(700000, 1000);
    set_turn(2, 0, 2000);
    set_start(1);
    worker_join(worker);
    set_start(2);
    stay_in_domain_0();
    set_turn(2, 0, 0);
    for (unsigned i = 1; i < 5; i++) {
        expect_near(runs.end[i] - runs.begin[i], 1000, NEAR);
        expect_near(runs.begin[i] - runs.end[i - 1], 2000, NEAR);
    }
}

static void serve_other_domain(struct worker *worker)
{
    seL4_Recv(worker->argument[0], NULL, worker->argument[1]);
    burn(1000);
    worker->result[0] = us_now();
    seL4_ReplyRecv(worker->argument[0], seL4_MessageInfo_new(1, 0, 0, 0), NULL, worker->argument[1]);
}

static void call_server(struct worker *worker)
{
    seL4_Call(worker->argument[0], seL4_MessageInfo_new(2, 0, 0, 0));
    worker->result[0] = us_now();
}

/* A context is lent across domains: each side runs in its own turns, on the client's context. */
TEST(domain_turns, call_to_a_passive_server_of_another_domain)
{
    if (!HAS_DOMAINS)
        return;
    struct worker *server = worker_new(ABOVE), *client = worker_new(ABOVE);

    client->argument[0] = server->argument[0] = endpoint_new();
    server->argument[1] = reply_new();
    worker_start(server, serve_other_domain);
    expect_no_error(seL4_SchedContext_Unbind(server->schedctx));
    set_domain(server, 1);
    take_turns(2000, 3000);
    seL4_Word start = us_now();
    worker_start(client, call_server);
    worker_join(client);
    stay_in_domain_0();
    expect_near(server->result[0] - start, 3000, 60);
    expect_near(client->result[0] - start, 5000, 60);
    expect_near(consumed_by(client->schedctx), 1000, 100);
}

static void answer_and_take_the_next(struct worker *worker)
{
    struct worker *next = (struct worker *)worker->argument[2];

    seL4_Recv(worker->argument[0], NULL, worker->argument[1]);
    caller_again(next, (struct syscall){.number = CALL, .cap = worker->argument[0], .info = INFO(7, 0, 0)});
    seL4_ReplyRecv(worker->argument[0], seL4_MessageInfo_new(0, 0, 0, 0), NULL, worker->argument[1]);
    burn(1000);
}

/* The first client, of another domain, is woken there: the server goes on with the second one's context. */
TEST(domain_turns, second_client_pays_when_the_first_is_of_another_domain)
{
    if (!HAS_DOMAINS)
        return;
    struct worker *server = worker_new(ABOVE), *first = worker_new(ABOVE), *second = worker_new(ABOVE + 1);

    first->argument[0] = server->argument[0] = endpoint_new();
    server->argument[1] = reply_new();
    server->argument[2] = (seL4_Word)second;
    worker_start(server, answer_and_take_the_next);
    expect_no_error(seL4_SchedContext_Unbind(server->schedctx));
    set_domain(first, 1);
    consumed_by(second->schedctx);
    worker_start(first, call_server);
    take_turns(4000, 4000);
    worker_join(server);
    worker_join(first);
    stay_in_domain_0();
    expect_near(consumed_by(first->schedctx), 0, 100);
    expect_near(consumed_by(second->schedctx), 1000, 100);
}

static void burn_budget(struct worker *worker)
{
    runs_record(&runs, (unsigned)worker->argument[0]);
}

/* Refills come back by absolute time, whoever's turn it is. */
TEST(domain_turns, refills_come_back_in_other_turns)
{
    if (!HAS_DOMAINS)
        return;
    struct worker *worker = worker_new_budget(ABOVE, 1000, 4000, 0, 0);

    runs = (struct runs){0};
    worker->argument[0] = 4;
    set_domain(worker, 1);
    worker_start(worker, burn_budget);
    take_turns(3000, 5000);
    worker_join(worker);
    stay_in_domain_0();
    /* Two budgets fit into each turn of 5 ms: at its begin, and 4 ms later for what is left of it. */
    expect_near(runs.end[0] - runs.begin[0], 998, NEAR);
    expect_near(runs.begin[1] - runs.begin[0], 4000, NEAR);
    expect_near(runs.begin[2] - runs.begin[0], 8000, NEAR);
}
