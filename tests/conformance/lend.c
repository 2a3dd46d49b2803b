/* Scheduling contexts that are lent by calls, faults and notifications, and the way back. */
#include "harness/caller.h"
#include "harness/timing.h"

#define ABOVE (RUNNER_PRIORITY + 1)

#define SEND   (seL4_Word) seL4_SysSend
#define CALL   (seL4_Word) seL4_SysCall
#define RECV   (seL4_Word) seL4_SysRecv
#define WAIT   (seL4_Word) seL4_SysWait
#define NBWAIT (seL4_Word) seL4_SysNBWait
#define NBRECV (seL4_Word) seL4_SysNBRecv

/* The context is bound to the thread; it is unbound afterwards. */
#define expect_holds(thread, schedctx) expect_no_error(seL4_SchedContext_UnbindObject(schedctx, (thread)->tcb))
#define expect_free(schedctx)                                                                                          \
    do {                                                                                                               \
        struct worker *probe = worker_new_passive(1);                                                                  \
        expect_no_error(seL4_SchedContext_Bind(schedctx, probe->tcb));                                                 \
        expect_no_error(seL4_SchedContext_UnbindObject(schedctx, probe->tcb));                                         \
    } while (0)
/* The thread has no context: it can be given one. */
#define expect_passive(thread)                                                                                         \
    do {                                                                                                               \
        seL4_CPtr probe_context = schedctx_new(1000, 1000);                                                            \
        expect_no_error(seL4_SchedContext_Bind(probe_context, (thread)->tcb));                                         \
        expect_no_error(seL4_SchedContext_Unbind(probe_context));                                                      \
    } while (0)

/*
 * A chain: A calls B calls C and so on, all but A passive; the last one has received and holds A's context. Each thread is a
 * caller whose steps the test makes, so that nothing runs by itself.
 */
struct link {
    struct worker *thread;
    seL4_CPtr endpoint; /* where it receives */
    seL4_CPtr reply;    /* holds the thread before it */
};

static void chain_new(struct link *links, unsigned count)
{
    for (unsigned i = 1; i < count; i++) {
        links[i].endpoint = endpoint_new();
        links[i].reply = reply_new();
        links[i].thread =
            caller_new(ABOVE, (struct syscall){.number = RECV, .cap = links[i].endpoint, .reply = links[i].reply});
        expect_no_error(seL4_SchedContext_Unbind(links[i].thread->schedctx));
    }
    links[0].thread =
        caller_new(ABOVE, (struct syscall){.number = CALL, .cap = links[1].endpoint, .info = INFO(1, 0, 0)});
    for (unsigned i = 1; i < count; i++) {
        expect_eq(expect_returned(links[i].thread).rsi, INFO(i, 0, 0));
        if (i + 1 < count)
            caller_again(links[i].thread,
                         (struct syscall){.number = CALL, .cap = links[i + 1].endpoint, .info = INFO(i + 1, 0, 0)});
    }
}

/* Thread `i` replies to the one before it, and stops. */
static void chain_reply(struct link *links, unsigned i)
{
    caller_again(links[i].thread, (struct syscall){.number = SEND, .cap = links[i].reply, .info = INFO(100 + i, 0, 0)});
}

/* row: lend.call.chain call.endpoint.donates */
TEST(lend, chain_of_three)
{
    struct link links[3];

    chain_new(links, 3);
    chain_reply(links, 2);
    expect_eq(expect_returned(links[1].thread).rsi, INFO(102, 0, 0));
    expect_blocked(links[2].thread); /* passive: not behind its call */
    chain_reply(links, 1);
    expect_eq(expect_returned(links[0].thread).rsi, INFO(101, 0, 0));
    expect_holds(links[0].thread, links[0].thread->schedctx);
}

