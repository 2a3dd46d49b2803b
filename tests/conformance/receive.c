/* Recv, NBRecv, Wait, NBWait: what they refuse, and what they take. */
#include "harness/caller.h"

#define ABOVE (RUNNER_PRIORITY + 1)

#define SEND   (seL4_Word) seL4_SysSend
#define CALL   (seL4_Word) seL4_SysCall
#define WAIT   (seL4_Word) seL4_SysWait
#define RECV   (seL4_Word) seL4_SysRecv
#define NBWAIT (seL4_Word) seL4_SysNBWait
#define NBRECV (seL4_Word) seL4_SysNBRecv

static const seL4_Word receiving[] = {(seL4_Word)seL4_SysRecv, (seL4_Word)seL4_SysNBRecv, (seL4_Word)seL4_SysWait,
                                      (seL4_Word)seL4_SysNBWait};

/* A receive by each of the four calls faults: address, then the lookup failure. */
#define expect_all_fault(bad_cap, bad_reply, ...)                                                                      \
    do {                                                                                                               \
        struct syscall bad_call = {.cap = (bad_cap), .reply = (bad_reply)};                                            \
        for (unsigned call_index = 0; call_index < 4; call_index++) {                                                  \
            bad_call.number = receiving[call_index];                                                                   \
            expect_cap_fault(caller_new(ABOVE, bad_call), bad_call.cap, 1, __VA_ARGS__);                               \
        }                                                                                                              \
    } while (0)

/* row: recv.any.lookup recv.any.nb_lookup fault.cap.receive_phase fault.cap.missing */
TEST(receive, lookup_failure_is_a_fault)
{
    seL4_CPtr empty = slot_new(), reply = reply_new();

    expect_all_fault(1ul << 40, reply, seL4_GuardMismatch, 64, 0, 64 - root_radix());
    expect_all_fault(empty, reply, seL4_MissingCapability, 0);
}

/* row: recv.any.endpoint_read recv.any.notification_read recv.any.other_type rights.endpoint.read rights.notification.read */
TEST(receive, wrong_capability_is_a_fault)
{
    seL4_CPtr reply = reply_new();

    expect_all_fault(cap_copy(endpoint_new(), seL4_CapRights_new(1, 1, 0, 1)), reply, seL4_MissingCapability, 0);
    expect_all_fault(cap_copy(notification_new(), seL4_CapRights_new(1, 1, 0, 1)), reply, seL4_MissingCapability, 0);
    expect_all_fault(seL4_CapInitThreadTCB, reply, seL4_MissingCapability, 0);
    expect_all_fault(ROOT, reply, seL4_MissingCapability, 0);
    expect_all_fault(reply, reply, seL4_MissingCapability, 0);
}

/* row: recv.any.notification_bound */
TEST(receive, notification_of_another_thread_is_a_fault)
{
    seL4_CPtr notification = notification_new();

    expect_no_error(seL4_TCB_BindNotification(tcb_new(), notification));
    expect_all_fault(notification, 0, seL4_MissingCapability, 0);
    /* Bound to the caller it is in order. */
    seL4_CPtr own = notification_new();
    expect_no_error(seL4_TCB_BindNotification(runner()->tcb, own));
    expect_nothing(receive(NBWAIT, own, 0));
}

/* row: recv.any.reply_lookup recv.any.reply_type recv.any.wait_reply recv.any.notification_reply */
TEST(receive, reply_register)
{
    seL4_CPtr endpoint = endpoint_new(), notification = notification_new(), empty = slot_new();

    for (unsigned i = 0; i < 2; i++) {
        struct worker *caller =
            caller_new(ABOVE, (struct syscall){.number = receiving[i], .cap = endpoint, .reply = 1ul << 40});
        expect_cap_fault(caller, 1ul << 40, 1, seL4_GuardMismatch, 64, 0, 64 - root_radix());
        caller = caller_new(ABOVE, (struct syscall){.number = receiving[i], .cap = endpoint, .reply = empty});
        expect_cap_fault(caller, empty, 1, seL4_MissingCapability, 0);
        caller = caller_new(ABOVE, (struct syscall){.number = receiving[i], .cap = endpoint, .reply = notification});
        expect_cap_fault(caller, notification, 1, seL4_MissingCapability, 0);
    }
    /* NBWait does not look at it, nor does any receive from a notification. */
    expect_returned(caller_new(ABOVE, (struct syscall){.number = NBWAIT, .cap = endpoint, .reply = 1ul << 40}));
    expect_blocked(caller_new(ABOVE, (struct syscall){.number = WAIT, .cap = endpoint, .reply = empty}));
    expect_returned(caller_new(ABOVE, (struct syscall){.number = NBRECV, .cap = notification, .reply = 1ul << 40}));
    expect_blocked(caller_new(ABOVE, (struct syscall){.number = RECV, .cap = notification, .reply = empty}));
}

