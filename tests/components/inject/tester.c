/*
 * Kills servers, makes them hang, and writes random words into them; each time they come back. What init tells of them
 * before and after is compared.
 */
#include "../features/check.h"
#include "../restart/orders.h"

#include <pecan/component.h>
#include <pecan/supervisor.h>

/* Channels are numbered as the domains' places in inject.system. */
enum { ACTIVE = 1, PASSIVE = 2, UNWATCHED = 3, LOW = 4 };
enum { ROUNDS = 5, SEEDS = 20, WORDS = 200, CALLS = 5, MOST_US = 100000, CALLS_MOST = 10000 };

/* A region that the active server maps, too; set by the tool. */
const seL4_Word *of_both;

struct accounts {
    seL4_Word free_bytes, slots, private_bytes;
};

static struct accounts accounts(void)
{
    check(pecan_supervisor_call(PECAN_SUPERVISOR_ACCOUNTS, 0) == PECAN_SUPERVISOR_OK, "accounts");
    return (struct accounts){seL4_GetMR(0), seL4_GetMR(1), seL4_GetMR(2)};
}

static seL4_Word account(seL4_Word index, pecan_account word)
{
    check(pecan_supervisor_call(PECAN_SUPERVISOR_ACCOUNT, index) == PECAN_SUPERVISOR_OK, "an account");
    return seL4_GetMR((int)word);
}

/* What the server has counted since it started; 0: it was restarted meanwhile. */
static seL4_Word count(microkit_channel server)
{
    microkit_msginfo answer = microkit_ppcall(server, microkit_msginfo_new(ORDER_COUNT, 0));
    return microkit_msginfo_get_label(answer) == 0 ? microkit_mr_get(0) : 0;
}

static void expect_fresh(microkit_channel server, seL4_Word restarts, pecan_failure failure, const char *what)
{
    check(count(server) == 1, what);
    check(account(server, PECAN_ACCOUNT_RESTARTS) == restarts, "the restart is counted");
    check(account(server, PECAN_ACCOUNT_FAILURE) == failure, "and its reason is known");
}

static void kill(microkit_channel server)
{
    seL4_Word restarts = account(server, PECAN_ACCOUNT_RESTARTS);
    check(count(server) > 0, "a server that will be killed");
    check(pecan_supervisor_call(PECAN_SUPERVISOR_KILL, server) == PECAN_SUPERVISOR_OK, "kill");
    expect_fresh(server, restarts + 1, PECAN_FAILURE_KILLED, "a killed server comes back");
}

/* The first call waits until init has found that the server hangs. */
static void hang(microkit_channel server)
{
    seL4_Word restarts = account(server, PECAN_ACCOUNT_RESTARTS);
    seL4_Word cpu_time_us = account(server, PECAN_ACCOUNT_CPU_TIME_US);
    check(pecan_supervisor_call(PECAN_SUPERVISOR_HANG, server) == PECAN_SUPERVISOR_OK, "hang");
    seL4_Word first = count(server);
    check(first <= 1, "a server that hangs answers nothing of itself");
    if (first == 0)
        expect_fresh(server, restarts + 1, PECAN_FAILURE_HEARTBEAT, "a server that hung comes back");
    check(account(server, PECAN_ACCOUNT_CPU_TIME_US) - cpu_time_us > 1000, "it computed meanwhile");
}

/* Whatever it does with the words, who calls it gets answers, and a restart makes it whole. */
static seL4_Word corrupt(microkit_channel server, seL4_Word seed)
{
    seL4_Word restarts = account(server, PECAN_ACCOUNT_RESTARTS);
    check(pecan_supervisor_corrupt(server, seed, WORDS) == PECAN_SUPERVISOR_OK, "corrupt");
    for (int i = 0; i < CALLS; i++)
        microkit_ppcall(server, microkit_msginfo_new(ORDER_COUNT, 0));
    seL4_Word by_itself = account(server, PECAN_ACCOUNT_RESTARTS) - restarts;
    check(pecan_supervisor_call(PECAN_SUPERVISOR_RESTART, server) == PECAN_SUPERVISOR_OK, "a restart");
    check(count(server) == 1, "a corrupted server is restarted whole");
    return by_itself;
}

/* The active server's own region has its count of calls from all of its starts. */
static void regions(void)
{
    check(count(ACTIVE) > 0 && microkit_mr_get(1) > CALLS_MOST, "a region of its own is corrupted along with it");
    seL4_Word changed = 0;
    for (seL4_Word i = 0; i < 0x1000 / sizeof(seL4_Word); i++)
        changed += of_both[i] != 0;
    check(changed == 0, "one that others map is not");
}

static void round(seL4_Word seed)
{
    for (microkit_channel server = ACTIVE; server <= PASSIVE; server++) {
        kill(server);
        hang(server);
        corrupt(server, seed);
    }
}

static void counts(microkit_channel server)
{
    seL4_Word served = account(server, PECAN_ACCOUNT_CALLS_SERVED), made = account(0, PECAN_ACCOUNT_CALLS_MADE);
    for (int i = 0; i < CALLS; i++)
        count(server);
    check(account(server, PECAN_ACCOUNT_CALLS_SERVED) == served + CALLS, "calls served are counted");
    check(account(0, PECAN_ACCOUNT_CALLS_MADE) == made + CALLS, "calls made are counted");
    kill(server);
    check(account(server, PECAN_ACCOUNT_CALLS_SERVED) == served + CALLS + 2, "restarts do not end the counts");
}

