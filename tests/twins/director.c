/*
 * The director: the thread of the highest priority. It is woken when nobody else can run (by the idle thread) and by
 * workers in the middle of their doings. Each time it looks at everything that can be looked at, and disturbs something.
 */
#include "twins.h"

#include "../support/objects.h"
#include "lib/start.h"

#include <pecan/features.h>

#define ROOT  seL4_CapInitThreadCNode
#define DEPTH seL4_WordBits

enum { TURNS = 40, REGISTERS = sizeof(seL4_UserContext) / sizeof(seL4_Word), QUEUE_MOST = 8 };

static uint64_t below(uint64_t bound)
{
    return random_below(&world.random, bound);
}

static void log_director(const char *what, uint64_t a, uint64_t b, uint64_t c)
{
    log_entry(what, ~0u, (const uint64_t[]){a, b, c}, 3);
}

/* --- looking ------------------------------------------------------------------------------------------------------------------ */

static void look_at_registers(void)
{
    for (unsigned i = 0; i < world.worker_count; i++) {
        uint64_t words[REGISTERS + 1];
        seL4_UserContext registers;

        words[REGISTERS] = seL4_TCB_ReadRegisters(world.worker[i].tcb, 0, 0, REGISTERS, &registers);
        for (unsigned word = 0; word < REGISTERS; word++)
            words[word] = ((const seL4_Word *)&registers)[word];
        log_entry("registers", i, words, REGISTERS + 1);
    }
}

/* Which thread or notification has which context: it can be taken away from it only. */
static void look_at_contexts(void)
{
    for (unsigned i = 0; i < world.worker_count; i++)
        for (unsigned k = 0; k < world.worker_count + world.notification_count; k++) {
            seL4_CPtr object =
                k < world.worker_count ? world.worker[k].tcb : world.notification[k - world.worker_count];
            log_director("context", i, k, seL4_SchedContext_UnbindObject(world.worker[i].schedctx, object));
        }
}

static void look_at_consumed(void)
{
    for (unsigned i = 0; i < world.worker_count; i++)
        log_consumed(i, seL4_SchedContext_Consumed(world.worker[i].schedctx).consumed);
    log_consumed(SPARE_CONTEXT, seL4_SchedContext_Consumed(world.spare_schedctx).consumed);
}

/* Who waits for an answer where: answered, it shows it in its registers. */
static void look_at_replies(void)
{
    for (unsigned i = 0; i < REPLIES; i++) {
        seL4_SetMR(0, i);
        seL4_NBSend(world.reply[i], seL4_MessageInfo_new(0, 0, 0, 1));
    }
    look_at_registers();
}

/* Who waits to send, in order, and what. */
static void look_at_queues(void)
{
    for (unsigned i = 0; i < world.endpoint_count; i++)
        for (unsigned taken = 0; taken < QUEUE_MOST; taken++) {
            seL4_Word badge = 0;
            seL4_MessageInfo_t info = seL4_NBRecv(world.endpoint[i], &badge, world.director_reply);

            log_director("sender", i, badge, info.words[0]);
            log_entry("message", ~0u, seL4_GetIPCBuffer()->msg, 8);
            if (!badge && !info.words[0])
                break;
        }
    for (unsigned i = 0; i < world.worker_count; i++)
        log_director("bound", i, (uint64_t)seL4_TCB_UnbindNotification(world.worker[i].tcb), 0);
    for (unsigned i = 0; i < world.notification_count; i++) {
        seL4_Word badge = 0;

        seL4_NBWait(world.notification[i], &badge);
        log_director("signals", i, badge, 0);
    }
}

static void look_at_everything(void)
{
    look_at_registers();
    look_at_consumed();
    look_at_replies();
    look_at_contexts();
    look_at_queues();
    look_at_registers();
}

/* --- disturbing --------------------------------------------------------------------------------------------------------------- */

static struct worker *some_worker(void)
{
    return &world.worker[below(world.worker_count)];
}

static seL4_CPtr some_notification(void)
{
    return world.notification[below(world.notification_count)];
}

static seL4_Error suspend(void)
{
    return (seL4_Error)seL4_TCB_Suspend(some_worker()->tcb);
}

static seL4_Error resume(void)
{
    return (seL4_Error)seL4_TCB_Resume(some_worker()->tcb);
}

static seL4_Error revive(void)
{
    return worker_revive(some_worker());
}

static seL4_Error set_priority(void)
{
    return seL4_TCB_SetPriority(some_worker()->tcb, seL4_CapInitThreadTCB, 49 + below(5));
}

