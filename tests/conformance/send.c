/* Send, NBSend and Call on endpoints, notifications and reply objects. */
#include "harness/caller.h"

#define ABOVE (RUNNER_PRIORITY + 1)

#define SEND   (seL4_Word) seL4_SysSend
#define NBSEND (seL4_Word) seL4_SysNBSend
#define CALL   (seL4_Word) seL4_SysCall
#define WAIT   (seL4_Word) seL4_SysWait
#define RECV   (seL4_Word) seL4_SysRecv
#define NBWAIT (seL4_Word) seL4_SysNBWait
#define NBRECV (seL4_Word) seL4_SysNBRecv

/* row: send.endpoint.write rights.endpoint.write send.notification.write rights.notification.write */
TEST(send, needs_write)
{
    seL4_CPtr endpoint = endpoint_new(), notification = notification_new();
    seL4_CPtr readable = cap_copy(endpoint, seL4_CapRights_new(1, 1, 1, 0));
    struct worker *receiver = caller_new(ABOVE, (struct syscall){.number = WAIT, .cap = endpoint});

    expect_answer(call(readable, 1, NONE, NONE), seL4_InvalidCapability, WORDS(0));
    seL4_Send(readable, seL4_MessageInfo_new(0, 0, 0, 0));
    seL4_NBSend(readable, seL4_MessageInfo_new(0, 0, 0, 0));
    expect_blocked(receiver);
    expect_answer(call(cap_copy(notification, seL4_CanRead), 1, NONE, NONE), seL4_InvalidCapability, WORDS(0));
    seL4_Signal(cap_copy(notification, seL4_CanRead));
    expect_nothing(receive(NBWAIT, notification, 0));
}

/* row: send.endpoint.blocks send.endpoint.nothing_written message.delivery.badge registers.syscall.kept registers.syscall.stack */
TEST(send, blocks_until_received)
{
    seL4_CPtr endpoint = endpoint_new();
    struct syscall syscall = {.number = SEND,
                              .cap = cap_badged(endpoint, 0x8000000000000123),
                              .info = INFO(0x55, 0, 3),
                              .word = {1, 2, 3, 4},
                              .reply = 5,
                              .dest = 6};
    struct worker *sender = caller_new(ABOVE, syscall);

    expect_blocked(sender);
    expect_message(receive(NBWAIT, endpoint, 0), 0x8000000000000123, 0x55, WORDS(1, 2, 3));
    /* Not one register is written; rcx and r11 belong to the instruction. */
    seL4_UserContext after = expect_returned(sender), before = caller_registers(sender, syscall);
    before.rip = (seL4_Word)code_syscall_end;
    before.rcx = after.rcx;
    before.r11 = after.r11;
    const seL4_Word *words_before = (const seL4_Word *)&before, *words_after = (const seL4_Word *)&after;
    for (unsigned i = 0; i < sizeof(before) / sizeof(seL4_Word); i++)
        expect_eq(words_after[i], words_before[i]);
}

/* row: send.endpoint.nbsend_dropped send.endpoint.nbsend_delivered */
TEST(send, nbsend)
{
    seL4_CPtr endpoint = endpoint_new();
    struct worker *sender =
        caller_new(ABOVE, (struct syscall){.number = NBSEND, .cap = endpoint, .info = INFO(1, 0, 0)});

    expect_returned(sender);
    expect_nothing(receive(NBWAIT, endpoint, 0));
    struct worker *receiver = caller_new(ABOVE, (struct syscall){.number = WAIT, .cap = endpoint});
    seL4_NBSendWithMRs(endpoint, seL4_MessageInfo_new(3, 0, 0, 0), NULL, NULL, NULL, NULL);
    seL4_UserContext registers = expect_returned(receiver);
    expect_message(message_of(&registers), 0, 3, NONE);
}

