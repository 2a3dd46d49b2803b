/* How operations find the slot that they name. */
#include "harness/invoke.h"
#include "harness/objects.h"
#include "harness/worker.h"

#define LOOKUP_ROOT    seL4_InvalidRoot
#define LOOKUP_MISSING seL4_MissingCapability
#define LOOKUP_DEPTH   seL4_DepthMismatch
#define LOOKUP_GUARD   seL4_GuardMismatch

/* CNode data: a guard and its size. */
#define GUARD(guard, size) ((seL4_Word)(guard) << 6 | (size))

static struct answer delete (seL4_CPtr root, seL4_Word index, seL4_Word depth)
{
    return call(root, CNodeDelete, NONE, WORDS(index, depth));
}

/* row: slot.lookup.root_type slot.lookup.source_flag slot.lookup.destination_flag error.words.failed_lookup_root */
TEST(slots, root_must_be_a_cnode)
{
    seL4_CPtr endpoint = endpoint_new(), slot = slot_new();

    expect_lookup(call(ROOT, CNodeCopy, CAPS(endpoint), WORDS(slot, 64, endpoint, 64, 15)), 1, LOOKUP_ROOT);
    expect_lookup(call(arena(), UntypedRetype, CAPS(endpoint), WORDS(seL4_EndpointObject, 0, 0, 64, slot, 1)), 0,
                  LOOKUP_ROOT);
}

/* row: slot.lookup.depth_zero slot.lookup.depth_range slot.lookup.whole_depth error.words.range_error */
TEST(slots, depth_is_1_to_64)
{
    seL4_CPtr cnode = cnode_new(4);

    expect_answer(delete (cnode, 0, 0), seL4_RangeError, WORDS(1, 64));
    expect_answer(delete (cnode, 0, 65), seL4_RangeError, WORDS(1, 64));
    expect_answer(delete (cnode, 0, 0x104), seL4_RangeError, WORDS(1, 64));
    expect_answer(delete (cnode, 0, ~0ul), seL4_RangeError, WORDS(1, 64));
    expect_success(delete (cnode, 0, 4));
}

/* row: slot.lookup.guard slot.lookup.guard_short error.words.failed_lookup_guard */
TEST(slots, guard_must_match)
{
    seL4_CPtr cnode = cap_mint(cnode_new(4), seL4_AllRights, GUARD(5, 3));

    expect_success(delete (cnode, 0x52, 7));
    expect_lookup(delete (cnode, 0x42, 7), 0, LOOKUP_GUARD, 7, 5, 3);
    expect_lookup(delete (cnode, 0x2, 2), 0, LOOKUP_GUARD, 2, 5, 3);
    /* A matching guard that is followed by too few bits is the next failure. */
    expect_lookup(delete (cnode, 0x5, 3), 0, LOOKUP_DEPTH, 3, 7);
    /* The root CNode of the first thread: its guard is 0 over all upper bits. */
    expect_lookup(call(ROOT, CNodeCopy, CAPS(ROOT), WORDS(slot_new(), 64, 1ul << 40, 64, 15)), 1, LOOKUP_GUARD, 64, 0,
                  64 - root_radix());
}

/* row: slot.lookup.depth_mismatch slot.lookup.bits_left error.words.failed_lookup_depth */
TEST(slots, depth_must_end_at_a_slot)
{
    seL4_CPtr cnode = cnode_new(4);

    expect_lookup(delete (cnode, 0, 3), 0, LOOKUP_DEPTH, 3, 4);
    expect_lookup(delete (cnode, 0, 6), 0, LOOKUP_DEPTH, 2, 0);
    expect_lookup(delete (ROOT, slot_new(), 60), 0, LOOKUP_DEPTH, 60, 64);
}

/* row: slot.lookup.low_bits slot.lookup.nested */
TEST(slots, walk_goes_through_nested_cnodes)
{
    seL4_CPtr outer = cnode_new(4), inner = cnode_new(3), endpoint = endpoint_new();

    /* Only the low bits of the index count. */
    expect_success(call(outer, CNodeCopy, CAPS(ROOT), WORDS(0xabc3, 4, inner, 64, 15)));
    /* Slot 5 of the CNode in slot 3, three plus four bits. */
    expect_success(call(outer, CNodeCopy, CAPS(ROOT), WORDS(3 << 3 | 5, 7, endpoint, 64, 15)));
    expect_answer(call(inner, CNodeCopy, CAPS(ROOT), WORDS(5, 3, endpoint, 64, 15)), seL4_DeleteFirst, NONE);
    expect_success(call(inner, CNodeCopy, CAPS(ROOT), WORDS(4, 3, endpoint, 64, 15)));
    /* Something else than a CNode ends the walk. */
    expect_lookup(delete (outer, (3 << 3 | 5) << 2, 9), 0, LOOKUP_DEPTH, 2, 0);
}

/* --- addresses in system calls ------------------------------------------------------------------------------------------ */

/* The fault that Send to `address` gives a thread with the CSpace root `cspace` (0: none), at most once. */
static struct answer lookup_fault(seL4_CPtr cspace, seL4_Word address)
{
    struct worker *worker = worker_new(RUNNER_PRIORITY + 1);
    seL4_CPtr faults = endpoint_new();
    seL4_UserContext registers = worker_registers(worker, code_syscall);