/* row: lend.call.has_own */
TEST(lend, caller_with_another_context)
{
    struct link links[2];
    seL4_CPtr other = schedctx_new(1000, 1000);

    chain_new(links, 2);
    expect_no_error(seL4_SchedContext_Bind(other, links[0].thread->tcb));
    chain_reply(links, 1);
    /* The caller runs on its own, the server keeps what was lent and goes on. */
    expect_returned(links[0].thread);
    expect_returned(links[1].thread);
    expect_holds(links[0].thread, other);
    expect_holds(links[1].thread, links[0].thread->schedctx);
}

/* row: lend.call.out_of_order */
TEST(lend, reply_out_of_order)
{
    struct link links[3];

    chain_new(links, 3);
    /* C replies to A, over B's head: A wakes without context; the chain is cut there. */
    seL4_Send(links[1].reply, seL4_MessageInfo_new(50, 0, 0, 0));
    expect_blocked(links[0].thread);
    expect_passive(links[0].thread);
    chain_reply(links, 2);
    expect_eq(expect_returned(links[1].thread).rsi, INFO(102, 0, 0));
    expect_holds(links[1].thread, links[0].thread->schedctx);
    /* A has its message: with a context it goes on behind its call. */
    expect_no_error(seL4_SchedContext_Bind(links[0].thread->schedctx, links[0].thread->tcb));
    expect_eq(expect_returned(links[0].thread).rsi, INFO(50, 0, 0));
}

/* row: lend.call.suspend_head */
TEST(lend, newest_caller_is_suspended)
{
    struct link links[2];

    chain_new(links, 2);
    worker_suspend(links[0].thread);
    chain_reply(links, 1); /* does nothing */
    expect_returned(links[1].thread);
    expect_blocked(links[0].thread);
    expect_holds(links[1].thread, links[0].thread->schedctx);
    expect_passive(links[0].thread);
}

/* row: lend.call.suspend_middle */
TEST(lend, older_caller_is_suspended)
{
    struct link links[4];

    chain_new(links, 4);
    worker_suspend(links[1].thread); /* its wait for C's reply; the chain holds A, B, C, newest C */
    chain_reply(links, 3);
    expect_eq(expect_returned(links[2].thread).rsi, INFO(103, 0, 0));
    /* C's reply object holds nobody: it goes on with the context. */
    chain_reply(links, 2);
    expect_returned(links[2].thread);
    expect_holds(links[2].thread, links[0].thread->schedctx);
    /* Below the cut: A gets a reply, no context. */
    seL4_Send(links[1].reply, seL4_MessageInfo_new(60, 0, 0, 0));
    expect_passive(links[0].thread);
    expect_eq(worker_read(links[0].thread).rsi, INFO(60, 0, 0));
}

/* row: lend.call.suspend_server */
TEST(lend, server_is_suspended)
{
    struct link links[2];

    chain_new(links, 2);
    worker_suspend(links[1].thread);
    expect_blocked(links[0].thread);
    seL4_Send(links[1].reply, seL4_MessageInfo_new(60, 0, 0, 0));
    expect_eq(expect_returned(links[0].thread).rsi, INFO(60, 0, 0));
    expect_holds(links[0].thread, links[0].thread->schedctx);
}

/* row: lend.call.delete_server object.delete.tcb object.delete.reply_head */
TEST(lend, server_is_deleted)
{
    struct link links[2];

    chain_new(links, 2);
    cap_delete(links[1].thread->tcb);
    expect_free(links[0].thread->schedctx);
    expect_blocked(links[0].thread);
    /* Deleting the reply object gives the context back; the caller is inactive and calls again when resumed. */
    cap_delete(links[1].reply);
    expect_holds(links[0].thread, links[0].thread->schedctx);
    expect_no_error(seL4_SchedContext_Bind(links[0].thread->schedctx, links[0].thread->tcb));
    expect_nothing(receive(NBWAIT, links[1].endpoint, 0));
    worker_resume(links[0].thread);
    expect_eq(receive(NBWAIT, links[1].endpoint, 0).label, 1);
}

