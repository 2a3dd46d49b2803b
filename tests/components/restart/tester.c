/*
 * Makes servers fail in every way, and holds init's accounts before against those after. Everything happens in init():
 * a notification is polled for where one is awaited.
 */
#include "orders.h"

#include <microkit.h>
#include <pecan/component.h>
#include <pecan/supervisor.h>

enum {
    ACTIVE = 1,
    PASSIVE = 2,
    PARENT = 3,
    CALLER = 4,
    LIMITED = 5,
    WATCHED = 6,
    BUDGETED = 7,
    DELAYED = 8,
    MIDDLE = 9
};
/* Domains by their place in restart.system. */
enum {
    INDEX_ACTIVE = 1,
    INDEX_PASSIVE = 2,
    INDEX_PARENT = 3,
    INDEX_CHILD = 4,
    INDEX_CALLER = 5,
    INDEX_LIMITED = 6,
    INDEX_WATCHED = 7,
    INDEX_BUDGETED = 8,
    INDEX_DELAYED = 9,
    INDEX_MIDDLE = 10
};
enum { ROUNDS = 200, WARM_UP_ROUNDS = 2, RESTARTS_IN_A_ROUND = 5, LIMIT = 2, US_AT_ONCE = 1000 };
/* What the policy of "delayed" says. */
enum { DELAY_US = 3000, DELAY_MOST_US = 10000, WINDOW_US = 40000 };

struct accounts {
    seL4_Word free_bytes, slots, private_bytes;
};

static unsigned passed, failed;

static void print(const char *text, seL4_Word number)
{
    microkit_dbg_puts(text);
    microkit_dbg_put32((seL4_Uint32)number);
}

static void check(seL4_Bool is_good, const char *what)
{
    if (is_good) {
        passed++;
        return;
    }
    failed++;
    microkit_dbg_puts("not ok ");
    microkit_dbg_puts(what);
    microkit_dbg_puts("\n");
}

/* An order to a server; returns the answer's label, and what it counts now. */
static seL4_Word order(microkit_channel server, enum order what, seL4_Word *own, seL4_Word *shared)
{
    microkit_msginfo answer = microkit_ppcall(server, microkit_msginfo_new(what, 0));
    *own = microkit_mr_get(0);
    *shared = microkit_mr_get(1);
    return microkit_msginfo_get_label(answer);
}

static seL4_Word count(microkit_channel server)
{
    seL4_Word own, shared;
    return order(server, ORDER_COUNT, &own, &shared) == 0 ? own : 0;
}

static struct accounts accounts(void)
{
    check(pecan_supervisor_call(PECAN_SUPERVISOR_ACCOUNTS, 0) == PECAN_SUPERVISOR_OK, "accounts");
    return (struct accounts){seL4_GetMR(0), seL4_GetMR(1), seL4_GetMR(2)};
}

static seL4_Word state(seL4_Word index, seL4_Word *restarts)
{
    check(pecan_supervisor_call(PECAN_SUPERVISOR_STATUS, index) == PECAN_SUPERVISOR_OK, "status");
    *restarts = seL4_GetMR(1);
    return seL4_GetMR(0);
}

/* The server fails while this domain waits for its answer. */
static void crash(microkit_channel server, seL4_Word shared_step)
{
    seL4_Word own, before, shared;
    check(order(server, ORDER_COUNT, &own, &before) == 0, "a server answers");
    check(order(server, ORDER_CRASH, &own, &shared) == PECAN_PEER_RESTARTED, "the caller of a failed server is told");
    check(order(server, ORDER_COUNT, &own, &shared) == 0, "a restarted server answers");
    check(own == 1, "a restarted server begins afresh");
    check(shared == before + shared_step, "a region keeps what it holds");
}

/* Waits until the parent has taken its child's fault. */
static void await_child(void)
{
    seL4_Word badge = 0;
    while (!badge)
        seL4_Poll(INPUT_CAP, &badge);
    check(badge == 1ul << PARENT, "the parent is told of its child's fault");
}

