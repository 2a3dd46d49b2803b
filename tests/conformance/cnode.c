/* Operations on CNodes: the checks in their order, and what they do. */
#include "harness/invoke.h"
#include "harness/objects.h"
#include "harness/worker.h"

#define GUARD(guard, size) ((seL4_Word)(guard) << 6 | (size))

#define COPY(...)   call(ROOT, CNodeCopy, CAPS(ROOT), WORDS(__VA_ARGS__))
#define MINT(...)   call(ROOT, CNodeMint, CAPS(ROOT), WORDS(__VA_ARGS__))
#define MOVE(...)   call(ROOT, CNodeMove, CAPS(ROOT), WORDS(__VA_ARGS__))
#define MUTATE(...) call(ROOT, CNodeMutate, CAPS(ROOT), WORDS(__VA_ARGS__))
/* destination, its data, pivot, its data, source: all in the root CNode. */
#define ROTATE(dst, dst_data, pivot, pivot_data, src)                                                                  \
    call(ROOT, CNodeRotate, CAPS(ROOT, ROOT), WORDS(dst, 64, dst_data, pivot, 64, pivot_data, src, 64))

/* The badge that a signal through `cap` leaves at its notification. */
static seL4_Word badge_of(seL4_CPtr cap, seL4_CPtr notification)
{
    seL4_Signal(cap);
    return receive(seL4_SysNBWait, notification, 0).badge;
}

/* row: cnode.any.label cnode.any.length cnode.any.destination error.words.illegal_operation error.words.truncated_message */
/* row: invoke.any.label invoke.any.label_first invoke.any.error */
TEST(cnode, checks_that_come_first)
{
    expect_answer(call(ROOT, TCBSuspend, NONE, NONE), seL4_IllegalOperation, NONE);
    expect_answer(call(ROOT, 0, NONE, NONE), seL4_IllegalOperation, NONE);
    expect_answer(call(ROOT, 0xfffffffff, NONE, NONE), seL4_IllegalOperation, NONE);
    for (seL4_Word label = CNodeRevoke; label <= CNodeRotate; label++) {
        expect_answer(call(ROOT, label, NONE, NONE), seL4_TruncatedMessage, NONE);
        expect_answer(call(ROOT, label, NONE, WORDS(0)), seL4_TruncatedMessage, NONE);
        /* The destination is looked up before anything else is looked at. */
        expect_answer(call(ROOT, label, NONE, WORDS(0, 0)), seL4_RangeError, WORDS(1, 64));
        expect_lookup(call(ROOT, label, NONE, WORDS(~0ul, 64)), 0, seL4_GuardMismatch, 64, 0, 64 - root_radix());
    }
}

/* --- what copy, mint, move and mutate share ---------------------------------------------------------------------------- */

static void check_transfer(seL4_Word label, seL4_Word word_count)
{
    seL4_CPtr endpoint = endpoint_new(), slot = slot_new(), empty = slot_new();
    const seL4_Word words[] = {slot, 64, endpoint, 64, 15, 0}, onto_full[] = {endpoint, 64, empty, 64, 15, 0},
                    no_source[] = {slot, 64, empty, 64, 15, 0}, bad_depth[] = {slot, 64, endpoint, 0, 15, 0};

    expect_answer(call(ROOT, label, CAPS(ROOT), (struct words){3, words}), seL4_TruncatedMessage, NONE);
    expect_answer(call(ROOT, label, NONE, (struct words){6, words}), seL4_TruncatedMessage, NONE);
    /* A full destination comes before the source, and a missing last word after it. */
    expect_answer(call(ROOT, label, CAPS(ROOT), (struct words){4, onto_full}), seL4_DeleteFirst, NONE);
    expect_answer(call(ROOT, label, CAPS(ROOT), (struct words){4, bad_depth}), seL4_RangeError, WORDS(1, 64));
    expect_lookup(call(ROOT, label, CAPS(endpoint), (struct words){4, words}), 1, seL4_InvalidRoot);
    expect_lookup(call(ROOT, label, CAPS(ROOT), (struct words){4, no_source}), 1, seL4_MissingCapability, 64);
    if (word_count > 4)
        expect_answer(call(ROOT, label, CAPS(ROOT), (struct words){word_count - 1, words}), seL4_TruncatedMessage,
                      NONE);
    expect(slot_is_empty(slot));
    expect(!slot_is_empty(endpoint));
}