/* row: send.endpoint.no_donation lend.call.queued_send sched.choice.passive */
TEST(send, lends_nothing)
{
    seL4_CPtr endpoint = endpoint_new();
    struct worker *receiver = caller_new(ABOVE, (struct syscall){.number = WAIT, .cap = endpoint});

    expect_no_error(seL4_SchedContext_Unbind(receiver->schedctx));
    seL4_Send(endpoint, seL4_MessageInfo_new(7, 0, 0, 0));
    expect_blocked(receiver); /* delivered, but it cannot run */
    expect_nothing(receive(NBWAIT, endpoint, 0));
    expect_no_error(seL4_SchedContext_Bind(receiver->schedctx, receiver->tcb));
    seL4_UserContext registers = expect_returned(receiver);
    expect_message(message_of(&registers), 0, 7, NONE);
}

/* row: send.endpoint.queue_priority send.endpoint.queue_order */
TEST(send, senders_queue_by_priority)
{
    seL4_CPtr endpoint = endpoint_new();
    const seL4_Word priorities[] = {101, 103, 102, 103, 101}, order[] = {1, 3, 2, 0, 4};

    for (seL4_Word i = 0; i < 5; i++)
        caller_new(priorities[i], (struct syscall){.number = SEND, .cap = endpoint, .info = INFO(i, 0, 0)});
    for (unsigned i = 0; i < 5; i++)
        expect_eq(receive(NBWAIT, endpoint, 0).label, order[i]);
    expect_nothing(receive(NBWAIT, endpoint, 0));
}

/* row: send.endpoint.receiver_priority */
TEST(send, receivers_queue_by_priority)
{
    seL4_CPtr endpoint = endpoint_new();
    const seL4_Word priorities[] = {101, 103, 102, 103, 101}, order[] = {1, 3, 2, 0, 4};
    struct worker *receivers[5];

    for (unsigned i = 0; i < 5; i++)
        receivers[i] = caller_new(priorities[i], (struct syscall){.number = WAIT, .cap = endpoint});
    for (seL4_Word i = 0; i < 5; i++) {
        seL4_Send(endpoint, seL4_MessageInfo_new(i, 0, 0, 0));
        expect_eq(expect_returned(receivers[order[i]]).rsi, INFO(i, 0, 0));
    }
}

/* row: tcb.set_priority.blocked */
TEST(send, changed_priority_moves_in_the_queue)
{
    seL4_CPtr endpoint = endpoint_new(), notification = notification_new();
    struct worker *senders[4], *waiters[3];
    const seL4_Word order[] = {1, 2, 0, 3};

    for (seL4_Word i = 0; i < 4; i++)
        senders[i] = caller_new(ABOVE, (struct syscall){.number = SEND, .cap = endpoint, .info = INFO(i, 0, 0)});
    /* Raised and put back it stands behind its equals; lowered behind all. */
    worker_set_priority(senders[0], 110);
    worker_set_priority(senders[0], ABOVE);
    worker_set_priority(senders[3], 50);
    for (unsigned i = 0; i < 4; i++)
        expect_eq(receive(NBWAIT, endpoint, 0).label, order[i]);

    for (unsigned i = 0; i < 3; i++)
        waiters[i] = caller_new(ABOVE, (struct syscall){.number = WAIT, .cap = notification});
    worker_set_priority(waiters[2], 110);
    seL4_Signal(notification);
    expect_returned(waiters[2]);
    worker_set_priority(waiters[0], ABOVE); /* the same again: behind its equal */
    seL4_Signal(notification);
    expect_returned(waiters[1]);
}

/* --- notifications --------------------------------------------------------------------------------------------------- */