static seL4_Error context_unbind(void)
{
    return seL4_SchedContext_Unbind(some_worker()->schedctx);
}

static seL4_Error context_bind_thread(void)
{
    return seL4_SchedContext_Bind(some_worker()->schedctx, some_worker()->tcb);
}

/* Gives a thread its own back, if it can be had. */
static seL4_Error context_bind_own(void)
{
    struct worker *worker = some_worker();

    return seL4_SchedContext_Bind(worker->schedctx, worker->tcb);
}

/* Also to threads that wait with their own lent to others. */
static seL4_Error context_bind_spare(void)
{
    if (below(2))
        seL4_SchedContext_Unbind(world.spare_schedctx);
    return seL4_SchedContext_Bind(world.spare_schedctx, some_worker()->tcb);
}

static seL4_Error context_bind_notification(void)
{
    return seL4_SchedContext_Bind(some_worker()->schedctx, some_notification());
}

static seL4_Error context_unbind_object(void)
{
    return seL4_SchedContext_UnbindObject(some_worker()->schedctx, some_worker()->tcb);
}

static seL4_Error context_configure(void)
{
    return seL4_SchedControl_ConfigureFlags(pecan_boot_info()->schedcontrol.start, some_worker()->schedctx, 900000000,
                                            900000000 + below(2), below(3), below(100), below(2));
}

static seL4_Error context_yield_to(void)
{
    const struct worker *worker = some_worker();
    seL4_SchedContext_YieldTo_t answer = seL4_SchedContext_YieldTo(worker->schedctx);

    if (!answer.error)
        log_consumed(worker->number, answer.consumed);
    return (seL4_Error)answer.error;
}

static seL4_Error notification_bind(void)
{
    return seL4_TCB_BindNotification(some_worker()->tcb, some_notification());
}

static seL4_Error notification_unbind(void)
{
    return (seL4_Error)seL4_TCB_UnbindNotification(some_worker()->tcb);
}

static seL4_Error signal(void)
{
    seL4_Signal(some_notification());
    return seL4_NoError;
}

/* The object is gone, whoever waits at it; its worker gets another one. */
static seL4_Error reply_delete(void)
{
    unsigned reply = (unsigned)below(REPLIES);

    seL4_CNode_Revoke(ROOT, world.reply[reply], DEPTH);
    seL4_CNode_Delete(ROOT, world.reply[reply], DEPTH);
    seL4_Error error = object_remake(seL4_ReplyObject, world.reply[reply]);
    if (!error && reply < world.worker_count)
        error = reply_give(reply, &world.worker[reply], SLOT_REPLY);
    return error;
}

/* The same for one copy only, which others may have. */
static seL4_Error reply_replace(void)
{
    return reply_give((unsigned)below(REPLIES), some_worker(), below(2) ? SLOT_REPLY : SLOT_OTHER_REPLY);
}

static seL4_Error reply_send(void)
{
    for (unsigned i = 0; i < 8; i++)
        seL4_SetMR((int)i, random_next(&world.random));
    seL4_NBSend(world.reply[below(REPLIES)], seL4_MessageInfo_new(below(3) == 0, 0, 0, below(8)));
    return seL4_NoError;
}

static seL4_Error endpoint_send(void)
{
    for (unsigned i = 0; i < 20; i++)
        seL4_SetMR((int)i, random_next(&world.random));
    seL4_NBSend(world.endpoint[below(world.endpoint_count)], seL4_MessageInfo_new(below(4), 0, 0, below(20)));
    return seL4_NoError;
}

static seL4_Error endpoint_replace(void)
{
    unsigned endpoint = (unsigned)below(world.endpoint_count);

    return endpoint_give(endpoint, some_worker(), below(3) ? SLOT_ENDPOINT + endpoint : SLOT_MORE_ENDPOINT);
}

static seL4_Error endpoint_cancel(void)
{
    return seL4_CNode_CancelBadgedSends(ROOT, world.endpoint[below(world.endpoint_count)], DEPTH);
}

/* Every copy goes, those in threads too, but not the object. */
static seL4_Error endpoint_revoke(void)
{
    return below(3) ? seL4_NoError : seL4_CNode_Revoke(ROOT, world.endpoint[below(world.endpoint_count)], DEPTH);
}

/* The root CNode's guard: its own, or one that fits no address. */
static seL4_Error space_change(void)
{
    struct worker *worker = some_worker();
    seL4_Word data = below(3) ? space_data(worker) : seL4_CNode_CapData_new(below(8), below(4)).words[0];

    return seL4_TCB_SetSpace(worker->tcb, fault_endpoint(worker), space_root(worker), data, seL4_CapInitThreadVSpace,
                             0);
}

