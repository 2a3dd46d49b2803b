/* What of a message arrives: words, labels, capabilities. */
#include "harness/caller.h"
#include "harness/memory.h"

#define ABOVE (RUNNER_PRIORITY + 1)

#define SEND   (seL4_Word) seL4_SysSend
#define CALL   (seL4_Word) seL4_SysCall
#define WAIT   (seL4_Word) seL4_SysWait
#define RECV   (seL4_Word) seL4_SysRecv
#define NBWAIT (seL4_Word) seL4_SysNBWait
#define NBRECV (seL4_Word) seL4_SysNBRecv

/* An info word with a length or other bits that the stubs do not make. */
static seL4_Word raw_info(seL4_Word label, seL4_Word unwrapped, seL4_Word extra_caps, seL4_Word length)
{
    return label << 12 | unwrapped << 9 | extra_caps << 7 | length;
}

/* A sender whose message words are 1000, 1001, ... */
static struct worker *sender_new(seL4_Word number, seL4_CPtr cap, seL4_Word info)
{
    struct worker *sender = caller_new(RUNNER_PRIORITY - 1, (struct syscall){0});

    for (unsigned i = 0; i < seL4_MsgMaxLength; i++)
        sender->buffer->msg[i] = 1000 + i;
    caller_again(sender,
                 (struct syscall){.number = number, .cap = cap, .info = info, .word = {1000, 1001, 1002, 1003}});
    worker_set_priority(sender, ABOVE);
    return sender;
}

/* row: message.delivery.words message.delivery.label message.delivery.length_max message.delivery.beyond */
/* row: message.delivery.unwrapped_ignored */
TEST(message, all_lengths)
{
    seL4_CPtr endpoint = endpoint_new();
    struct worker *sender = sender_new(SEND, endpoint, 0);

    for (seL4_Word length = 0; length < 128; length++) {
        seL4_Word arrives = length < 120 ? length : 120;
        seL4_Word label = (0xfffffffffffff ^ length) & 0xfffffffffffff;
        if (length > 0)
            caller_again(sender, (struct syscall){.number = SEND,
                                                  .cap = endpoint,
                                                  .info = raw_info(label, 7, 0, length),
                                                  .word = {1000, 1001, 1002, 1003}});
        for (int i = 0; i < 120; i++)
            seL4_SetMR(i, 5);
        struct answer message = receive(NBWAIT, endpoint, 0);
        expect_eq(message.length, arrives);
        expect_eq(message.label, length > 0 ? label : 0);
        expect_eq(message.unwrapped, 0);
        for (seL4_Word i = 0; i < 4; i++)
            expect_eq(message.word[i], i < arrives ? 1000 + i : ~0ul);
        for (seL4_Word i = 4; i < 120; i++)
            expect_eq(seL4_GetMR((int)i), i < arrives ? 1000 + i : 5);
    }
}