/* row: recv.endpoint.blocks recv.endpoint.nb_empty message.delivery.beyond */
TEST(receive, from_endpoint)
{
    seL4_CPtr endpoint = endpoint_new();
    struct syscall syscall = {
        .number = NBRECV, .cap = endpoint, .info = 0x4321, .word = {1, 2, 3, 4}, .reply = reply_new()};
    seL4_UserContext registers = expect_returned(caller_new(ABOVE, syscall));

    expect_eq(registers.rdi, 0);
    expect_eq(registers.rsi, 0x4321);
    expect_eq(registers.r10, 1);
    expect_eq(registers.r8, 2);
    expect_eq(registers.r9, 3);
    expect_eq(registers.r15, 4);
    syscall.number = NBWAIT;
    registers = expect_returned(caller_new(ABOVE, syscall));
    expect_eq(registers.rdi, 0);
    expect_eq(registers.rsi, 0x4321);
    expect_eq(registers.r10, 1);

    syscall.number = RECV;
    struct worker *receiver = caller_new(ABOVE, syscall);
    expect_blocked(receiver);
    seL4_SendWithMRs(cap_badged(endpoint, 6), seL4_MessageInfo_new(8, 0, 0, 2), &(seL4_Word){70}, &(seL4_Word){71},
                     &(seL4_Word){72}, &(seL4_Word){73});
    registers = expect_returned(receiver);
    expect_message(message_of(&registers), 6, 8, WORDS(70, 71));
    expect_eq(registers.r9, 3);
    expect_eq(registers.r15, 4);
    expect_eq(registers.r12, syscall.reply);
    expect_eq(registers.rdx, RECV);
}

/* row: recv.endpoint.wait_fault fault.delivery.no_reply_object */
TEST(receive, wait_takes_a_fault)
{
    seL4_CPtr faults = endpoint_new();
    struct worker *worker = worker_new(ABOVE);
    seL4_UserContext registers = worker_registers(worker, code_undefined);

    worker_set_fault_handler(worker, faults);
    worker_start_at(worker, &registers);
    expect_eq(receive(NBWAIT, faults, 0).label, seL4_Fault_UserException);
    /* Inactive: resumed it faults again. */
    expect_nothing(receive(NBWAIT, faults, 0));
    worker_resume(worker);
    expect_eq(receive(NBWAIT, faults, 0).label, seL4_Fault_UserException);
}

/* row: recv.endpoint.reply_other lend.call.reuse_reply */
TEST(receive, reply_object_of_another_thread)
{
    seL4_CPtr endpoint = endpoint_new(), other = endpoint_new(), reply = reply_new();
    struct syscall receive_it = {.number = RECV, .cap = endpoint, .reply = reply};
    struct worker *first = caller_new(ABOVE, receive_it);

    /* Another receive with the same object ends the first: it becomes inactive. */
    struct worker *second = caller_new(ABOVE, (struct syscall){.number = RECV, .cap = other, .reply = reply});
    seL4_NBSend(endpoint, seL4_MessageInfo_new(1, 0, 0, 0));
    expect_blocked(first);
    seL4_NBSend(other, seL4_MessageInfo_new(2, 0, 0, 0));
    expect_eq(expect_returned(second).rsi, INFO(2, 0, 0));
    worker_resume(first);
    seL4_NBSend(endpoint, seL4_MessageInfo_new(3, 0, 0, 0));
    expect_eq(expect_returned(first).rsi, INFO(3, 0, 0));

    /* A receive, even one that finds nothing, with the object that holds a caller ends that caller's waiting. */
    struct worker *caller = caller_new(ABOVE, (struct syscall){.number = CALL, .cap = endpoint, .info = INFO(4, 0, 0)});
    expect_eq(receive(NBRECV, endpoint, reply).label, 4);
    expect_nothing(receive(NBRECV, other, reply));
    expect_success(call(reply, 5, NONE, NONE));
    expect_blocked(caller);
    worker_resume(caller);
    expect_eq(receive(NBRECV, endpoint, reply).label, 4);
    seL4_Send(reply, seL4_MessageInfo_new(6, 0, 0, 0));
    expect_eq(expect_returned(caller).rsi, INFO(6, 0, 0));
}

