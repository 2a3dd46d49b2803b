/* Derivation, revocation and deletion: which capabilities go, and what happens to their objects. */
#include "harness/caller.h"
#include "harness/memory.h"

#define ABOVE (RUNNER_PRIORITY + 1)

#define SEND   (seL4_Word) seL4_SysSend
#define CALL   (seL4_Word) seL4_SysCall
#define RECV   (seL4_Word) seL4_SysRecv
#define WAIT   (seL4_Word) seL4_SysWait
#define NBWAIT (seL4_Word) seL4_SysNBWait
#define NBRECV (seL4_Word) seL4_SysNBRecv

/* row: tree.revoke.original tree.revoke.copy tree.revoke.siblings tree.revoke.object_alive object.delete.not_last */
TEST(tree, copies_are_siblings)
{
    seL4_CPtr original = notification_new(), copy = cap_copy(original, seL4_AllRights),
              second = cap_copy(copy, seL4_AllRights);

    cap_revoke(copy);
    expect(!slot_is_empty(second));
    cap_delete(copy);
    expect(!slot_is_empty(second));
    cap_revoke(original);
    expect(slot_is_empty(second));
    expect_success(call(original, 0, NONE, NONE)); /* alive */
}

/* row: tree.revoke.badged tree.revoke.badged_original tree.revoke.badged_copy */
TEST(tree, badged_capabilities)
{
    seL4_CPtr original = endpoint_new(), seven = cap_badged(original, 7), eight = cap_badged(original, 8);
    seL4_CPtr copy = cap_copy(seven, seL4_AllRights), second = cap_copy(copy, seL4_CanRead),
              again = cap_badged(original, 7);

    cap_revoke(copy);
    expect(!slot_is_empty(second));
    cap_revoke(seven);
    expect(slot_is_empty(copy) && slot_is_empty(second));
    /* Minted anew it is another original, though its badge is the same. */
    expect(!slot_is_empty(again) && !slot_is_empty(eight) && !slot_is_empty(seven));
    /* A capability with badge 0 is a plain copy. */
    seL4_CPtr zero = cap_badged(original, 0), copy_of_zero = cap_copy(zero, seL4_AllRights);
    cap_revoke(zero);
    expect(!slot_is_empty(copy_of_zero));
    cap_revoke(original);
    expect(slot_is_empty(seven) && slot_is_empty(eight) && slot_is_empty(zero) && slot_is_empty(copy_of_zero));
    expect(!slot_is_empty(original));
}

/* row: tree.revoke.badged_original */
TEST(tree, same_badge_minted_twice)
{
    seL4_CPtr original = endpoint_new(), first = cap_badged(original, 7), copy = cap_copy(first, seL4_AllRights);
    seL4_CPtr second = cap_badged(original, 7), copy_of_second = cap_copy(second, seL4_AllRights);

    /* Neither is the other's child. */
    cap_revoke(second);
    expect(slot_is_empty(copy_of_second) && !slot_is_empty(first) && !slot_is_empty(copy));
    cap_revoke(first);
    expect(slot_is_empty(copy) && !slot_is_empty(second));
    /* Nor do the copies of one that is deleted become the other's. */
    copy = cap_copy(first, seL4_AllRights);
    cap_delete(first);
    cap_revoke(second);
    expect(!slot_is_empty(copy));
    cap_revoke(original);
    expect(slot_is_empty(copy) && slot_is_empty(second));
}

#define RETYPE(untyped, ...) call(untyped, UntypedRetype, CAPS(ROOT), WORDS(__VA_ARGS__))