/* row: object.delete.reply_head */
TEST(lend, newest_reply_object_is_deleted)
{
    struct link links[3];

    chain_new(links, 3);
    cap_delete(links[2].reply);
    expect_holds(links[1].thread, links[0].thread->schedctx);
    expect_no_error(seL4_SchedContext_Bind(links[0].thread->schedctx, links[1].thread->tcb));
    expect_blocked(links[1].thread); /* inactive */
    worker_resume(links[1].thread);
    expect_eq(receive(NBWAIT, links[2].endpoint, 0).label, 2);
}

/* row: object.delete.reply_middle */
TEST(lend, middle_reply_object_is_deleted)
{
    struct link links[4];

    /* A, B, C call; D serves. The object that holds B goes. */
    chain_new(links, 4);
    cap_delete(links[2].reply);
    expect_passive(links[1].thread);
    chain_reply(links, 3);
    expect_eq(expect_returned(links[2].thread).rsi, INFO(103, 0, 0));
    expect_holds(links[2].thread, links[0].thread->schedctx);
    expect_blocked(links[1].thread);
    /* A gets a reply but no context. */
    seL4_Send(links[1].reply, seL4_MessageInfo_new(61, 0, 0, 0));
    expect_eq(worker_read(links[0].thread).rsi, INFO(61, 0, 0));
    expect_passive(links[0].thread);
}

/* row: object.delete.reply_middle */
TEST(lend, oldest_reply_object_is_deleted)
{
    struct link links[3];

    chain_new(links, 3);
    cap_delete(links[1].reply);
    expect_passive(links[0].thread);
    chain_reply(links, 2);
    expect_eq(expect_returned(links[1].thread).rsi, INFO(102, 0, 0));
    expect_holds(links[1].thread, links[0].thread->schedctx);
    expect_blocked(links[0].thread);
}

/* row: lend.call.reuse_reply recv.endpoint.reply_other */
TEST(lend, reply_object_in_the_chain_is_used_again)
{
    struct link links[3];

    chain_new(links, 3);
    /* The object that holds A, not the newest: A stops, the chain is cut there. */
    expect_nothing(receive(NBRECV, endpoint_new(), links[1].reply));
    expect_passive(links[0].thread);
    expect_blocked(links[0].thread);
    chain_reply(links, 2);
    expect_eq(expect_returned(links[1].thread).rsi, INFO(102, 0, 0));
    chain_reply(links, 1); /* nobody is there */
    expect_returned(links[1].thread);
    expect_holds(links[1].thread, links[0].thread->schedctx);
    expect_no_error(seL4_SchedContext_Bind(links[0].thread->schedctx, links[0].thread->tcb));
    expect_nothing(receive(NBWAIT, links[1].endpoint, 0));
    worker_resume(links[0].thread);
    expect_eq(receive(NBWAIT, links[1].endpoint, 0).label, 1);
}

/* row: lend.call.unbind schedcontext.unbind.reply */
TEST(lend, lent_context_is_unbound)
{
    struct link links[2];

    chain_new(links, 2);
    expect_no_error(seL4_SchedContext_Unbind(links[0].thread->schedctx));
    seL4_Send(links[1].reply, seL4_MessageInfo_new(62, 0, 0, 0));
    expect_passive(links[0].thread);
    expect_eq(worker_read(links[0].thread).rsi, INFO(62, 0, 0));
    expect_free(links[0].thread->schedctx);
}

