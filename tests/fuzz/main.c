/*
 * The supervisor: starts the witnesses and the attacker, starts the attacker anew whenever it has stopped, and at the end
 * says what was seen.
 *
 * It waits on one endpoint. The attacker's faults come there; so do a call of the idle thread, which runs only when the
 * attacker does not, and the timekeeper's signal, by which it notices an attacker that runs without getting anywhere.
 */
#include "../support/objects.h"
#include "estate.h"
#include "layout.h"
#include "report.h"
#include "witness.h"

#include "lib/console.h"
#include "lib/print.h"

#include <sel4/sel4.h>

#define BADGE_ATTACKER 1
#define BADGE_IDLE     2
#define BADGE_WITNESS  4
#define BADGE_PROGRESS 8

/* Calls after which everything is made anew, whatever state it is in. */
#define EPOCH_CALLS    2000
#define CALLS_PER_LINE 100000
/* Ways to go on, from the cheapest on. */
enum remedy { RESTART, REPAIR, REBUILD };

struct settings settings = {
    .seed = 1, .garbage_wanted = 20000, .mutated_wanted = 20000, .least_successes = 1, .trace_from = ~0ul};

static struct events events;
static seL4_Word calls_at_last_stop, calls_at_build, calls_at_progress, calls_at_line;
static enum remedy last_remedy;
static seL4_CPtr endpoint, reply, idle_endpoint;
static _Alignas(16) char idle_stack[1024];

/* Runs when nothing else does. It has no IPC buffer. */
static void idle_main(void)
{
    for (;;)
        seL4_CallWithMRs(idle_endpoint, seL4_MessageInfo_new(0, 0, 0, 0), seL4_Null, seL4_Null, seL4_Null, seL4_Null);
}

static seL4_CPtr badged(seL4_CPtr from, seL4_Word badge)
{
    seL4_CPtr slot = slots_take(1);

    must(seL4_CNode_Mint(seL4_CapInitThreadCNode, slot, seL4_WordBits, seL4_CapInitThreadCNode, from, seL4_WordBits,
                         seL4_AllRights, badge),
         "mint a badge");
    return slot;
}

static void rebuild(void)
{
    estate_destroy();
    attacker.want_rebuild = 0;
    attacker.stage = 0;
    attacker.random = settings.seed + attacker.calls * 2 + 1;
    calls_at_build = attacker.calls;
    estate_build();
}

/* The attacker has stopped, or gets nowhere: the cheapest remedy that was not tried in vain just now. */
static void make_it_go_on(enum remedy least)
{
    enum remedy remedy = least;

    if (attacker.calls == calls_at_last_stop && last_remedy < REBUILD && remedy <= last_remedy)
        remedy = (enum remedy)(last_remedy + 1);
    if (attacker.want_rebuild || attacker.calls - calls_at_build >= EPOCH_CALLS)
        remedy = REBUILD;
    events.remedies[remedy]++;
    calls_at_last_stop = attacker.calls;
    last_remedy = remedy;
    if (remedy == REBUILD)
        rebuild();
    else if (remedy == REPAIR)
        estate_repair();
    else
        estate_restart();
    if (attacker.calls - calls_at_line >= CALLS_PER_LINE) {
        calls_at_line = attacker.calls;
        printf("%lu calls\n", attacker.calls);
    }
}

static bool is_done(void)
{
    return attacker.garbage_calls >= settings.garbage_wanted && attacker.mutated_calls >= settings.mutated_wanted;
}

static void look_at_progress(void)
{
    if (attacker.calls == calls_at_progress) {
        events.stuck++;
        make_it_go_on(REBUILD);
    }
    calls_at_progress = attacker.calls;
}

static void supervise(void)
{
    bool idle_waits = false;

    while (!is_done()) {
        seL4_Word badge;
        seL4_MessageInfo_t info;

        if (idle_waits)
            info = seL4_ReplyRecv(endpoint, seL4_MessageInfo_new(0, 0, 0, 0), &badge, reply);
        else
            info = seL4_Recv(endpoint, &badge, reply);
        idle_waits = badge == BADGE_IDLE;
        if (badge & BADGE_PROGRESS) {
            look_at_progress();
        } else if (badge == BADGE_ATTACKER) {
            seL4_Word label = seL4_MessageInfo_get_label(info);

            events.faults[label < FAULT_COUNT ? label : 0]++;
            make_it_go_on(RESTART);
        } else if (badge == BADGE_IDLE) {
            events.stopped++;
            make_it_go_on(REPAIR);
        } else {
            printf("fault %lu at %#lx, %#lx, %#lx, %#lx, %#lx\n", seL4_MessageInfo_get_label(info), seL4_GetMR(0),
                   seL4_GetMR(1), seL4_GetMR(2), seL4_GetMR(3), seL4_GetMR(4));
            give_up("a thread beside the attacker has faulted");
        }
    }
}

static void start_own_threads(void)
{
    seL4_CPtr progress = object_make(seL4_NotificationObject, 0);

    must(seL4_TCB_BindNotification(seL4_CapInitThreadTCB, progress), "bind a notification");
    idle_endpoint = badged(endpoint, BADGE_IDLE);

    struct own_thread idle = thread_make(IDLE_PRIORITY, 5000, 5000, false, badged(endpoint, BADGE_WITNESS));

    thread_start(&idle, idle_main, idle_stack + sizeof(idle_stack), idle_stack, idle_stack);
    witness_start(badged(endpoint, BADGE_WITNESS), badged(progress, BADGE_PROGRESS), settings.seed);
}

int main(void)
{
    objects_init();
    must(console_open(slots_take(1)), "open the console");
    printf("hostile: seed %lu, %lu random calls, %lu mutated ones\n", settings.seed, settings.garbage_wanted,
           settings.mutated_wanted);
    endpoint = object_make(seL4_EndpointObject, 0);
    reply = object_make(seL4_ReplyObject, 0);
    must(seL4_TCB_SetPriority(seL4_CapInitThreadTCB, seL4_CapInitThreadTCB, SUPERVISOR_PRIORITY),
         "lower the own priority");
    estate_init(badged(endpoint, BADGE_ATTACKER));
    attacker.random = settings.seed;
    attacker.trace_from = settings.trace_from;
    estate_build();
    start_own_threads();
    supervise();
    estate_destroy();
    estate_end();

    struct witness_report seen = witness_report();

    return report_print(&events, &seen);
}