/* row: send.notification.active send.notification.merge send.notification.badge_zero send.notification.call recv.notification.takes */
/* row: recv.notification.nb_empty recv.notification.badge_only */
TEST(send, notification_word)
{
    seL4_CPtr notification = notification_new();

    expect_nothing(receive(NBWAIT, notification, 0));
    expect_success(call(cap_badged(notification, 0x11), 5, NONE, WORDS(1, 2)));
    seL4_Signal(cap_badged(notification, 0x8000000000000001));
    seL4_NBSend(cap_badged(notification, 0x100), seL4_MessageInfo_new(0, 0, 0, 0));
    struct answer signal = receive(NBWAIT, notification, 0);
    expect_eq(signal.badge, 0x8000000000000111);
    expect_eq(signal.label, LABEL_UNTOUCHED); /* only the badge is written */
    for (unsigned i = 0; i < 4; i++)
        expect_eq(signal.word[i], ~0ul);
    expect_nothing(receive(NBRECV, notification, 0));
    seL4_Signal(notification);
    struct worker *waiter = caller_new(ABOVE, (struct syscall){.number = WAIT, .cap = notification});
    expect_eq(expect_returned(waiter).rdi, 0);
    expect_nothing(receive(NBWAIT, notification, 0));
}

/* row: send.notification.one_waiter send.notification.badge_zero recv.notification.blocks recv.notification.badge_only */
TEST(send, signal_wakes_one)
{
    seL4_CPtr notification = notification_new();
    struct syscall wait = {.number = WAIT, .cap = notification, .info = 0x1234, .word = {1, 2, 3, 4}};
    struct worker *low = caller_new(ABOVE, wait), *high = caller_new(ABOVE + 1, wait), *last = caller_new(ABOVE, wait);

    seL4_Signal(notification);
    expect_blocked(low);
    seL4_UserContext registers = expect_returned(high);
    expect_eq(registers.rdi, 0);
    expect_eq(registers.rsi, 0x1234);
    expect_eq(registers.r10, 1);
    expect_eq(registers.r15, 4);
    seL4_Signal(cap_badged(notification, 9));
    expect_eq(expect_returned(low).rdi, 9);
    expect_blocked(last);
    wait.number = RECV;
    wait.reply = slot_new(); /* not looked at */
    struct worker *receiver = caller_new(ABOVE, wait);
    seL4_Signal(cap_badged(notification, 8));
    seL4_Signal(cap_badged(notification, 7));
    expect_eq(expect_returned(last).rdi, 8);
    expect_eq(expect_returned(receiver).rdi, 7);
}

/* --- replies ----------------------------------------------------------------------------------------------------------- */

/* row: send.reply.nobody send.reply.call object.new.reply */
TEST(send, reply_to_nobody)
{
    seL4_CPtr reply = reply_new();

    expect_success(call(reply, 7, NONE, WORDS(1, 2)));
    seL4_Send(reply, seL4_MessageInfo_new(0, 0, 0, 0));
    seL4_NBSend(reply, seL4_MessageInfo_new(0, 0, 0, 0));
}

/* row: send.reply.badge send.reply.empties call.endpoint.waits */
TEST(send, call_and_reply)
{
    seL4_CPtr endpoint = endpoint_new(), reply = reply_new();
    struct syscall syscall = {
        .number = CALL, .cap = cap_badged(endpoint, 5), .info = INFO(9, 0, 2), .word = {10, 11, 12, 13}};
    struct worker *caller = caller_new(ABOVE, syscall), *second = caller_new(ABOVE, syscall);

    expect_message(receive(NBRECV, endpoint, reply), 5, 9, WORDS(10, 11));
    expect_blocked(caller);
    seL4_SendWithMRs(reply, seL4_MessageInfo_new(77, 0, 0, 1), &(seL4_Word){99}, NULL, NULL, NULL);
    seL4_UserContext registers = expect_returned(caller);
    expect_message(message_of(&registers), 0, 77, WORDS(99));
    /* Words beyond the length, and all other registers, are kept. */
    expect_eq(registers.r8, 11);
    expect_eq(registers.r9, 12);
    expect_eq(registers.r15, 13);
    expect_eq(registers.r12, 0);
    expect_eq(registers.rax, 0xa1a1a1a1a1a1a1a1);
    /* The reply is used up: a second one does nothing, and the object is free for the next caller. */
    expect_success(call(reply, 1, NONE, NONE));
    expect_message(receive(NBRECV, endpoint, reply), 5, 9, WORDS(10, 11));
    seL4_Send(reply, seL4_MessageInfo_new(78, 0, 0, 0));
    expect_eq(expect_returned(second).rsi, INFO(78, 0, 0));
}