/* row: message.delivery.registers_only message.delivery.no_sender_buffer message.delivery.no_receiver_buffer */
/* row: message.delivery.buffer_read_only */
TEST(message, without_buffers)
{
    seL4_CPtr endpoint = endpoint_new();
    struct worker *sender = sender_new(SEND, endpoint, INFO(1, 0, 4));

    expect_no_error(seL4_TCB_SetIPCBuffer(sender->tcb, 0, 0));
    expect_message(receive(NBWAIT, endpoint, 0), 0, 1, WORDS(1000, 1001, 1002, 1003));
    caller_again(sender,
                 (struct syscall){.number = SEND, .cap = endpoint, .info = INFO(1, 0, 9), .word = {1, 2, 3, 4}});
    expect_message(receive(NBWAIT, endpoint, 0), 0, 1, WORDS(1, 2, 3, 4));

    struct worker *receiver = caller_new(ABOVE, (struct syscall){.number = WAIT, .cap = endpoint});
    expect_no_error(seL4_TCB_SetIPCBuffer(receiver->tcb, 0, 0));
    seL4_SendWithMRs(endpoint, seL4_MessageInfo_new(2, 0, 0, 9), &(seL4_Word){1}, &(seL4_Word){2}, &(seL4_Word){3},
                     &(seL4_Word){4});
    seL4_UserContext registers = expect_returned(receiver);
    expect_message(message_of(&registers), 0, 2, WORDS(1, 2, 3, 4));

    /* A buffer that cannot be written serves for sending only. */
    seL4_CPtr read_only = cap_copy(receiver->buffer_frame, seL4_CanRead);
    expect_no_error(seL4_TCB_SetIPCBuffer(receiver->tcb, (seL4_Word)receiver->buffer, read_only));
    receiver->buffer->msg[4] = 77;
    caller_again(receiver, (struct syscall){.number = WAIT, .cap = endpoint});
    seL4_SetMR(4, 55);
    seL4_SendWithMRs(endpoint, seL4_MessageInfo_new(3, 0, 0, 5), &(seL4_Word){1}, &(seL4_Word){2}, &(seL4_Word){3},
                     &(seL4_Word){4});
    registers = expect_returned(receiver);
    expect_message(message_of(&registers), 0, 3, WORDS(1, 2, 3, 4));
    expect_eq(receiver->buffer->msg[4], 77);
    caller_again(receiver,
                 (struct syscall){.number = SEND, .cap = endpoint, .info = INFO(4, 0, 5), .word = {1, 2, 3, 4}});
    expect_message(receive(NBWAIT, endpoint, 0), 0, 4, WORDS(1, 2, 3, 4, 77));
}

/* --- capabilities ----------------------------------------------------------------------------------------------------------- */

/* Sends the capabilities from another thread; the runner receives into `slot`. */
static struct answer transfer(seL4_CPtr endpoint, seL4_CPtr send_cap, seL4_CPtr slot, struct words caps)
{
    struct worker *sender = caller_new(RUNNER_PRIORITY - 1, (struct syscall){0});

    for (seL4_Word i = 0; i < caps.count; i++)
        sender->buffer->caps_or_badges[i] = caps.word[i];
    for (int i = 0; i < 3; i++)
        seL4_SetCap(i, 0x5555);
    seL4_SetCapReceivePath(ROOT, slot, 64);
    caller_again(sender, (struct syscall){.number = SEND, .cap = send_cap, .info = INFO(1, caps.count, 0)});
    worker_set_priority(sender, ABOVE);
    return receive(NBWAIT, endpoint, 0);
}

/* row: message.caps.transfer message.caps.no_grant message.caps.derived tree.revoke.received */
TEST(message, capability_is_copied)
{
    seL4_CPtr endpoint = endpoint_new(), slot = slot_new(), notification = notification_new();
    seL4_CPtr no_grant = cap_copy(endpoint, seL4_CapRights_new(1, 0, 1, 1));
    struct answer message = transfer(endpoint, no_grant, slot, CAPS(notification));

    expect_eq(message.extra_caps, 0);
    expect_eq(message.label, 1);
    expect(slot_is_empty(slot));
    message = transfer(endpoint, endpoint, slot, CAPS(notification));
    expect_eq(message.extra_caps, 1);
    expect_eq(message.unwrapped, 0);
    seL4_Signal(slot);
    expect_eq(receive(NBWAIT, notification, 0).label, LABEL_UNTOUCHED);
    expect(!slot_is_empty(notification));
    cap_revoke(notification);
    expect(slot_is_empty(slot));
}

/* row: message.caps.unwrap message.caps.mixed message.caps.second */
TEST(message, capabilities_to_the_same_endpoint_are_unwrapped)
{
    seL4_CPtr endpoint = endpoint_new(), slot = slot_new(), notification = notification_new();
    seL4_CPtr one = cap_badged(endpoint, 11), two = cap_badged(endpoint, 22), other = endpoint_new();
    struct answer message = transfer(endpoint, two, slot, CAPS(one, endpoint, two));

    expect_eq(message.badge, 22);
    expect_eq(message.extra_caps, 3);
    expect_eq(message.unwrapped, 7);
    expect_eq(seL4_GetBadge(0), 11);
    expect_eq(seL4_GetBadge(1), 0);
    expect_eq(seL4_GetBadge(2), 22);
    expect(slot_is_empty(slot));

    message = transfer(endpoint, endpoint, slot, CAPS(one, notification, two));
    expect_eq(message.extra_caps, 3);
    expect_eq(message.unwrapped, 5);
    expect_eq(seL4_GetBadge(0), 11);
    expect_eq(seL4_GetBadge(1), 0x5555);
    expect_eq(seL4_GetBadge(2), 22);
    expect(!slot_is_empty(slot));
    cap_delete(slot);

    /* Only one can be transferred: the second stops everything. An endpoint other than the message's is not unwrapped. */
    message = transfer(endpoint, endpoint, slot, CAPS(other, notification, one));
    expect_eq(message.extra_caps, 1);
    expect_eq(message.unwrapped, 0);
    expect_eq(seL4_GetBadge(2), 0x5555);
    expect(!slot_is_empty(slot));
}