    if (cspace)
        expect_no_error(seL4_TCB_SetSpace(worker->tcb, faults, cspace, 0, seL4_CapInitThreadVSpace, 0));
    else
        worker_set_fault_handler(worker, faults);
    registers.rdx = (seL4_Word)seL4_SysSend;
    registers.rdi = address;
    worker_start_at(worker, &registers);
    return receive(seL4_SysNBRecv, faults, reply_new());
}

#define CALL_ADDRESS ((seL4_Word)code_syscall)

/* row: resolve.call.guard resolve.call.depth fault.cap.guard_mismatch fault.cap.depth_mismatch fault.cap.send_phase */
/* row: invoke.any.lookup_fault */
TEST(slots, failed_address_is_a_fault)
{
    seL4_CPtr cnode = cnode_new(4);
    seL4_CPtr guarded = cap_mint(cnode, seL4_AllRights, GUARD(5, 60));

    expect_message(lookup_fault(guarded, 0x43), 0, seL4_Fault_CapFault,
                   WORDS(CALL_ADDRESS, 0x43, 0, LOOKUP_GUARD, 64, 5, 60));
    /* Sixteen slots lead to CNodes of sixteen slots and so on: sixteen levels take 64 bits; here the seventeenth is missing. */
    seL4_CPtr wide = cap_mint(cnode, seL4_AllRights, GUARD(0, 57)), inner = cnode_new(4);
    expect_success(call(cnode, CNodeCopy, CAPS(ROOT), WORDS(3, 4, inner, 64, 15)));
    expect_message(lookup_fault(wide, 3ul << 3), 0, seL4_Fault_CapFault,
                   WORDS(CALL_ADDRESS, 3ul << 3, 0, LOOKUP_DEPTH, 3, 4));
}

/* The handler is a capability of the thread's own, so the fault is delivered all the same. */
/* row: resolve.call.no_root fault.cap.invalid_root */
TEST(slots, thread_without_cspace)
{
    seL4_CPtr faults = endpoint_new(), cspace = cnode_new(4);
    struct worker *worker = worker_new(RUNNER_PRIORITY + 1);
    seL4_UserContext registers = worker_registers(worker, code_syscall);

    expect_no_error(seL4_TCB_SetSpace(worker->tcb, faults, cspace, 0, seL4_CapInitThreadVSpace, 0));
    cap_revoke(cspace); /* takes the thread's copy */
    registers.rdx = (seL4_Word)seL4_SysSend;
    registers.rdi = 7;
    worker_start_at(worker, &registers);
    expect_message(receive(seL4_SysNBRecv, faults, reply_new()), 0, seL4_Fault_CapFault,
                   WORDS(CALL_ADDRESS, 7, 0, LOOKUP_ROOT));
}

/* row: resolve.call.rest_ignored resolve.call.nested resolve.call.full_depth */
TEST(slots, system_calls_ignore_bits_behind_a_capability)
{
    seL4_CPtr outer = cnode_new(4), inner = cnode_new(3), notification = notification_new();
    seL4_CPtr cspace = cap_mint(outer, seL4_AllRights, GUARD(0, 53));
    struct worker *worker = worker_new(RUNNER_PRIORITY + 1);
    seL4_CPtr faults = endpoint_new();
    seL4_UserContext registers = worker_registers(worker, code_syscall);

    /* Slot 2 of 16: a notification; seven bits are left. Slot 3: a CNode with a notification at slot 6; four are left. */
    expect_success(call(outer, CNodeMint, CAPS(ROOT), WORDS(2, 4, notification, 64, 15, 0x100)));
    expect_success(call(outer, CNodeCopy, CAPS(ROOT), WORDS(3, 4, inner, 64, 15)));
    expect_success(call(inner, CNodeMint, CAPS(ROOT), WORDS(6, 3, notification, 64, 15, 0x200)));
    expect_no_error(seL4_TCB_SetSpace(worker->tcb, faults, cspace, 0, seL4_CapInitThreadVSpace, 0));
    registers.rdx = (seL4_Word)seL4_SysSend;
    registers.rdi = 2ul << 7 | 0x55;
    worker_start_at(worker, &registers);
    expect_eq(receive(seL4_SysNBWait, notification, 0).badge, 0x100);

    worker_start_at(worker, &registers);
    expect_eq(receive(seL4_SysNBWait, notification, 0).badge, 0x100);
    registers.rdi = 3ul << 7 | 6ul << 4 | 0xf;
    worker_start_at(worker, &registers);
    expect_eq(receive(seL4_SysNBWait, notification, 0).badge, 0x200);

    /* With all bits used at a slot that holds a CNode the CNode itself is meant: Delete of its slot 6 succeeds. */
    seL4_CPtr whole = cap_mint(outer, seL4_AllRights, GUARD(0, 60));
    expect_no_error(seL4_TCB_SetSpace(worker->tcb, faults, whole, 0, seL4_CapInitThreadVSpace, 0));
    registers.rdx = (seL4_Word)seL4_SysCall;
    registers.rdi = 3;
    registers.rsi = seL4_MessageInfo_new(CNodeDelete, 0, 0, 2).words[0];
    registers.r10 = 6;
    registers.r8 = 3;
    worker_start_at(worker, &registers);
    expect_success(call(inner, CNodeCopy, CAPS(ROOT), WORDS(6, 3, notification, 64, 15)));
}