/* --- Call ------------------------------------------------------------------------------------------------------------------ */

/* The context is bound to the thread; it is not afterwards. */
#define expect_bound(schedctx, thread) expect_no_error(seL4_SchedContext_UnbindObject(schedctx, thread))

/* row: call.endpoint.keeps */
TEST(send, call_to_an_active_server)
{
    seL4_CPtr endpoint = endpoint_new();
    struct worker *server = caller_new(ABOVE, (struct syscall){.number = RECV, .cap = endpoint, .reply = reply_new()});
    struct worker *caller = caller_new(ABOVE, (struct syscall){.number = CALL, .cap = endpoint});

    expect_returned(server);
    expect_bound(caller->schedctx, caller->tcb);
    expect_bound(server->schedctx, server->tcb);
}

/* row: call.endpoint.donates */
TEST(send, call_to_a_passive_server)
{
    seL4_CPtr endpoint = endpoint_new();
    struct worker *server = caller_new(ABOVE, (struct syscall){.number = RECV, .cap = endpoint, .reply = reply_new()});

    expect_no_error(seL4_SchedContext_Unbind(server->schedctx));
    struct worker *caller = caller_new(ABOVE, (struct syscall){.number = CALL, .cap = endpoint});
    expect_returned(server);
    expect_bound(caller->schedctx, server->tcb);
}

/* What makes a Call unanswerable leaves its caller inactive; resumed it calls again. */
static void check_unanswerable(seL4_CPtr endpoint, seL4_CPtr cap, seL4_Word receive_number, seL4_CPtr reply)
{
    struct worker *caller = caller_new(ABOVE, (struct syscall){.number = CALL, .cap = cap, .info = INFO(4, 0, 0)});

    expect_eq(receive(receive_number, endpoint, reply).label, 4);
    expect_success(call(reply, 0, NONE, NONE));
    expect_blocked(caller);
    worker_resume(caller);
    expect_eq(receive(receive_number, endpoint, reply).label, 4);
    /* The same when the receiver waits first. */
    struct worker *receiver = caller_new(
        ABOVE, (struct syscall){.number = receive_number == NBWAIT ? WAIT : RECV, .cap = endpoint, .reply = reply});
    worker_resume(caller);
    expect_returned(receiver);
    expect_success(call(reply, 0, NONE, NONE));
    expect_blocked(caller);
}

/* row: call.endpoint.no_grant */
TEST(send, call_without_grant)
{
    seL4_CPtr endpoint = endpoint_new();

    check_unanswerable(endpoint, cap_copy(endpoint, seL4_CapRights_new(0, 0, 1, 1)), NBRECV, reply_new());
}

/* row: call.endpoint.no_reply_object recv.endpoint.wait_caller */
TEST(send, call_to_a_receiver_without_reply_object)
{
    seL4_CPtr endpoint = endpoint_new();

    check_unanswerable(endpoint, endpoint, NBWAIT, reply_new());
}

/* row: call.endpoint.grant_reply_only message.caps.no_grant rights.endpoint.grant */
TEST(send, call_with_grant_reply_only)
{
    seL4_CPtr endpoint = endpoint_new(), reply = reply_new(), slot = slot_new();
    seL4_CPtr cap = cap_copy(endpoint, seL4_CapRights_new(1, 0, 0, 1));
    struct worker *caller = worker_new(ABOVE);

    caller = caller_new(ABOVE, (struct syscall){.number = CALL, .cap = cap, .info = INFO(4, 1, 0)});
    caller->buffer->caps_or_badges[0] = 0;
    seL4_SetCapReceivePath(ROOT, slot, 64);
    struct answer message = receive(NBRECV, endpoint, reply);
    expect_message(message, 0, 4, NONE);
    expect_eq(message.extra_caps, 0);
    expect(slot_is_empty(slot));
    seL4_Send(reply, seL4_MessageInfo_new(5, 0, 0, 0));
    expect_eq(expect_returned(caller).rsi, INFO(5, 0, 0));
}