/* row: message.caps.no_slot message.caps.full_slot message.caps.no_derive message.caps.null */
TEST(message, transfer_stops)
{
    seL4_CPtr endpoint = endpoint_new(), slot = slot_new(), notification = notification_new(),
              badged = cap_badged(endpoint, 3);
    struct answer message = transfer(endpoint, endpoint, 1ul << 40, CAPS(badged, notification, badged));

    expect_eq(message.extra_caps, 1);
    expect_eq(message.unwrapped, 1);
    message = transfer(endpoint, endpoint, notification, CAPS(badged, notification));
    expect_eq(message.extra_caps, 1);
    message = transfer(endpoint, endpoint, slot, CAPS(badged, object_new(seL4_X86_PageTableObject, 0)));
    expect_eq(message.extra_caps, 1);
    message = transfer(endpoint, endpoint, slot, CAPS(arena(), badged));
    expect_eq(message.extra_caps, 0);
    message = transfer(endpoint, endpoint, slot, CAPS(badged, slot_new(), badged));
    expect_eq(message.extra_caps, 1);
    expect_eq(seL4_GetBadge(2), 0x5555);
    expect(slot_is_empty(slot));
    /* The receive path: a CNode found in the receiver's CSpace, an index in it, a depth. */
    seL4_CPtr cnode = cnode_new(4);
    struct worker *sender = caller_new(RUNNER_PRIORITY - 1, (struct syscall){0});
    sender->buffer->caps_or_badges[0] = notification;
    seL4_SetCapReceivePath(cnode, 5, 4);
    caller_again(sender, (struct syscall){.number = SEND, .cap = endpoint, .info = INFO(1, 1, 0)});
    worker_set_priority(sender, ABOVE);
    expect_eq(receive(NBWAIT, endpoint, 0).extra_caps, 1);
    expect_answer(call(cnode, CNodeCopy, CAPS(ROOT), WORDS(5, 4, notification, 64, 15)), seL4_DeleteFirst, NONE);
}

/* row: message.caps.no_buffer invoke.any.no_buffer_caps */
TEST(message, capabilities_need_buffers)
{
    seL4_CPtr endpoint = endpoint_new(), slot = slot_new(), notification = notification_new();
    struct worker *sender = caller_new(RUNNER_PRIORITY - 1, (struct syscall){0});

    seL4_SetCapReceivePath(ROOT, slot, 64);
    sender->buffer->caps_or_badges[0] = notification;
    expect_no_error(seL4_TCB_SetIPCBuffer(sender->tcb, 0, 0));
    caller_again(sender, (struct syscall){.number = SEND, .cap = endpoint, .info = INFO(1, 1, 0)});
    worker_set_priority(sender, ABOVE);
    struct answer message = receive(NBWAIT, endpoint, 0);
    expect_eq(message.label, 1);
    expect_eq(message.extra_caps, 0);
    expect(slot_is_empty(slot));
    /* To an invocation they are none: too few. */
    caller_again(sender,
                 (struct syscall){.number = CALL, .cap = sender->schedctx, .info = INFO(SchedContextBind, 1, 0)});
    expect_eq(expect_returned(sender).rsi, INFO(seL4_TruncatedMessage, 0, 0));

    struct worker *receiver = caller_new(ABOVE, (struct syscall){.number = WAIT, .cap = endpoint});
    receiver->buffer->receiveCNode = ROOT;
    receiver->buffer->receiveIndex = slot;
    receiver->buffer->receiveDepth = 64;
    expect_no_error(seL4_TCB_SetIPCBuffer(receiver->tcb, 0, 0));
    send((seL4_Word)seL4_SysSend, endpoint, 2, CAPS(notification), NONE);
    expect_eq(expect_returned(receiver).rsi, INFO(2, 0, 0));
    expect(slot_is_empty(slot));
}