/* row: cnode.copy.length_slots cnode.copy.source_root cnode.copy.destination_empty cnode.copy.source_lookup */
/* row: cnode.copy.source_empty cnode.copy.length_rights error.words.delete_first error.words.failed_lookup_missing */
TEST(cnode, copy_checks)
{
    check_transfer(CNodeCopy, 5);
}

/* row: cnode.mint.length_slots cnode.mint.source_root cnode.mint.destination_empty cnode.mint.source_lookup */
/* row: cnode.mint.source_empty cnode.mint.length_data */
TEST(cnode, mint_checks)
{
    check_transfer(CNodeMint, 6);
}

/* row: cnode.move.length cnode.move.source_root cnode.move.destination_empty cnode.move.source_lookup cnode.move.source_empty */
TEST(cnode, move_checks)
{
    check_transfer(CNodeMove, 4);
}

/* row: cnode.mutate.length_slots cnode.mutate.source_root cnode.mutate.destination_empty cnode.mutate.source_lookup */
/* row: cnode.mutate.source_empty cnode.mutate.length_data */
TEST(cnode, mutate_checks)
{
    check_transfer(CNodeMutate, 5);
}

/* row: cnode.copy.source_empty */
TEST(cnode, empty_source_reports_its_depth)
{
    seL4_CPtr cnode = cnode_new(4);

    expect_lookup(call(ROOT, CNodeCopy, CAPS(cnode), WORDS(slot_new(), 64, 3, 4, 15)), 1, seL4_MissingCapability, 4);
}

/* --- rights ----------------------------------------------------------------------------------------------------------- */

/* row: cnode.copy.rights cnode.mint.rights rights.endpoint.shrink rights.notification.write rights.notification.read */
TEST(cnode, rights_can_only_shrink)
{
    seL4_CPtr notification = notification_new();
    seL4_CPtr readable = cap_copy(notification, seL4_CanRead), writable = cap_mint(notification, seL4_CanWrite, 5);
    seL4_CPtr grown = cap_copy(readable, seL4_AllRights), minted = cap_mint(readable, seL4_AllRights, 9);
    struct worker *worker = worker_new(RUNNER_PRIORITY + 1);

    expect_answer(call(readable, 0, NONE, NONE), seL4_InvalidCapability, WORDS(0));
    expect_answer(call(grown, 0, NONE, NONE), seL4_InvalidCapability, WORDS(0));
    expect_answer(call(minted, 0, NONE, NONE), seL4_InvalidCapability, WORDS(0));
    expect_success(call(writable, 0, NONE, NONE));
    expect_eq(receive(seL4_SysNBWait, readable, 0).badge, 5);
    /* Bind needs Read. */
    expect_answer(call(worker->tcb, TCBBindNotification, CAPS(writable), NONE), seL4_IllegalOperation, NONE);
    expect_success(call(worker->tcb, TCBBindNotification, CAPS(grown), NONE));
}

/* --- data -------------------------------------------------------------------------------------------------------------- */

/* row: cnode.mint.badge cnode.mint.badge_twice */
TEST(cnode, mint_badges_once)
{
    seL4_CPtr notification = notification_new(), endpoint = endpoint_new();
    seL4_CPtr badged = cap_mint(notification, seL4_AllRights, 0x8000000000000001),
              zero = cap_mint(notification, seL4_AllRights, 0);

    expect_eq(badge_of(badged, notification), 0x8000000000000001);
    expect_eq(badge_of(cap_copy(badged, seL4_AllRights), notification), 0x8000000000000001);
    expect_answer(MINT(slot_new(), 64, badged, 64, 15, 2), seL4_IllegalOperation, NONE);
    expect_answer(MINT(slot_new(), 64, badged, 64, 15, 0), seL4_IllegalOperation, NONE);
    /* A badge of 0 is none: it can be given once more. */
    expect_eq(badge_of(cap_mint(zero, seL4_AllRights, 6), notification), 6);
    expect_answer(MINT(slot_new(), 64, cap_badged(endpoint, 3), 64, 15, 3), seL4_IllegalOperation, NONE);
}

static struct answer delete_at(seL4_CPtr cnode, seL4_Word index, seL4_Word depth)
{
    return call(cnode, CNodeDelete, NONE, WORDS(index, depth));
}

