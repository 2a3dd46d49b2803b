#include "init/supervise.h"

#include "init/clock.h"
#include "init/domain.h"
#include "init/fault_text.h"
#include "init/heartbeat.h"
#include "init/log.h"
#include "init/request.h"
#include "lib/console.h"
#include "lib/machine.h"
#include "microkit/include/pecan/supervisor.h"

_Static_assert((int)PECAN_FAILURE_FAULT == (int)RESTART_ON_FAULT &&
                   (int)PECAN_FAILURE_OVERRUN == (int)RESTART_ON_OVERRUN &&
                   (int)PECAN_FAILURE_HEARTBEAT == (int)RESTART_ON_HEARTBEAT,
               "what a policy is about is what fails");

enum { DELAY_DOUBLINGS_MOST = 32 };

/* After a domain has given up: see pecan_gives_up (pecan/component.h). */
enum { PATIENCE_US = 2000000, PATIENCE_MOST_US = 1000000000 };

/* What the machine ends with when a domain fails that it cannot do without (tools/run/README.md). */
enum { STATUS_VITAL = 118 };

static struct domain_record *record_at(uint32_t index)
{
    return &the_system.domains[index];
}

static uint32_t domain_count(void)
{
    return the_system.description->domains.count;
}

static bool is_in(uint64_t set, uint32_t index)
{
    return set >> index & 1;
}

static uint64_t closure(uint64_t set, bool with_others)
{
    uint64_t before;
    do {
        before = set;
        for (uint32_t i = 0; i < domain_count(); i++) {
            uint32_t parent = record_at(i)->description->parent;
            if (with_others && is_in(set, i))
                set |= record_at(i)->description->restart.with;
            if (parent != DOMAIN_NONE && is_in(set, parent))
                set |= 1ul << i;
        }
    } while (set != before);
    return set;
}

uint64_t supervise_family(uint32_t index)
{
    return closure(1ul << index, false);
}

uint64_t supervise_restart_set(uint32_t index)
{
    return closure(1ul << index, true);
}

void supervise_start(uint64_t set)
{
    uint64_t was_stopped = 0;
    for (uint32_t i = 0; i < domain_count(); i++)
        if (is_in(set, i)) {
            struct domain_record *domain = record_at(i);
            was_stopped |= domain->state == DOMAIN_STOPPED ? 1ul << i : 0;
            domain->state = DOMAIN_WAITS;
        }
    for (uint32_t i = 0; i < domain_count(); i++)
        if (is_in(set, i) && !domain_build(record_at(i), i))
            init_fail("%s cannot be built", record_at(i)->description->name);
    for (uint32_t i = 0; i < domain_count(); i++)
        if (is_in(set, i) || record_at(i)->state == DOMAIN_RUNS)
            domain_connect_parts(record_at(i));
    for (uint32_t i = 0; i < domain_count(); i++)
        if (is_in(set, i)) {
            if (is_in(was_stopped, i))
                domain_reconnect_callers(record_at(i));
            heartbeat_begin(record_at(i));
            if (!domain_start(record_at(i)))
                init_fail("%s cannot be started", record_at(i)->description->name);
            if (record_at(i)->restarts)
                log_note("init: %s starts again, restart %lu\n", record_at(i)->description->name,
                         record_at(i)->restarts);
        }
    clock_run();
}

/* Binds a domain's time to its thread, and for a passive one to its notification: it is there again after the next wait. */
static void bind_own_time(const struct domain_record *domain)
{
    seL4_CPtr schedctx = domain_slot(domain, PLAN_SLOT_SCHEDCTX), tcb = domain_slot(domain, PLAN_SLOT_TCB);
    if (domain->is_passive_now)
        seL4_SchedContext_Bind(schedctx, domain_slot(domain, PLAN_SLOT_NOTIFICATION));
    /* A thread that waits may not get time that is used up; new time is bounded by the number of restarts. */
    if (seL4_SchedContext_Bind(schedctx, tcb) && domain_configure_time(domain))
        seL4_SchedContext_Bind(schedctx, tcb);
}

/* Whether a domain of the set may have run on time that it lent on to another domain. */
static bool lends_on(uint64_t set)
{
    for (uint32_t i = 0; i < domain_count(); i++) {
        const struct description_domain *description = record_at(i)->description;
        for (uint32_t k = 0; is_in(set, i) && description->flags & DOMAIN_PASSIVE && k < description->channels.count;
             k++) {
            const struct description_channel *channel = ROW(channels, channel, description->channels.first + k);
            if (channel->flags & CHANNEL_CALL && record_at(channel->peer)->description->flags & DOMAIN_PASSIVE)
                return true;
        }
    }
    return false;
}