static void round(void)
{
    seL4_Word made, shared;
    crash(ACTIVE, 1);
    crash(PASSIVE, 0);
    check(order(ACTIVE, ORDER_MAKE, &made, &shared) == 0 && made == MADE, "a memory budget is whole after a restart");
    check(count(ACTIVE) == 2, "a server goes on counting");
    check(pecan_supervisor_call(PECAN_SUPERVISOR_RESTART, INDEX_ACTIVE) == PECAN_SUPERVISOR_OK, "restart");
    check(count(ACTIVE) == 1, "restarted on request");
    await_child();
    check(pecan_supervisor_call(PECAN_SUPERVISOR_RESTART, INDEX_PARENT) == PECAN_SUPERVISOR_OK, "restart of a family");
}

static void many_restarts(void)
{
    struct accounts before, after;
    for (int i = 0; i < WARM_UP_ROUNDS; i++)
        round();
    before = accounts();
    for (int i = 0; i < ROUNDS; i++)
        round();
    after = accounts();
    check(before.free_bytes == after.free_bytes, "free memory is what it was");
    check(before.slots == after.slots, "used slots are what they were");
    check(before.private_bytes == after.private_bytes, "the domains' own memory is what it was");
    print("restarts ", ROUNDS * RESTARTS_IN_A_ROUND);
    print(": free KiB ", after.free_bytes >> 10);
    print(", slots ", after.slots);
    microkit_dbg_puts("\n");
}

static seL4_Word counter_now(void)
{
    seL4_Uint32 low, high;
    __asm__ volatile("rdtsc" : "=a"(low), "=d"(high));
    return (seL4_Word)high << 32 | low;
}

static void measure(void)
{
    seL4_Word start = counter_now();
    pecan_supervisor_call(PECAN_SUPERVISOR_RESTART, INDEX_ACTIVE);
    print("restart takes ", counter_now() - start);
    microkit_dbg_puts(" counts\n");
}

/* A caller dies while a passive server works on its time: the server ends that work and serves others. */
static void stranded_server(void)
{
    seL4_Word own = count(PASSIVE);
    microkit_notify(CALLER);
    /* This runs as soon as the caller's budget is used up, in the middle of the work. */
    check(pecan_supervisor_call(PECAN_SUPERVISOR_RESTART, INDEX_CALLER) == PECAN_SUPERVISOR_OK, "restart of a caller");
    check(count(PASSIVE) == own + 2, "a server whose caller died ends its work and serves the next");
    check(count(PASSIVE) == own + 3, "and the one after");
}

/* This domain's time is lent to a server and on to a second one when the first is taken away. */
static void broken_chain(void)
{
    seL4_Word own = count(PASSIVE), shared;
    /* From its second call on the server runs on its caller's time. */
    check(count(MIDDLE) > 0, "a server that calls another one");
    check(order(MIDDLE, ORDER_WORK_LONGER, &own, &shared) == PECAN_PEER_RESTARTED, "a server inside a chain is found");
    check(count(MIDDLE) > 0, "and restarted; the one behind it has ended its work");
    check(count(PASSIVE) > 0, "which serves others, too");
}

/* The policy of "limited" names "delayed", and that one's names the parent. */
static void limits(void)
{
    seL4_Word own, shared, restarts, parent_restarts, child_restarts;
    state(INDEX_PARENT, &parent_restarts);
    state(INDEX_CHILD, &child_restarts);
    check(count(DELAYED) == 1, "nothing has restarted it yet");
    for (int i = 0; i < LIMIT; i++) {
        crash(LIMITED, 0);
        check(count(DELAYED) == 1, "what restarts along begins afresh");
    }
    check(order(LIMITED, ORDER_CRASH, &own, &shared) == PECAN_PEER_RESTARTED, "the last failure is told");
    check(state(INDEX_LIMITED, &restarts) == PECAN_DOMAIN_STOPPED, "after its limit a domain stays stopped");
    check(restarts == LIMIT, "restarts are counted");
    check(state(INDEX_DELAYED, &restarts) == PECAN_DOMAIN_RUNS, "what restarts with it does not stop with it");
    check(restarts == LIMIT, "but was restarted with it");
    check(state(INDEX_PARENT, &restarts) == PECAN_DOMAIN_RUNS && restarts == parent_restarts + LIMIT,
          "so was what restarts with that one");
    state(INDEX_CHILD, &restarts);
    check(restarts == child_restarts + LIMIT, "and the children of that");
    check(order(LIMITED, ORDER_COUNT, &own, &shared) == PECAN_PEER_RESTARTED, "calls to a stopped domain return");
    check(pecan_supervisor_call(PECAN_SUPERVISOR_START, INDEX_LIMITED) == PECAN_SUPERVISOR_OK, "start");
    check(count(LIMITED) == 1, "a started domain answers");
    check(pecan_supervisor_call(PECAN_SUPERVISOR_STOP, INDEX_LIMITED) == PECAN_SUPERVISOR_OK, "stop");
    check(order(LIMITED, ORDER_COUNT, &own, &shared) == PECAN_PEER_RESTARTED, "calls to a stopped domain return again");
    microkit_msginfo answer = pecan_call_again(LIMITED, microkit_msginfo_new(ORDER_COUNT, 0), 0);
    check(microkit_msginfo_get_label(answer) == PECAN_PEER_RESTARTED, "it is not called again for ever");
}