/* row: cnode.mint.guard cnode.mint.guard_zero cnode.mint.guard_cut cnode.mint.guard_size */
TEST(cnode, mint_sets_the_guard)
{
    seL4_CPtr cnode = cnode_new(4);
    seL4_CPtr guarded = cap_mint(cnode, seL4_AllRights, GUARD(5, 3)),
              cut = cap_mint(cnode, seL4_AllRights, GUARD(0xfd, 3));
    seL4_CPtr none = cap_mint(guarded, seL4_AllRights, 0);

    expect_success(delete_at(guarded, 5 << 4, 7));
    expect_lookup(delete_at(guarded, 6 << 4, 7), 0, seL4_GuardMismatch, 7, 5, 3);
    expect_success(delete_at(cut, 5 << 4, 7));
    expect_lookup(delete_at(cut, 0, 7), 0, seL4_GuardMismatch, 7, 5, 3);
    expect_success(delete_at(none, 0, 4));
    expect_answer(MINT(slot_new(), 64, cnode, 64, 15, GUARD(0, 61)), seL4_IllegalOperation, NONE);
    expect_success(MINT(slot_new(), 64, cnode, 64, 15, GUARD(0, 60)));
    /* Copy keeps the guard. */
    expect_success(delete_at(cap_copy(guarded, seL4_AllRights), 5 << 4, 7));
}

/* row: cnode.mint.data_ignored cnode.mint.not_derivable cnode.mint.untyped_children */
TEST(cnode, mint_of_other_types)
{
    seL4_CPtr untyped = untyped_new(12), reply = reply_new(), table = object_new(seL4_X86_PageTableObject, 0);

    cap_mint(reply, seL4_AllRights, 0x1234);
    cap_mint(untyped, seL4_AllRights, ~0ul);
    expect_answer(MINT(slot_new(), 64, table, 64, 15, 0), seL4_IllegalOperation, NONE);
    expect_answer(MINT(slot_new(), 64, arena(), 64, 15, 0), seL4_RevokeFirst, NONE);
    expect_answer(MINT(slot_new(), 64, seL4_CapIRQControl, 64, 15, 0), seL4_IllegalOperation, NONE);
}

/* row: cnode.copy.not_derivable cnode.copy.untyped_children derive.copy.untyped_children derive.copy.irq_control */
/* row: derive.copy.table_unmapped derive.copy.vspace_no_asid ioport.issue.control_copy error.words.revoke_first */
TEST(cnode, copy_refuses_what_cannot_be_copied)
{
    seL4_CPtr slot = slot_new();
    const seL4_Word tables[] = {seL4_X86_PageTableObject, seL4_X86_PageDirectoryObject, seL4_X86_PDPTObject,
                                seL4_X64_PML4Object};

    for (unsigned i = 0; i < 4; i++)
        expect_answer(COPY(slot, 64, object_new(tables[i], 0), 64, 15), seL4_IllegalOperation, NONE);
    expect_answer(COPY(slot, 64, seL4_CapIRQControl, 64, 15), seL4_IllegalOperation, NONE);
    expect_answer(COPY(slot, 64, seL4_CapIOPortControl, 64, 15), seL4_IllegalOperation, NONE);
    expect_answer(COPY(slot, 64, arena(), 64, 15), seL4_RevokeFirst, NONE);
    expect(slot_is_empty(slot));
}

/* row: derive.copy.others derive.copy.untyped derive.copy.table_mapped */
TEST(cnode, copy_of_everything_else)
{
    const seL4_CPtr caps[] = {reply_new(),           tcb_new(),
                              cnode_new(2),          endpoint_new(),
                              notification_new(),    schedctx_unconfigured(7),
                              untyped_new(12),       frame_new(),
                              seL4_CapASIDControl,   seL4_CapInitThreadASIDPool,
                              seL4_CapDomain,        seL4_CapInitThreadVSpace,
                              seL4_CapInitThreadTCB, seL4_CapInitThreadSC};

    for (unsigned i = 0; i < sizeof(caps) / sizeof(caps[0]); i++)
        cap_delete(cap_copy(caps[i], seL4_AllRights));
    cap_delete(cap_copy(seL4_GetBootInfo()->schedcontrol.start, seL4_AllRights));
    cap_delete(cap_copy(seL4_GetBootInfo()->userImagePaging.start, seL4_AllRights));
    cap_delete(cap_copy(seL4_GetBootInfo()->userImageFrames.start, seL4_AllRights));
}