/*
 * Time that was lent to or through domains that are gone. A passive server that ran on the time of a caller in the set
 * gets its own, to finish and wait again. Where a chain of calls is broken in its middle the kernel leaves the time at
 * its end: then all get back what is theirs. Whoever waits for an answer waits on; a server ends its work on its own.
 */
static void return_time(uint64_t gone)
{
    bool is_chain_broken = lends_on(gone);
    for (uint32_t i = 0; is_chain_broken && i < domain_count(); i++)
        if (record_at(i)->state == DOMAIN_RUNS)
            seL4_SchedContext_Unbind(domain_slot(record_at(i), PLAN_SLOT_SCHEDCTX));
    for (uint32_t i = 0; i < domain_count(); i++)
        if (record_at(i)->state == DOMAIN_RUNS && (is_chain_broken || record_at(i)->is_passive_now))
            bind_own_time(record_at(i));
}

void supervise_stop(uint64_t set, bool for_good)
{
    uint64_t running = 0;
    for (uint32_t i = 0; i < domain_count(); i++)
        if (is_in(set, i) && record_at(i)->state == DOMAIN_RUNS) {
            running |= 1ul << i;
            seL4_TCB_Suspend(domain_slot(record_at(i), PLAN_SLOT_TCB));
        }
    /* Whoever waits for an answer gets one, and its time back, before the answer becomes impossible. */
    for (uint32_t i = 0; i < domain_count(); i++)
        if (is_in(running, i))
            seL4_Send(domain_slot(record_at(i), PLAN_SLOT_REPLY), seL4_MessageInfo_new(ANSWER_PEER_RESTARTED, 0, 0, 0));
    for (uint32_t i = 0; i < domain_count(); i++)
        if (is_in(set, i)) {
            if (is_in(running, i))
                domain_destroy(record_at(i));
            record_at(i)->state = for_good ? DOMAIN_STOPPED : DOMAIN_WAITS;
            record_at(i)->due_us = UINT64_MAX;
        }
    return_time(running);
    for (uint32_t i = 0; for_good && i < domain_count(); i++)
        if (is_in(set, i))
            domain_reconnect_callers(record_at(i));
}

/* How long a restart is put off: not at all the first time in a window, then twice as long for each one that it has seen. */
static uint64_t restart_delay_us(const struct domain_record *domain)
{
    const struct description_restart *policy = &domain->description->restart;
    uint64_t delay = policy->delay_us;
    if (domain->window_restarts == 1)
        return 0;
    for (uint64_t i = 2; i < domain->window_restarts && i < DELAY_DOUBLINGS_MOST && delay < policy->delay_most_us; i++)
        delay *= 2;
    return delay < policy->delay_most_us ? delay : policy->delay_most_us;
}

/* Counts a restart against the limit; false: it is one too many. */
static bool restart_is_allowed(struct domain_record *domain, enum restart_reason reason, uint64_t now_us)
{
    const struct description_restart *policy = &domain->description->restart;
    if (!(policy->on & reason))
        return false;
    if (policy->window_us && now_us - domain->window_start_us >= policy->window_us) {
        domain->window_start_us = now_us;
        domain->window_restarts = 0;
    }
    if (policy->limit != RESTART_UNLIMITED && domain->window_restarts >= policy->limit)
        return false;
    domain->window_restarts++;
    return true;
}

/* init's capability to a range of I/O ports that some domain has; 0: no domain has them all. */
static seL4_CPtr find_ports(uint32_t first, uint32_t last)
{
    for (uint32_t i = 0; i < domain_count(); i++)
        for (uint32_t k = 0; k < record_at(i)->description->ports.count; k++) {
            const struct description_port *port = ROW(ports, port, record_at(i)->description->ports.first + k);
            if (port->first <= first && port->last >= last)
                return record_at(i)->ports + k;
        }
    return 0;
}

/* The means to say so, and to end, may be in the hands of domains, and be taken from them. */
static _Noreturn void end_machine(const struct domain_record *failed)
{
    seL4_CPtr serial = find_ports(MACHINE_SERIAL_FIRST_PORT, MACHINE_SERIAL_LAST_PORT);
    seL4_CPtr exit = find_ports(MACHINE_EXIT_FIRST_PORT, MACHINE_EXIT_LAST_PORT);
    if (serial) {
        machine_serial_take_over(serial);
        console_set_output(machine_serial_put);
    }
    log_alarm("init: the system ends, because %s has failed\n", failed->description->name);
    if (exit)
        machine_exit(exit, STATUS_VITAL);
    machine_stop(STATUS_VITAL);
}

/* A supervisor's order to fail, and a domain's own decision, count as faults. */
static enum restart_reason restart_reason(uint32_t kind)
{
    return kind == PECAN_FAILURE_KILLED || kind == PECAN_FAILURE_GAVE_UP ? RESTART_ON_FAULT : (enum restart_reason)kind;
}