/* row: recv.endpoint.reply_own recv.endpoint.bound_active recv.endpoint.bound_signal */
TEST(receive, bound_notification)
{
    seL4_CPtr endpoint = endpoint_new(), notification = notification_new(), reply = reply_new();
    struct syscall receive_it = {.number = RECV, .cap = endpoint, .info = 0x99, .word = {1, 2, 3, 4}, .reply = reply};
    struct worker *receiver = caller_new(ABOVE, receive_it);

    expect_no_error(seL4_TCB_BindNotification(receiver->tcb, notification));
    seL4_Signal(cap_badged(notification, 0x10));
    seL4_UserContext registers = expect_returned(receiver);
    expect_eq(registers.rdi, 0x10);
    expect_eq(registers.rsi, 0x99);
    expect_eq(registers.r10, 1);
    /* Active when it receives: taken at once, before a message that waits; the notification is idle then. */
    seL4_Signal(cap_badged(notification, 0x20));
    struct worker *sender = caller_new(ABOVE, (struct syscall){.number = CALL, .cap = endpoint, .info = INFO(4, 0, 0)});
    caller_again(receiver, receive_it);
    registers = expect_returned(receiver);
    expect_eq(registers.rdi, 0x20);
    expect_eq(registers.rsi, 0x99);
    /* The same object again: the message, and the reply through it. */
    caller_again(receiver, receive_it);
    expect_eq(expect_returned(receiver).rsi, INFO(4, 0, 0));
    seL4_Send(reply, seL4_MessageInfo_new(5, 0, 0, 0));
    expect_eq(expect_returned(sender).rsi, INFO(5, 0, 0));
    caller_again(receiver, receive_it);
    expect_blocked(receiver);
    /* A message leaves the notification alone. */
    seL4_NBSend(endpoint, seL4_MessageInfo_new(6, 0, 0, 0));
    expect_eq(expect_returned(receiver).rsi, INFO(6, 0, 0));
}

/* row: recv.endpoint.bound_sending */
TEST(receive, bound_notification_does_not_wake_senders)
{
    seL4_CPtr endpoint = endpoint_new(), notification = notification_new(), reply = reply_new();
    struct worker *caller = caller_new(ABOVE, (struct syscall){.number = CALL, .cap = endpoint});

    expect_no_error(seL4_TCB_BindNotification(caller->tcb, notification));
    seL4_Signal(cap_badged(notification, 1));
    expect_blocked(caller);
    receive(NBRECV, endpoint, reply);
    seL4_Signal(cap_badged(notification, 2));
    expect_blocked(caller);
    seL4_Send(reply, seL4_MessageInfo_new(5, 0, 0, 0));
    expect_eq(expect_returned(caller).rsi, INFO(5, 0, 0));
    caller_again(caller, (struct syscall){.number = NBWAIT, .cap = notification});
    expect_eq(expect_returned(caller).rdi, 3);
}

/* --- combined calls ------------------------------------------------------------------------------------------------------ */

/* row: combined.first_half.reply_recv */
TEST(combined, reply_recv)
{
    seL4_CPtr endpoint = endpoint_new(), reply = reply_new();
    struct worker *first = caller_new(ABOVE, (struct syscall){.number = CALL, .cap = endpoint, .info = INFO(1, 0, 0)});

    receive(NBRECV, endpoint, reply);
    struct worker *second = caller_new(ABOVE, (struct syscall){.number = CALL, .cap = endpoint, .info = INFO(2, 0, 0)});
    struct answer message = send_receive((seL4_Word)seL4_SysReplyRecv, 0, 7, NONE, WORDS(70), endpoint, reply);
    expect_eq(message.label, 2);
    seL4_UserContext registers = expect_returned(first);
    expect_message(message_of(&registers), 0, 7, WORDS(70));
    seL4_Send(reply, seL4_MessageInfo_new(8, 0, 0, 0));
    expect_eq(expect_returned(second).rsi, INFO(8, 0, 0));
}