/* row: tree.revoke.untyped tree.revoke.nested_untyped */
TEST(tree, untyped)
{
    seL4_CPtr untyped = untyped_new(16), inner = slot_new(), first = slot_new(), second = slot_new();

    expect_success(RETYPE(untyped, seL4_UntypedObject, 14, 0, 0, inner, 1));
    expect_success(RETYPE(inner, seL4_NotificationObject, 0, 0, 0, first, 1));
    expect_success(RETYPE(untyped, seL4_EndpointObject, 0, 0, 0, second, 1));
    seL4_CPtr copy = cap_badged(first, 3);
    cap_revoke(inner);
    expect(slot_is_empty(first) && slot_is_empty(copy) && !slot_is_empty(second));
    expect_success(RETYPE(inner, seL4_UntypedObject, 14, 0, 0, first, 1));
    cap_revoke(untyped);
    expect(slot_is_empty(inner) && slot_is_empty(first) && slot_is_empty(second));
    expect_success(RETYPE(untyped, seL4_UntypedObject, 16, 0, 0, inner, 1));
}

/* row: tree.revoke.untyped_deleted object.delete.untyped */
TEST(tree, children_of_a_deleted_untyped)
{
    seL4_CPtr untyped = untyped_new(14), inner = slot_new(), object = slot_new();

    expect_success(RETYPE(untyped, seL4_UntypedObject, 13, 0, 0, inner, 1));
    expect_success(RETYPE(inner, seL4_NotificationObject, 0, 0, 0, object, 1));
    cap_delete(inner);
    expect_success(call(object, 0, NONE, NONE));
    /* Its memory is not free while the object lives. */
    expect_success(RETYPE(untyped, seL4_UntypedObject, 13, 0, 0, inner, 1));
    expect_answer(RETYPE(untyped, seL4_EndpointObject, 0, 0, 0, slot_new(), 1), seL4_NotEnoughMemory, WORDS(0));
    cap_revoke(untyped);
    expect(slot_is_empty(object) && slot_is_empty(inner));
    expect_success(RETYPE(untyped, seL4_UntypedObject, 13, 0, 0, inner, 1));
    cap_delete(inner);
    expect_success(RETYPE(untyped, seL4_UntypedObject, 14, 0, 0, inner, 1));
}

/* row: tree.revoke.frame object.delete.frame derive.copy.frame */
TEST(tree, frames)
{
    seL4_CPtr frame = frame_new();
    struct window first = window_new(), second = window_new();

    window_map(&first, frame);
    seL4_CPtr copy = cap_copy(frame, seL4_AllRights);
    window_map(&second, copy); /* the copy was not mapped */
    expect_eq(read_status(seL4_CapInitThreadVSpace, second.address), ACCESS_NO_FAULT);
    cap_revoke(frame);
    expect(slot_is_empty(copy));
    expect_nothing_mapped(&second);
    expect_eq(read_status(seL4_CapInitThreadVSpace, first.address), ACCESS_NO_FAULT);
    cap_delete(frame);
    expect_nothing_mapped(&first);
    first.mapped = second.mapped = 0;
}

/* --- what a deletion does to threads ------------------------------------------------------------------------------------------ */

/* row: object.delete.endpoint_blocked object.new.endpoint */
TEST(tree, endpoint_with_blocked_threads)
{
    seL4_CPtr endpoint = endpoint_new(), copy = cap_copy(endpoint, seL4_AllRights);
    struct worker *sender = caller_new(ABOVE, (struct syscall){.number = SEND, .cap = endpoint});
    struct worker *caller = caller_new(ABOVE, (struct syscall){.number = CALL, .cap = endpoint});

    cap_delete(copy); /* not the last */
    expect_blocked(sender);
    cap_delete(endpoint);
    /* Made again, Send and Call now name an empty slot: InvalidCapability, told only to the Call. */
    expect_returned(sender);
    seL4_UserContext registers = expect_returned(caller);
    expect_eq(registers.rsi, INFO(seL4_InvalidCapability, 0, 1));
    expect_eq(registers.r10, 0);

    endpoint = endpoint_new();
    struct worker *receiver =
        caller_new(ABOVE, (struct syscall){.number = RECV, .cap = endpoint, .reply = reply_new()});
    cap_delete(endpoint);
    expect_cap_fault(receiver, endpoint, 1, seL4_MissingCapability, 0);
}