/* row: object.delete.schedcontext */
TEST(lend, lent_context_is_deleted)
{
    struct link links[3];
    seL4_CPtr notification = notification_new(), other = schedctx_new(1000, 1000);

    chain_new(links, 3);
    expect_no_error(seL4_SchedContext_Bind(links[0].thread->schedctx, notification));
    cap_delete(links[0].thread->schedctx);
    expect_passive(links[2].thread);
    expect_no_error(seL4_SchedContext_Bind(other, notification));
    /* The reply objects stay valid. */
    seL4_Send(links[2].reply, seL4_MessageInfo_new(63, 0, 0, 0));
    expect_eq(worker_read(links[1].thread).rsi, INFO(63, 0, 0));
    expect_passive(links[1].thread);
    seL4_Send(links[1].reply, seL4_MessageInfo_new(64, 0, 0, 0));
    expect_eq(worker_read(links[0].thread).rsi, INFO(64, 0, 0));
    expect_passive(links[0].thread);
}

/* row: lend.call.queued_call */
TEST(lend, queued_call_lends_when_it_is_taken)
{
    seL4_CPtr endpoint = endpoint_new(), reply = reply_new();
    struct worker *caller = caller_new(ABOVE, (struct syscall){.number = CALL, .cap = endpoint, .info = INFO(3, 0, 0)});
    struct worker *server =
        caller_new(RUNNER_PRIORITY - 1, (struct syscall){.number = RECV, .cap = endpoint, .reply = reply});

    /* Its own context goes in the moment between: it is bound to nothing when it receives. */
    expect_holds(caller, caller->schedctx);
    expect_no_error(seL4_SchedContext_Bind(caller->schedctx, caller->tcb));
    worker_set_priority(server, ABOVE);
    expect_eq(expect_returned(server).rsi, INFO(3, 0, 0));
    expect_holds(caller, caller->schedctx);
    expect_holds(server, server->schedctx);
}

static void serve_without_context(struct worker *worker)
{
    seL4_MessageInfo_t info = seL4_Recv(worker->argument[0], NULL, worker->argument[1]);

    for (;;) {
        worker->result[0]++;
        info = seL4_ReplyRecv(worker->argument[0], info, NULL, worker->argument[1]);
    }
}

/* A passive server is between two receives without context, and takes the next call from the queue with that call's. */
/* row: lend.call.queued_call lend.call.chain */
TEST(lend, passive_server_takes_queued_calls)
{
    struct worker *server = worker_new(ABOVE);
    seL4_CPtr endpoint = server->argument[0] = endpoint_new();
    struct worker *callers[3];

    server->argument[1] = reply_new();
    worker_start(server, serve_without_context);
    expect_no_error(seL4_SchedContext_Unbind(server->schedctx));
    worker_set_priority(server, 10);
    for (seL4_Word i = 0; i < 3; i++)
        callers[i] = caller_new(ABOVE, (struct syscall){.number = CALL, .cap = endpoint, .info = INFO(i, 0, 0)});
    expect_eq(server->result[0], 0); /* it has the first one's context, and a low priority */
    sleep_for(300);
    expect_eq(server->result[0], 3);
    for (seL4_Word i = 0; i < 3; i++) {
        expect_eq(expect_returned(callers[i]).rsi, INFO(i, 0, 0));
        expect_holds(callers[i], callers[i]->schedctx);
    }
}

/* --- notifications ------------------------------------------------------------------------------------------------------------ */

static void wait_and_count(struct worker *worker)
{
    for (;;) {
        seL4_Word badge;
        if (worker->argument[1])
            seL4_Recv(worker->argument[0], &badge, worker->argument[1]);
        else
            seL4_Wait(worker->argument[0], &badge);
        worker->result[0] += badge;
    }
}

/* row: lend.notification.wake lend.notification.returns */
TEST(lend, notification_lends_its_context)
{
    struct worker *worker = worker_new(ABOVE);
    seL4_CPtr notification = worker->argument[0] = notification_new(), schedctx = schedctx_new(1000, 1000);

    worker_start(worker, wait_and_count);
    expect_no_error(seL4_SchedContext_Unbind(worker->schedctx));
    expect_no_error(seL4_SchedContext_Bind(schedctx, notification));
    for (seL4_Word i = 1; i <= 3; i++) {
        seL4_Signal(cap_badged(notification, 1));
        expect_eq(worker->result[0], i);
        expect_free(schedctx);
    }
}