static seL4_Error tls_change(void)
{
    return seL4_TCB_SetTLSBase(some_worker()->tcb, (seL4_Word)some_worker()->tls);
}

static seL4_Error flags_change(void)
{
    struct worker *worker = some_worker();
    seL4_Word flag = below(2) ? seL4_TCBFlag_fpuDisabled : PECAN_TCB_FLAG_FOREIGN;
    bool is_set = below(flag == seL4_TCBFlag_fpuDisabled && worker->has_floats ? 20 : 4) == 0;

    return (seL4_Error)seL4_TCB_SetFlags(worker->tcb, is_set ? 0 : flag, is_set ? flag : 0).error;
}

static seL4_Error buffer_take(void)
{
    return seL4_TCB_SetIPCBuffer(some_worker()->tcb, 0, 0);
}

static const struct {
    const char *name;
    unsigned weight;
    seL4_Error (*run)(void);
} disturbances[] = {
    {"suspend", 6, suspend},
    {"resume", 8, resume},
    {"revive", 12, revive},
    {"set-priority", 6, set_priority},
    {"context-unbind", 5, context_unbind},
    {"context-bind-thread", 4, context_bind_thread},
    {"context-bind-own", 8, context_bind_own},
    {"context-bind-spare", 30, context_bind_spare},
    {"context-bind-notification", 3, context_bind_notification},
    {"context-unbind-object", 3, context_unbind_object},
    {"context-configure", 3, context_configure},
    {"context-yield-to", 2, context_yield_to},
    {"notification-bind", 5, notification_bind},
    {"notification-unbind", 3, notification_unbind},
    {"signal", 8, signal},
    {"reply-delete", 5, reply_delete},
    {"reply-replace", 4, reply_replace},
    {"reply-send", 12, reply_send},
    {"endpoint-send", 6, endpoint_send},
    {"endpoint-replace", 6, endpoint_replace},
    {"endpoint-cancel", 2, endpoint_cancel},
    {"endpoint-revoke", 1, endpoint_revoke},
    {"space-change", 3, space_change},
    {"tls-change", 3, tls_change},
    {"flags-change", 3, flags_change},
    {"buffer-take", 1, buffer_take},
};

static void disturb(void)
{
    unsigned sum = 0, i = 0;

    for (i = 0; i < sizeof(disturbances) / sizeof(disturbances[0]); i++)
        sum += disturbances[i].weight;
    unsigned choice = (unsigned)below(sum);
    for (i = 0; choice >= disturbances[i].weight; i++)
        choice -= disturbances[i].weight;
    log_director(disturbances[i].name, 0, 0, (uint64_t)disturbances[i].run());
}

/* Everybody has come to a stop: servers that are to live on what is lent to them have reached a receive. */
static void make_passive(void)
{
    for (unsigned i = 0; i < world.worker_count; i++) {
        struct worker *worker = &world.worker[i];

        if (worker->is_passive && worker->steps)
            log_director("make-passive", i, 0, (uint64_t)seL4_SchedContext_Unbind(worker->schedctx));
        worker->is_passive = false;
    }
}

/* Nobody has done anything since the last turn: some servers, or some others, begin. */
static void start(bool servers)
{
    for (unsigned i = 0; i < world.worker_count; i++) {
        struct worker *worker = &world.worker[i];

        if (worker_serves(worker) != servers || below(8) == 0)
            continue;
        log_director("start-context", i, 0, seL4_SchedContext_Bind(worker->schedctx, worker->tcb));
        worker->steps = 0;
        worker->is_passive = worker->can_be_passive;
        log_director("start", i, 0, worker_revive(worker));
    }
}

void director_run(void)
{
    uint64_t events = 0;
    bool are_servers_next = true;

    for (unsigned turn = 0; turn < TURNS && world.events <= world.events_most; turn++) {
        seL4_Word badge = 0;

        seL4_Wait(world.director, &badge);
        log_director("turn", turn, badge, world.events);
        look_at_registers();
        look_at_consumed();
        if (badge & BADGE_IDLE) {
            make_passive();
            if (turn == 0 || world.events == events)
                start(are_servers_next = !are_servers_next);
        }
        events = world.events;
        for (unsigned i = 0; turn && i < (world.is_calm ? below(2) : 1 + below(2)); i++)
            disturb();
    }
    look_at_everything();
}