/* row: object.delete.notification_waiters */
TEST(tree, notification_with_waiters)
{
    seL4_CPtr notification = notification_new();
    struct worker *one = caller_new(ABOVE, (struct syscall){.number = WAIT, .cap = notification});
    struct worker *two = caller_new(ABOVE + 1, (struct syscall){.number = WAIT, .cap = notification});

    cap_delete(notification);
    expect_cap_fault(one, notification, 1, seL4_MissingCapability, 0);
    expect_cap_fault(two, notification, 1, seL4_MissingCapability, 0);
}

/* row: object.delete.reply_receiving */
TEST(tree, reply_object_of_a_receiver)
{
    seL4_CPtr endpoint = endpoint_new(), reply = reply_new();
    struct worker *receiver = caller_new(ABOVE, (struct syscall){.number = RECV, .cap = endpoint, .reply = reply});

    cap_delete(reply);
    seL4_NBSend(endpoint, seL4_MessageInfo_new(1, 0, 0, 0));
    expect_blocked(receiver);
    /* Inactive: resumed it receives again, and its reply capability is gone. */
    worker_resume(receiver);
    expect_cap_fault(receiver, reply, 1, seL4_MissingCapability, 0);
}

/* row: object.delete.tcb */
TEST(tree, thread)
{
    seL4_CPtr notification = notification_new(), endpoint = endpoint_new();
    struct worker *worker = caller_new(ABOVE, (struct syscall){.number = SEND, .cap = endpoint, .info = INFO(5, 0, 0)});
    seL4_CPtr copy = cap_copy(worker->tcb, seL4_AllRights), other = tcb_new();

    expect_no_error(seL4_TCB_BindNotification(worker->tcb, notification));
    cap_delete(worker->tcb);
    expect_answer(call(other, TCBBindNotification, CAPS(notification), NONE), seL4_IllegalOperation, NONE);
    cap_delete(copy);
    expect_nothing(receive(NBWAIT, endpoint, 0));
    expect_success(call(other, TCBBindNotification, CAPS(notification), NONE));
    expect_success(call(worker->schedctx, SchedContextBind, CAPS(other), NONE));
}

/* row: object.delete.schedcontext */
TEST(tree, scheduling_context)
{
    struct worker *worker = worker_new(ABOVE);
    seL4_CPtr notification = notification_new(), other = schedctx_new(1000, 1000), faults = endpoint_new();
    seL4_UserContext registers = worker_registers(worker, code_undefined);

    worker_set_fault_handler(worker, faults);
    expect_no_error(seL4_SchedContext_Bind(worker->schedctx, notification));
    cap_delete(worker->schedctx);
    worker_start_at(worker, &registers);
    expect_nothing(receive(NBWAIT, faults, 0));
    expect_no_error(seL4_SchedContext_Bind(other, notification));
    expect_no_error(seL4_SchedContext_Bind(other, worker->tcb));
    expect_eq(receive(NBWAIT, faults, 0).label, seL4_Fault_UserException);
}

/* --- CNodes ------------------------------------------------------------------------------------------------------------------- */

/* Moves a capability into slot `index` of `cnode` (radix 4). */
static void put(seL4_CPtr cnode, seL4_Word index, seL4_CPtr cap)
{
    expect_success(call(cnode, CNodeMove, CAPS(ROOT), WORDS(index, 4, cap, 64)));
}

/* row: object.delete.cnode object.delete.cnode_nested */
TEST(tree, cnode)
{
    seL4_CPtr outer = cnode_new(4), inner = cnode_new(4), innermost = cnode_new(4),
              copy = cap_copy(outer, seL4_AllRights);
    seL4_CPtr endpoint = endpoint_new();
    struct worker *caller =
        caller_new(ABOVE, (struct syscall){.number = CALL, .cap = cap_copy(endpoint, seL4_AllRights)});
    seL4_CPtr slot = slot_new();

    put(innermost, 3, endpoint);
    put(inner, 15, innermost);
    put(outer, 0, inner);
    cap_delete(outer);
    expect_blocked(caller);
    /* The last capability to the outermost: with the caller's copy gone the endpoint goes, too. */
    cap_move(copy, slot);
    expect_success(call(ROOT, CNodeDelete, NONE, WORDS(slot, 64)));
    expect_blocked(caller); /* its own copy still names the endpoint */
    expect_success(call(ROOT, CNodeDelete, NONE, WORDS(worker_read(caller).rdi, 64)));
    expect_eq(expect_returned(caller).rsi, INFO(seL4_InvalidCapability, 0, 1));
}