/* row: combined.first_half.nbsend_recv combined.first_half.nbsend_wait combined.first_half.no_receiver */
TEST(combined, nbsend_and_receive)
{
    seL4_CPtr endpoint = endpoint_new(), target = endpoint_new(), reply = reply_new(),
              notification = notification_new();
    struct worker *receiver = caller_new(ABOVE, (struct syscall){.number = WAIT, .cap = target});
    struct worker *caller = caller_new(ABOVE, (struct syscall){.number = CALL, .cap = endpoint, .info = INFO(2, 0, 0)});

    struct answer message = send_receive((seL4_Word)seL4_SysNBSendRecv, target, 3, NONE, WORDS(30), endpoint, reply);
    expect_eq(message.label, 2);
    seL4_UserContext registers = expect_returned(receiver);
    expect_message(message_of(&registers), 0, 3, WORDS(30));
    seL4_Send(reply, seL4_MessageInfo_new(4, 0, 0, 0));
    expect_returned(caller);

    caller_again(receiver, (struct syscall){.number = WAIT, .cap = target});
    seL4_Signal(cap_badged(notification, 5));
    expect_eq(send_receive((seL4_Word)seL4_SysNBSendWait, target, 6, NONE, WORDS(60), notification, 0).badge, 5);
    registers = expect_returned(receiver);
    expect_message(message_of(&registers), 0, 6, WORDS(60));
    /* Nobody waits any more. */
    seL4_Signal(cap_badged(notification, 7));
    expect_eq(send_receive((seL4_Word)seL4_SysNBSendWait, target, 6, NONE, WORDS(60), notification, 0).badge, 7);
    expect_nothing(receive(NBWAIT, target, 0));
}

static const seL4_Word combined[] = {(seL4_Word)seL4_SysReplyRecv, (seL4_Word)seL4_SysNBSendRecv,
                                     (seL4_Word)seL4_SysNBSendWait};

/* Makes the combined call with `dest` as destination; for ReplyRecv that is the reply object too. */
static struct worker *combine(seL4_Word number, seL4_CPtr dest, seL4_Word info, seL4_CPtr source, seL4_CPtr reply)
{
    struct syscall syscall = {.number = number, .cap = source, .info = info, .reply = reply, .dest = dest};

    if (number != (seL4_Word)seL4_SysNBSendRecv)
        syscall.reply = dest;
    return caller_new(ABOVE, syscall);
}

static void do_nothing(struct worker *worker)
{
    (void)worker;
}

/* row: combined.first_half.lookup combined.first_half.extra_lookup combined.first_half.refused_types domain.set.first_half */
/* row: cnode.any.first_half sched_control.configure.first_half schedcontext.any.first_half */
TEST(combined, first_half_is_silent)
{
    seL4_CPtr notification = notification_new(), other = notification_new(), endpoint = endpoint_new();
    seL4_CPtr source = cap_badged(notification, 3), schedctx = schedctx_unconfigured(7),
              filled = cap_copy(endpoint, seL4_AllRights);
    struct worker *target = worker_new(1);

    for (unsigned i = 0; i < 3; i++) {
        /* An address that leads nowhere. */
        struct worker *caller = combine(combined[i], 1ul << 40, 0, notification, 0);
        expect_blocked(caller);
        seL4_Signal(source);
        expect_eq(expect_returned(caller).rdi, 3);
        /* An extra capability that leads nowhere: nothing is signalled. */
        caller = worker_new(ABOVE);
        caller->buffer->caps_or_badges[0] = 1ul << 40;
        caller->argument[5] = endpoint_new();
        worker_set_fault_handler(caller, caller->argument[5]);
        caller_again(
            caller,
            (struct syscall){
                .number = combined[i], .cap = notification, .info = INFO(0, 1, 0), .reply = other, .dest = other});
        expect_blocked(caller);
        expect_nothing(receive(NBWAIT, other, 0));
        seL4_Signal(source);
        expect_eq(expect_returned(caller).rdi, 3);
    }

    /* Types that are refused: nothing happens. */
    caller_new(ABOVE, (struct syscall){.number = (seL4_Word)seL4_SysNBSendWait,
                                       .cap = endpoint_new(),
                                       .reply = ROOT,
                                       .info = INFO(CNodeDelete, 0, 2),
                                       .word = {filled, 64}});
    expect(!slot_is_empty(filled));
    caller_new(ABOVE, (struct syscall){.number = (seL4_Word)seL4_SysNBSendWait,
                                       .cap = endpoint_new(),
                                       .reply = target->schedctx,
                                       .info = INFO(SchedContextUnbind, 0, 0)});
    expect_answer(call(target->schedctx, SchedContextBind, CAPS(tcb_new()), NONE), seL4_IllegalOperation, NONE);
    struct worker *caller = caller_new(ABOVE, (struct syscall){0}), *bound = worker_new_passive(ABOVE);
    caller_fault(caller);
    caller->buffer->caps_or_badges[0] = schedctx;
    caller->buffer->msg[4] = 0;
    caller_again(caller, (struct syscall){.number = (seL4_Word)seL4_SysNBSendWait,
                                          .cap = endpoint_new(),
                                          .reply = seL4_GetBootInfo()->schedcontrol.start,
                                          .info = INFO(SchedControlConfigureFlags, 1, 5),
                                          .word = {300, 400, 0, 0}});
    expect_blocked(caller);
    /* Not configured as before: what is bound to it does not run. */
    expect_no_error(seL4_SchedContext_Bind(schedctx, bound->tcb));
    worker_start(bound, do_nothing);
    expect(!bound->finished);
    if (CONFIG_NUM_DOMAINS == 1)
        return;
    /* Still in the domain that has its turn: it runs. */
    caller = worker_new(ABOVE);
    caller->buffer->caps_or_badges[0] = target->tcb;
    caller_again(caller, (struct syscall){.number = (seL4_Word)seL4_SysNBSendWait,
                                          .cap = endpoint_new(),
                                          .reply = seL4_CapDomain,
                                          .info = INFO(DomainSetSet, 1, 1),
                                          .word = {1}});
    worker_set_priority(target, ABOVE);
    worker_start(target, do_nothing);
    expect(target->finished);
}