/* row: derive.copy.untyped */
TEST(cnode, copied_untyped_is_full_until_the_copy_is_gone)
{
    seL4_CPtr untyped = untyped_new(12), slot = slot_new(), copy = cap_copy(untyped, seL4_AllRights);

    expect_answer(call(untyped, UntypedRetype, CAPS(ROOT), WORDS(seL4_EndpointObject, 0, 0, 0, slot, 1)),
                  seL4_NotEnoughMemory, WORDS(0));
    expect_answer(COPY(slot, 64, untyped, 64, 15), seL4_RevokeFirst, NONE);
    cap_delete(copy);
    expect_success(call(untyped, UntypedRetype, CAPS(ROOT), WORDS(seL4_EndpointObject, 0, 0, 0, slot, 1)));
}

/* --- move and mutate --------------------------------------------------------------------------------------------------- */

/* row: cnode.move.any_type cnode.move.place tree.revoke.moved */
TEST(cnode, move_keeps_everything)
{
    seL4_CPtr notification = notification_new(), slot = slot_new();
    seL4_CPtr badged = cap_mint(notification, seL4_CanWrite, 77), table = object_new(seL4_X86_PageTableObject, 0);

    expect_success(MOVE(slot, 64, badged, 64));
    expect(slot_is_empty(badged));
    expect_eq(badge_of(slot, notification), 77);
    /* Still without Read. */
    expect_answer(call(worker_new(1)->tcb, TCBBindNotification, CAPS(slot), NONE), seL4_IllegalOperation, NONE);
    /* Still a child. */
    cap_revoke(notification);
    expect(slot_is_empty(slot));

    expect_success(MOVE(slot, 64, table, 64));
    expect_success(MOVE(table, 64, slot, 64));
    /* The original keeps its children when it moves. */
    seL4_CPtr copy = cap_copy(notification, seL4_AllRights), moved = slot_new();
    cap_move(notification, moved);
    cap_revoke(moved);
    expect(slot_is_empty(copy));
    expect(!slot_is_empty(moved));
}

/* row: cnode.mutate.badge cnode.mutate.guard cnode.mutate.guard_size cnode.mutate.data_ignored cnode.mutate.place */
TEST(cnode, mutate)
{
    seL4_CPtr notification = notification_new(), endpoint = endpoint_new(), cnode = cnode_new(4), slot = slot_new();

    expect_answer(MUTATE(slot, 64, notification, 64, 0), seL4_IllegalOperation, NONE);
    expect_answer(MUTATE(slot, 64, notification, 64, 5), seL4_IllegalOperation, NONE);
    expect_answer(MUTATE(slot, 64, endpoint, 64, 5), seL4_IllegalOperation, NONE);
    expect_answer(MUTATE(slot, 64, cap_badged(endpoint, 5), 64, 5), seL4_IllegalOperation, NONE);
    expect_answer(MUTATE(slot, 64, cnode, 64, GUARD(0, 61)), seL4_IllegalOperation, NONE);
    expect(!slot_is_empty(cnode) && slot_is_empty(slot));

    seL4_CPtr child = cap_copy(cnode, seL4_AllRights);
    expect_success(MUTATE(slot, 64, cnode, 64, GUARD(2, 2)));
    expect(slot_is_empty(cnode));
    expect_success(delete_at(slot, 2 << 4, 6));
    expect_lookup(delete_at(slot, 0, 6), 0, seL4_GuardMismatch, 6, 2, 2);
    cap_revoke(slot);
    expect(slot_is_empty(child));
    /* Other types move. */
    expect_success(MUTATE(cnode, 64, object_new(seL4_X86_PageTableObject, 0), 64, 5));
}

/* --- rotate ---------------------------------------------------------------------------------------------------------------- */