#define LEVELS 8

/* CNodes of two slots in each other: one slot holds the next, the other a scheduling context bound to a notification. */
static void check_chain(seL4_Word next_slot)
{
    seL4_CPtr outermost = cnode_new(1), cnode = outermost, notifications[LEVELS];

    for (unsigned i = 0; i < LEVELS; i++) {
        seL4_CPtr schedctx = schedctx_new(1000, 1000), next = cnode_new(1);
        notifications[i] = notification_new();
        expect_no_error(seL4_SchedContext_Bind(schedctx, notifications[i]));
        expect_success(call(cnode, CNodeMove, CAPS(ROOT), WORDS(1 - next_slot, 1, schedctx, 64)));
        seL4_CPtr inner = cap_copy(next, seL4_AllRights);
        expect_success(call(cnode, CNodeMove, CAPS(ROOT), WORDS(next_slot, 1, inner, 64)));
        if (cnode != outermost)
            cap_delete(cnode);
        cnode = next;
    }
    cap_delete(cnode);
    cap_delete(outermost);
    /* Each context is gone: its notification can be bound again. */
    for (unsigned i = 0; i < LEVELS; i++)
        expect_no_error(seL4_SchedContext_Bind(schedctx_new(1000, 1000), notifications[i]));
}

/* row: object.delete.cnode_nested */
TEST(tree, deep_chains_of_cnodes)
{
    check_chain(0);
    check_chain(1);
}

/* row: object.delete.cnode_cycle */
TEST(tree, cnode_that_holds_itself)
{
    seL4_CPtr cnode = cnode_new(4), untyped;

    /* Its own last capability lies in it: deleting that leaves it destroyed; nothing can name it any more. */
    seL4_CPtr reply = reply_new();
    put(cnode, 7, reply);
    seL4_CPtr copy = cap_copy(cnode, seL4_AllRights);
    put(cnode, 5, copy);
    cap_delete(cnode);
    /* Two that hold each other. */
    seL4_CPtr a = cnode_new(4), b = cnode_new(4), a_copy = cap_copy(a, seL4_AllRights);
    put(b, 2, a_copy);
    put(a, 3, b);
    cap_delete(a);
    /* They live in the arena; its revocation after the test has to get through them. A smaller one shows it here. */
    untyped = untyped_new(12);
    seL4_CPtr inside = slot_new();
    expect_success(RETYPE(untyped, seL4_CapTableObject, 4, 0, 0, inside, 1));
    copy = cap_copy(inside, seL4_AllRights);
    put(inside, 9, copy);
    expect_success(call(inside, CNodeDelete, NONE, WORDS(9, 4)));
    copy = cap_copy(inside, seL4_AllRights);
    put(copy, 9, inside);
    cap_delete(copy);
    cap_revoke(untyped);
    expect_success(RETYPE(untyped, seL4_UntypedObject, 12, 0, 0, inside, 1));
}

/* row: object.delete.control */
TEST(tree, control_capabilities)
{
    /* Copies of what is needed later. */
    cap_delete(cap_copy(seL4_CapASIDControl, seL4_AllRights));
    cap_delete(cap_copy(seL4_CapDomain, seL4_AllRights));
    seL4_CPtr control = cap_copy(seL4_GetBootInfo()->schedcontrol.start, seL4_AllRights);
    cap_delete(control);
    schedctx_new(1000, 1000);
    vspace_new();
}