static struct worker *caller_with_receive_slot(seL4_CPtr endpoint, seL4_CPtr slot)
{
    struct worker *caller = caller_new(RUNNER_PRIORITY - 1, (struct syscall){0});

    caller->buffer->receiveCNode = ROOT;
    caller->buffer->receiveIndex = slot;
    caller->buffer->receiveDepth = 64;
    caller_again(caller, (struct syscall){.number = CALL, .cap = endpoint});
    worker_set_priority(caller, ABOVE);
    return caller;
}

/* row: send.reply.grant send.reply.no_grant message.caps.reply_unwrap */
TEST(message, replies_carry_capabilities)
{
    seL4_CPtr endpoint = endpoint_new(), slot = slot_new(), reply = reply_new();
    seL4_CPtr no_grant = cap_copy(reply, seL4_CapRights_new(1, 0, 1, 1));
    struct worker *caller = caller_with_receive_slot(endpoint, slot);

    receive(NBRECV, endpoint, no_grant);
    send((seL4_Word)seL4_SysSend, no_grant, 5, CAPS(endpoint), NONE);
    expect_eq(expect_returned(caller).rsi, INFO(5, 0, 0));
    expect(slot_is_empty(slot));
    caller = caller_with_receive_slot(endpoint, slot);
    receive(NBRECV, endpoint, no_grant);
    /* The right of the capability that replies counts. An endpoint is never unwrapped. */
    send((seL4_Word)seL4_SysSend, reply, 6, CAPS(endpoint), NONE);
    expect_eq(expect_returned(caller).rsi, INFO(6, 1, 0));
    expect(!slot_is_empty(slot));
}

/* row: message.caps.queued */
TEST(message, capabilities_are_looked_up_again)
{
    seL4_CPtr endpoint = endpoint_new(), slot = slot_new(), notification = notification_new(),
              copy = cap_copy(notification, seL4_AllRights);
    struct worker *sender = caller_new(RUNNER_PRIORITY - 1, (struct syscall){0});

    seL4_SetCapReceivePath(ROOT, slot, 64);
    sender->buffer->caps_or_badges[0] = copy;
    caller_again(sender, (struct syscall){.number = SEND, .cap = endpoint, .info = INFO(1, 1, 0)});
    worker_set_priority(sender, ABOVE);
    cap_delete(copy);
    expect_eq(receive(NBWAIT, endpoint, 0).extra_caps, 0);
    expect(slot_is_empty(slot));

    caller_again(sender, (struct syscall){.number = SEND, .cap = endpoint, .info = INFO(1, 1, 0)});
    /* The slot is there, empty: a null capability; then another capability lies there. */
    expect_no_error(seL4_CNode_Mint(ROOT, copy, 64, ROOT, notification, 64, seL4_AllRights, 9));
    expect_eq(receive(NBWAIT, endpoint, 0).extra_caps, 1);
    seL4_Signal(slot);
    expect_eq(receive(NBWAIT, notification, 0).badge, 9);
    cap_delete(slot);

    /* A lookup that fails by then means no capabilities. */
    seL4_CPtr cnode = cnode_new(1);
    caller_again(sender, (struct syscall){.number = SEND, .cap = endpoint, .info = INFO(1, 1, 0)});
    expect_no_error(seL4_TCB_SetSpace(sender->tcb, 0, cnode, 63, seL4_CapInitThreadVSpace, 0));
    sender->buffer->caps_or_badges[0] = 1ul << 63;
    struct answer message = receive(NBWAIT, endpoint, 0);
    expect_eq(message.label, 1);
    expect_eq(message.extra_caps, 0);
}