/* row: cnode.rotate.length cnode.rotate.roots cnode.rotate.source_lookup cnode.rotate.pivot_lookup cnode.rotate.pivot_is_source */
/* row: cnode.rotate.pivot_is_destination cnode.rotate.destination_empty cnode.rotate.source_empty cnode.rotate.pivot_empty */
/* row: cnode.rotate.source_data cnode.rotate.pivot_data */
TEST(cnode, rotate_checks)
{
    seL4_CPtr a = reply_new(), b = reply_new(), full = reply_new(), empty = slot_new(), destination = slot_new();
    seL4_CPtr endpoint = endpoint_new(), cnode = cnode_new(4);
    const seL4_Word words[] = {destination, 64, 0, b, 64, 0, a, 64};

    expect_answer(call(ROOT, CNodeRotate, CAPS(ROOT, ROOT), (struct words){7, words}), seL4_TruncatedMessage, NONE);
    expect_answer(call(ROOT, CNodeRotate, CAPS(ROOT), (struct words){8, words}), seL4_TruncatedMessage, NONE);
    /* The pivot's root is the first capability, the source's the second; the source is looked up first. */
    expect_lookup(call(ROOT, CNodeRotate, CAPS(endpoint, endpoint), WORDS(destination, 64, 0, b, 64, 0, a, 64)), 1,
                  seL4_InvalidRoot);
    expect_lookup(call(ROOT, CNodeRotate, CAPS(endpoint, cnode), WORDS(destination, 64, 0, b, 64, 0, 0, 2)), 1,
                  seL4_DepthMismatch, 2, 4);
    expect_lookup(call(ROOT, CNodeRotate, CAPS(cnode, ROOT), WORDS(destination, 64, 0, b, 3, 0, a, 64)), 1,
                  seL4_DepthMismatch, 3, 4);
    expect_answer(ROTATE(destination, 0, a, 0, a), seL4_IllegalOperation, NONE);
    expect_answer(ROTATE(full, 0, full, 0, a), seL4_IllegalOperation, NONE);
    expect_answer(ROTATE(full, 0, b, 0, a), seL4_DeleteFirst, NONE);
    expect_answer(ROTATE(full, 0, empty, 0, destination), seL4_DeleteFirst, NONE);
    expect_lookup(ROTATE(destination, 0, b, 0, empty), 1, seL4_MissingCapability, 64);
    expect_lookup(ROTATE(destination, 0, empty, 0, destination), 1, seL4_MissingCapability, 64);
    expect_lookup(ROTATE(destination, 0, empty, 0, a), 0, seL4_MissingCapability, 64);
    expect_answer(ROTATE(destination, 0, b, 5, endpoint), seL4_IllegalOperation, NONE);
    expect_answer(ROTATE(destination, 5, endpoint, 0, a), seL4_IllegalOperation, NONE);
    expect_answer(ROTATE(destination, 0, b, GUARD(0, 61), cnode), seL4_IllegalOperation, NONE);
    expect_answer(ROTATE(destination, GUARD(0, 61), cnode, 0, b), seL4_IllegalOperation, NONE);
    expect(slot_is_empty(destination) && !slot_is_empty(a) && !slot_is_empty(b));
}

/* row: cnode.rotate.moves */
TEST(cnode, rotate_moves_two)
{
    seL4_CPtr source = cnode_new(4), pivot = cnode_new(5), destination = slot_new();

    expect_success(ROTATE(destination, GUARD(1, 1), pivot, GUARD(2, 2), source));
    expect(slot_is_empty(source));
    expect_success(delete_at(pivot, 2 << 4, 6));
    expect_success(delete_at(destination, 1 << 5, 6));
    expect_lookup(delete_at(pivot, 1 << 4, 6), 0, seL4_GuardMismatch, 6, 2, 2);
    expect_lookup(delete_at(destination, 0, 6), 0, seL4_GuardMismatch, 6, 1, 1);
}

/* row: cnode.rotate.swap */
TEST(cnode, rotate_swaps)
{
    seL4_CPtr source = cnode_new(4), pivot = cnode_new(5), child = cap_copy(source, seL4_AllRights);

    expect_success(ROTATE(source, GUARD(1, 1), pivot, GUARD(2, 2), source));
    expect_success(delete_at(pivot, 2 << 4, 6));
    expect_success(delete_at(source, 1 << 5, 6));
    /* Each kept its place in the tree. */
    cap_revoke(source);
    expect(!slot_is_empty(child));
    cap_revoke(pivot);
    expect(slot_is_empty(child));
}

/* --- revoke and delete -------------------------------------------------------------------------------------------------- */