/* row: combined.first_half.donates */
TEST(combined, first_half_lends_for_good)
{
    seL4_CPtr endpoint = endpoint_new();
    struct worker *passive = caller_new(ABOVE, (struct syscall){.number = WAIT, .cap = endpoint});

    expect_no_error(seL4_SchedContext_Unbind(passive->schedctx));
    struct worker *sender = combine((seL4_Word)seL4_SysNBSendWait, endpoint, INFO(4, 0, 0), notification_new(), 0);
    expect_eq(expect_returned(passive).rsi, INFO(4, 0, 0));
    expect_no_error(seL4_SchedContext_UnbindObject(sender->schedctx, passive->tcb));
    /* The sender is passive now. */
    expect_success(call(sender->schedctx, SchedContextBind, CAPS(sender->tcb), NONE));
}

/* row: combined.first_half.second_fault */
TEST(combined, second_half_faults)
{
    seL4_CPtr target = notification_new(), empty = slot_new();
    struct worker *caller = combine((seL4_Word)seL4_SysNBSendWait, target, 0, empty, 0);

    expect_cap_fault(caller, empty, 1, seL4_MissingCapability, 0);
    seL4_Signal(cap_badged(target, 4));
    /* It was signalled before: badge 0 and 4 merge into one. */
    expect_eq(receive(NBWAIT, target, 0).badge, 4);
    caller = combine((seL4_Word)seL4_SysNBSendWait, cap_badged(target, 2), 0, empty, 0);
    expect_cap_fault(caller, empty, 1, seL4_MissingCapability, 0);
    expect_eq(receive(NBWAIT, target, 0).badge, 2);
}

/* row: combined.first_half.allowed_types */
TEST(combined, first_half_on_machine_capabilities)
{
    seL4_CPtr endpoint = endpoint_new(), notification = notification_new(), reply = reply_new();

    /* A frame's Unmap; a reply to a caller by NBSendRecv. */
    struct worker *caller = caller_new(ABOVE, (struct syscall){.number = CALL, .cap = endpoint});
    receive(NBRECV, endpoint, reply);
    seL4_Signal(cap_badged(notification, 6));
    expect_eq(send_receive((seL4_Word)seL4_SysNBSendWait, reply, 3, NONE, NONE, notification, 0).badge, 6);
    expect_eq(expect_returned(caller).rsi, INFO(3, 0, 0));
    seL4_CPtr target = notification_new();
    expect_eq(send_receive((seL4_Word)seL4_SysNBSendRecv, cap_badged(target, 8), 0, NONE, NONE, target, 0).badge, 8);
}