static void about(void)
{
    check(account(ACTIVE, PECAN_ACCOUNT_REGION_BYTES) == 0x2000, "regions that a domain maps");
    check(account(PASSIVE, PECAN_ACCOUNT_REGION_BYTES) == 0, "none");
    check(account(ACTIVE, PECAN_ACCOUNT_PRIVATE_BYTES) >= account(ACTIVE, PECAN_ACCOUNT_PRIVATE_BYTES_USED), "memory");
    check(account(ACTIVE, PECAN_ACCOUNT_PRIVATE_BYTES_USED) > 0x10000, "and what of it is in use");
    check(account(PASSIVE, PECAN_ACCOUNT_PRIORITY) == 210, "the priority");
    check(account(PASSIVE, PECAN_ACCOUNT_FLAGS) ==
              (PECAN_ACCOUNT_IS_PASSIVE | PECAN_ACCOUNT_IS_WATCHED | PECAN_ACCOUNT_TAKES_UPDATES),
          "the kind");
    check(account(UNWATCHED, PECAN_ACCOUNT_FLAGS) == 0, "another kind");
    check(account(UNWATCHED, PECAN_ACCOUNT_FAILURE) == PECAN_FAILURE_NONE, "no failure yet");
}

static void fail(microkit_channel server)
{
    microkit_ppcall(server, microkit_msginfo_new(ORDER_CRASH, 0));
    check(account(server, PECAN_ACCOUNT_FAILURE) == PECAN_FAILURE_FAULT, "a fault is remembered");
    check(account(server, PECAN_ACCOUNT_FAULT) == seL4_Fault_VMFault, "its kind");
    check(account(server, PECAN_ACCOUNT_FAULT_ADDRESS) == (seL4_Word)bad_address, "its address");
    check(account(server, PECAN_ACCOUNT_FAULT_INSTRUCTION) >= 0x200000, "its instruction");
}

/* The second time within a short while it goes on instead. */
static void give_up(void)
{
    seL4_Word restarts = account(ACTIVE, PECAN_ACCOUNT_RESTARTS);
    check(microkit_msginfo_get_label(microkit_ppcall(ACTIVE, microkit_msginfo_new(ORDER_GIVE_UP, 0))) ==
              PECAN_PEER_RESTARTED,
          "the caller of a server that gives up is told");
    expect_fresh(ACTIVE, restarts + 1, PECAN_FAILURE_GAVE_UP, "a server that gave up comes back");
    check(microkit_msginfo_get_label(microkit_ppcall(ACTIVE, microkit_msginfo_new(ORDER_GIVE_UP, 0))) == 0,
          "one that gave up lately goes on");
    check(account(ACTIVE, PECAN_ACCOUNT_RESTARTS) == restarts + 1, "without a restart");
}

/* Found at the next heartbeat, or at that after it. */
static void write_amiss(void)
{
    seL4_Word restarts = account(ACTIVE, PECAN_ACCOUNT_RESTARTS), before_us = pecan_time_us();
    check(microkit_msginfo_get_label(microkit_ppcall(ACTIVE, microkit_msginfo_new(ORDER_WRITE_AMISS, 0))) == 0,
          "a wild write does no harm");
    while (account(ACTIVE, PECAN_ACCOUNT_RESTARTS) == restarts && pecan_time_us() - before_us < MOST_US)
        ;
    expect_fresh(ACTIVE, restarts + 1, PECAN_FAILURE_GAVE_UP, "a server that writes where nothing is");
}

static void refusals(void)
{
    check(pecan_supervisor_call(PECAN_SUPERVISOR_HANG, UNWATCHED) == PECAN_SUPERVISOR_NOT_WATCHED, "not watched");
    check(pecan_supervisor_corrupt(ACTIVE, 0, PECAN_CORRUPT_WORDS_MOST + 1) == PECAN_SUPERVISOR_NO_ROOM, "too many");
    check(pecan_supervisor_call(PECAN_SUPERVISOR_CORRUPT, ACTIVE) == PECAN_SUPERVISOR_NO_REQUEST, "words missing");
    check(pecan_supervisor_call(PECAN_SUPERVISOR_KILL, 99) == PECAN_SUPERVISOR_NO_DOMAIN, "no such domain");
    check(pecan_supervisor_call(PECAN_SUPERVISOR_KILL, UNWATCHED) == PECAN_SUPERVISOR_OK, "kill one without a policy");
    check(account(UNWATCHED, PECAN_ACCOUNT_STATE) == PECAN_DOMAIN_STOPPED, "it stays stopped");
    check(pecan_supervisor_call(PECAN_SUPERVISOR_KILL, UNWATCHED) == PECAN_SUPERVISOR_NOT_RUNNING, "not running");
    check(pecan_supervisor_call(PECAN_SUPERVISOR_START, UNWATCHED) == PECAN_SUPERVISOR_OK, "start");
}

void init(void)
{
    about();
    refusals();
    give_up();
    write_amiss();
    for (microkit_channel server = ACTIVE; server <= PASSIVE; server++) {
        fail(server);
        counts(server);
    }
    round(0);
    struct accounts before = accounts();
    for (seL4_Word i = 1; i <= ROUNDS; i++)
        round(i);
    seL4_Word by_themselves = 0;
    for (seL4_Word seed = 100; seed < 100 + SEEDS; seed++)
        by_themselves += corrupt(seed & 1 ? ACTIVE : PASSIVE, seed);
    regions();
    check(by_themselves >= SEEDS / 8, "some corrupted servers fail by themselves");
    check(account(LOW, PECAN_ACCOUNT_RESTARTS) == 0, "a domain that is kept from running does not count as hanging");
    struct accounts after = accounts();
    check(before.free_bytes == after.free_bytes, "free memory is what it was");
    check(before.slots == after.slots, "used slots are what they were");
    check(before.private_bytes == after.private_bytes, "the domains' own memory is what it was");
    check_end();
}

void notified(microkit_channel ch)
{
    (void)ch;
}