static void reasons(void)
{
    seL4_Word own, shared;
    check(order(WATCHED, ORDER_HANG, &own, &shared) == PECAN_PEER_RESTARTED, "a server that hangs is found");
    check(count(WATCHED) == 1, "and restarted");
    check(order(BUDGETED, ORDER_HANG, &own, &shared) == PECAN_PEER_RESTARTED, "a server that overruns is found");
    check(count(BUDGETED) == 1, "and restarted");
}

/* A server is made to fail and called again: its restart is put off as long as is said. */
static void restart_after(microkit_channel server, seL4_Word delay_us)
{
    seL4_Word own, shared, before_us = pecan_time_us();
    check(order(server, ORDER_CRASH, &own, &shared) == PECAN_PEER_RESTARTED, "a failure is told at once");
    check(pecan_time_us() - before_us < US_AT_ONCE, "who was told of it runs while the restart is put off");
    check(count(server) == 1, "a caller waits until the server is back");
    seL4_Word waited_us = pecan_time_us() - before_us;
    check(waited_us >= delay_us && waited_us < delay_us + US_AT_ONCE, "as long as the policy says");
}

static void delays(void)
{
    static const seL4_Word delays_us[] = {0, DELAY_US, 2 * DELAY_US, DELAY_MOST_US, DELAY_MOST_US};
    seL4_Word own, shared, restarts, begin_us = pecan_time_us();
    for (unsigned i = 0; i < sizeof(delays_us) / sizeof(delays_us[0]); i++)
        restart_after(DELAYED, delays_us[i]);
    while (pecan_time_us() - begin_us < WINDOW_US + US_AT_ONCE)
        ;
    restart_after(DELAYED, 0);
    restart_after(DELAYED, DELAY_US);
    order(DELAYED, ORDER_CRASH, &own, &shared);
    check(state(INDEX_DELAYED, &restarts) == PECAN_DOMAIN_WAITS, "a further restart is put off");
    check(state(INDEX_PARENT, &restarts) == PECAN_DOMAIN_WAITS, "what restarts along waits with it");
    check(count(DELAYED) == 1 && state(INDEX_PARENT, &restarts) == PECAN_DOMAIN_RUNS, "and is back with it");
    check(state(INDEX_LIMITED, &restarts) == PECAN_DOMAIN_STOPPED, "nobody's policy names the one that names it");
}

static void wrong_requests(void)
{
    check(pecan_supervisor_call(PECAN_SUPERVISOR_STOP, 1000) == PECAN_SUPERVISOR_NO_DOMAIN, "there is no such domain");
    check(pecan_supervisor_call((pecan_supervisor_request)99, 0) == PECAN_SUPERVISOR_NO_REQUEST, "no such request");
    check(pecan_supervisor_call(PECAN_SUPERVISOR_COUNT, 0) == PECAN_SUPERVISOR_OK && seL4_GetMR(0) == INDEX_MIDDLE + 1,
          "the number of domains");
}

void init(void)
{
    wrong_requests();
    measure();
    many_restarts();
    stranded_server();
    broken_chain();
    limits();
    reasons();
    delays();
    print("", passed);
    print(" passed, ", failed);
    microkit_dbg_puts(" failed\n");
}

void notified(microkit_channel ch)
{
    (void)ch;
}