/* How long its successor has to go on without giving up: twice as long as this one had if that was not much longer ago. */
static void note_give_up(struct domain_record *domain, uint64_t now_us)
{
    bool is_again = now_us < domain->gives_up_from_us + domain->patience_us;
    domain->patience_us = !is_again                                ? PATIENCE_US
                          : domain->patience_us < PATIENCE_MOST_US ? 2 * domain->patience_us
                                                                   : domain->patience_us;
    domain->gives_up_from_us = now_us + domain->patience_us;
}

void supervise_failure(uint32_t index, const struct domain_failure *failure)
{
    struct domain_record *domain = record_at(index);
    uint64_t now_us = clock_now_us();
    enum restart_reason reason = restart_reason(failure->kind);
    domain->failure = *failure;
    domain->failure.time_us = now_us;
    if (failure->kind == PECAN_FAILURE_GAVE_UP)
        note_give_up(domain, now_us);
    bool is_allowed = restart_is_allowed(domain, reason, now_us);

    uint64_t set = is_allowed ? supervise_restart_set(index) : supervise_family(index);
    supervise_stop(set, !is_allowed);
    if (!is_allowed) {
        log_alarm("init: %s stays stopped\n", domain->description->name);
        for (uint32_t i = 0; i < domain_count(); i++)
            if (is_in(set, i) && record_at(i)->description->flags & DOMAIN_VITAL)
                end_machine(domain);
        return;
    }
    for (uint32_t i = 0; i < domain_count(); i++)
        record_at(i)->restarts += is_in(set, i);
    uint64_t delay_us = restart_delay_us(domain);
    if (delay_us == 0) {
        supervise_start(set);
        return;
    }
    for (uint32_t i = 0; i < domain_count(); i++)
        if (is_in(set, i))
            record_at(i)->due_us = now_us + delay_us;
    clock_run();
}

void supervise_tick(uint64_t now_us)
{
    uint64_t due = 0;
    for (uint32_t i = 0; i < domain_count(); i++)
        if (record_at(i)->state == DOMAIN_WAITS && record_at(i)->due_us <= now_us)
            due |= 1ul << i;
    if (due)
        supervise_start(due);
}

static void handle_fault(uint32_t index, seL4_MessageInfo_t info)
{
    struct domain_failure failure = fault_failure(info);
    fault_print(record_at(index), &failure, info);
    supervise_failure(index, &failure);
}

static void handle_timeout(uint32_t index)
{
    log_print("init: %s failed: its budget is used up\n", record_at(index)->description->name);
    supervise_failure(index, &(struct domain_failure){.kind = PECAN_FAILURE_OVERRUN});
}

/* A passive domain has initialised itself: from now on its time waits at its notification. */
static void make_passive(struct domain_record *domain)
{
    domain->is_passive_now =
        !seL4_SchedContext_Bind(domain_slot(domain, PLAN_SLOT_SCHEDCTX), domain_slot(domain, PLAN_SLOT_NOTIFICATION));
}

static void handle_tick(void)
{
    uint64_t now_us = clock_ticked();
    heartbeat_check(now_us);
    supervise_tick(now_us);
    clock_run();
}

/* Deals with one message; what it returns is the answer, if there is one. */
static bool handle(seL4_Word badge, seL4_MessageInfo_t info, seL4_MessageInfo_t *answer)
{
    uint32_t index = badge & BADGE_DOMAIN_MASK;
    if (badge & BADGE_TICK) {
        handle_tick();
        return false;
    }
    if (index >= domain_count())
        return false;
    switch (badge & BADGE_KIND_MASK) {
    case BADGE_FAULT:
        if (seL4_MessageInfo_get_label(info) == 0)
            make_passive(record_at(index));
        else
            handle_fault(index, info);
        return false;
    case BADGE_TIMEOUT:
        handle_timeout(index);
        return false;
    case BADGE_DEAD:
        *answer = seL4_MessageInfo_new(ANSWER_PEER_RESTARTED, 0, 0, 0);
        return true;
    case BADGE_SUPERVISOR:
        *answer = request_handle(index, info);
        return true;
    default:
        return false;
    }
}

_Noreturn void supervise_forever(void)
{
    seL4_MessageInfo_t answer = seL4_MessageInfo_new(0, 0, 0, 0);
    bool has_answer = false;
    for (;;) {
        seL4_Word badge;
        seL4_MessageInfo_t info = has_answer ? seL4_ReplyRecv(the_system.endpoint, answer, &badge, the_system.reply)
                                             : seL4_Recv(the_system.endpoint, &badge, the_system.reply);
        uint64_t since_us = clock_now_us();
        has_answer = handle(badge, info, &answer);
        heartbeat_leave_out(since_us);
    }
}