/* row: lend.notification.returns_bound lend.notification.wake */
TEST(lend, bound_notification_lends_its_context)
{
    struct worker *worker = worker_new(ABOVE);
    seL4_CPtr notification = notification_new(), schedctx = schedctx_new(1000, 1000);

    worker->argument[0] = endpoint_new();
    worker->argument[1] = reply_new();
    expect_no_error(seL4_TCB_BindNotification(worker->tcb, notification));
    worker_start(worker, wait_and_count);
    expect_no_error(seL4_SchedContext_Unbind(worker->schedctx));
    expect_no_error(seL4_SchedContext_Bind(schedctx, notification));
    for (seL4_Word i = 1; i <= 3; i++) {
        seL4_Signal(cap_badged(notification, 1));
        expect_eq(worker->result[0], i);
        expect_free(schedctx);
    }
}

/* row: lend.notification.none_free */
TEST(lend, notification_without_a_free_context)
{
    struct worker *worker = caller_new(ABOVE, (struct syscall){.number = WAIT, .cap = 0});
    seL4_CPtr notification = notification_new(), schedctx = schedctx_new(1000, 1000);
    struct worker *holder = worker_new_passive(1);

    caller_fault(worker);
    caller_again(worker, (struct syscall){.number = WAIT, .cap = notification});
    expect_no_error(seL4_SchedContext_Unbind(worker->schedctx));
    expect_no_error(seL4_SchedContext_Bind(schedctx, notification));
    expect_no_error(seL4_SchedContext_Bind(schedctx, holder->tcb));
    seL4_Signal(cap_badged(notification, 7));
    expect_blocked(worker);
    expect_nothing(receive(NBWAIT, notification, 0)); /* delivered */
    expect_no_error(seL4_SchedContext_Bind(worker->schedctx, worker->tcb));
    expect_eq(expect_returned(worker).rdi, 7);
}

/* A passive thread comes by a pending signal only on a lent context: it receives behind a reply. */
/* row: lend.notification.pending recv.endpoint.bound_active */
TEST(lend, pending_signal_brings_the_context)
{
    struct worker *server = worker_new(ABOVE);
    seL4_CPtr endpoint = server->argument[0] = endpoint_new(), notification = notification_new();
    seL4_CPtr schedctx = schedctx_new(1000, 1000);

    server->argument[1] = reply_new();
    expect_no_error(seL4_TCB_BindNotification(server->tcb, notification));
    worker_start(server, serve_without_context);
    expect_no_error(seL4_SchedContext_Unbind(server->schedctx));
    worker_set_priority(server, 10);
    struct worker *caller = caller_new(ABOVE, (struct syscall){.number = CALL, .cap = endpoint, .info = INFO(1, 0, 0)});
    /* The server has the caller's context and does not run yet. */
    expect_no_error(seL4_SchedContext_Bind(schedctx, notification));
    seL4_Signal(cap_badged(notification, 1));
    sleep_for(300);
    /* It replied, passive again, and took the signal with the notification's context: its second round. */
    expect_eq(expect_returned(caller).rsi, INFO(1, 0, 0));
    expect_eq(server->result[0], 2);
    expect_free(schedctx);
}

/* row: object.delete.notification_bound */
TEST(lend, deleted_notification_is_unbound)
{
    seL4_CPtr notification = notification_new(), schedctx = schedctx_new(1000, 1000), tcb = tcb_new();

    expect_no_error(seL4_SchedContext_Bind(schedctx, notification));
    expect_no_error(seL4_TCB_BindNotification(tcb, notification));
    cap_delete(notification);
    expect_no_error(seL4_SchedContext_Bind(schedctx, notification_new()));
    expect_no_error(seL4_TCB_BindNotification(tcb, notification_new()));
}