/* row: cnode.revoke.descendants cnode.revoke.empty cnode.delete.empties cnode.delete.empty invoke.any.success */
TEST(cnode, revoke_and_delete)
{
    seL4_CPtr notification = notification_new(), empty = slot_new();
    seL4_CPtr first = cap_copy(notification, seL4_AllRights), second = cap_badged(notification, 4);

    expect_success(call(ROOT, CNodeRevoke, NONE, WORDS(empty, 64)));
    expect_success(call(ROOT, CNodeDelete, NONE, WORDS(empty, 64)));
    expect_success(call(ROOT, CNodeRevoke, NONE, WORDS(notification, 64)));
    expect(slot_is_empty(first) && slot_is_empty(second) && !slot_is_empty(notification));
    expect_success(call(ROOT, CNodeDelete, NONE, WORDS(notification, 64)));
    expect(slot_is_empty(notification));
}

/* --- cancel badged sends ---------------------------------------------------------------------------------------------------- */

static void send_once(struct worker *worker)
{
    seL4_Send(worker->argument[0], seL4_MessageInfo_new(worker->argument[1], 0, 0, 0));
}

static struct worker *blocked_sender(seL4_CPtr endpoint, seL4_Word label)
{
    struct worker *worker = worker_new(RUNNER_PRIORITY + 1);

    worker->argument[0] = endpoint;
    worker->argument[1] = label;
    worker_start(worker, send_once);
    return worker;
}

/* row: cnode.cancel_badged_sends.type cnode.cancel_badged_sends.rights cnode.cancel_badged_sends.badge_zero */
TEST(cnode, cancel_badged_sends_checks)
{
    seL4_CPtr endpoint = endpoint_new();
    struct worker *worker = blocked_sender(endpoint, 1);

    expect_answer(call(ROOT, CNodeCancelBadgedSends, NONE, WORDS(notification_new(), 64)), seL4_IllegalOperation, NONE);
    expect_answer(call(ROOT, CNodeCancelBadgedSends, NONE, WORDS(slot_new(), 64)), seL4_IllegalOperation, NONE);
    for (unsigned missing = 0; missing < 4; missing++) {
        seL4_CapRights_t rights = {{15 & ~(1ul << missing)}};
        expect_answer(call(ROOT, CNodeCancelBadgedSends, NONE, WORDS(cap_mint(endpoint, rights, 3), 64)),
                      seL4_IllegalOperation, NONE);
    }
    expect_success(call(ROOT, CNodeCancelBadgedSends, NONE, WORDS(endpoint, 64)));
    expect(!worker->finished);
    expect_eq(receive(seL4_SysNBWait, endpoint, 0).label, 1);
    expect(worker->finished);
}

/* row: cnode.cancel_badged_sends.restarts cnode.cancel_badged_sends.others */
TEST(cnode, cancel_badged_sends)
{
    seL4_CPtr endpoint = endpoint_new(), badged = cap_badged(endpoint, 7);
    struct worker *first = blocked_sender(badged, 1), *second = blocked_sender(cap_badged(endpoint, 8), 2),
                  *third = blocked_sender(badged, 3);

    expect_success(call(ROOT, CNodeCancelBadgedSends, NONE, WORDS(badged, 64)));
    /* They have made it again and block again, now behind the one with another badge. */
    struct answer message = receive(seL4_SysNBWait, endpoint, 0);
    expect_message(message, 8, 2, NONE);
    expect(second->finished && !first->finished && !third->finished);
    expect_eq(receive(seL4_SysNBWait, endpoint, 0).badge, 7);
    expect_eq(receive(seL4_SysNBWait, endpoint, 0).badge, 7);
    expect(first->finished && third->finished);
}

/* row: cnode.cancel_badged_sends.faulting */
TEST(cnode, cancel_badged_sends_ends_faults)
{
    seL4_CPtr endpoint = endpoint_new(), badged = cap_badged(endpoint, 7);
    struct worker *worker = worker_new(RUNNER_PRIORITY + 1);
    seL4_UserContext registers = worker_registers(worker, code_undefined);

    worker_set_fault_handler(worker, badged);
    worker_start_at(worker, &registers);
    expect_success(call(ROOT, CNodeCancelBadgedSends, NONE, WORDS(badged, 64)));
    expect_nothing(receive(seL4_SysNBWait, endpoint, 0));
    /* Inactive: resumed it faults anew. */
    worker_resume(worker);
    expect_eq(receive(seL4_SysNBWait, endpoint, 0).label, seL4_Fault_UserException);
}
