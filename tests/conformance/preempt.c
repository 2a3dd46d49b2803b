/* Long operations: other threads run in between, see a half-done state that is harmless, and the result is as if nothing had. */
#include "harness/caller.h"
#include "harness/memory.h"
#include "harness/timing.h"

#define ABOVE (RUNNER_PRIORITY + 1)
/* A budget that one look needs with room, in a period that is short against the operations. */
#define LOOK_US   120
#define PERIOD_US 200

#define SEND   (seL4_Word) seL4_SysSend
#define NBWAIT (seL4_Word) seL4_SysNBWait

#define RETYPE(untyped, ...) call(untyped, UntypedRetype, CAPS(ROOT), WORDS(__VA_ARGS__))

/* --- a thread that looks in every period ------------------------------------------------------------------------------------ */

static void watch(struct worker *worker)
{
    seL4_Word last = us_now();

    for (;;) {
        seL4_Yield();
        seL4_Word now = us_now();
        if (now - last > worker->result[1])
            worker->result[1] = now - last;
        last = now;
        worker->result[0]++;
    }
}

/* Three quarters of the period are its budget: more than the minimum in the shortest period. */
static struct worker *watcher_new(seL4_Word period)
{
    struct worker *watcher = worker_new_budget(ABOVE, period * 3 / 4, period, 0, seL4_SchedContext_Sporadic);

    watcher->argument[0] = period;
    worker_start(watcher, watch);
    return watcher;
}

/* It ran in all its periods while something took from `start` to now, which was long. */
static void check_watched(const char *file, int line, struct worker *watcher, seL4_Word start)
{
    seL4_Word elapsed = us_now() - start, period = watcher->argument[0];

    if (elapsed < 3 * period)
        test_fail(file, line, "%lu microseconds are too few to be preempted in", elapsed);
    if (watcher->result[0] < elapsed / period - 1 || watcher->result[1] > period + 30)
        test_fail(file, line, "the other thread ran %lu times in %lu microseconds, once %lu late", watcher->result[0],
                  elapsed, watcher->result[1] - period);
}
#define expect_watched(watcher, start) check_watched(__FILE__, __LINE__, watcher, start)

/* --- retype ------------------------------------------------------------------------------------------------------------------ */

/* row: untyped.retype.preempted */
TEST(preempt, clearing_memory)
{
    seL4_CPtr untyped = untyped_new(23), halves = slots_new(2), frame = slot_new();
    struct window window = window_new();

    expect_success(RETYPE(untyped, seL4_UntypedObject, 22, 0, 0, halves, 2));
    expect_success(RETYPE(halves, seL4_X86_4K, 0, 0, 0, frame, 1));
    volatile seL4_Word *page = window_map(&window, frame);
    page[0] = page[511] = ~0ul;
    cap_revoke(untyped);
    struct worker *watcher = watcher_new(PERIOD_US);
    seL4_Word start = us_now();
    expect_success(RETYPE(untyped, seL4_X86_4K, 0, 0, 0, frame, 1));
    expect_watched(watcher, start);
    page = window_map(&window, frame);
    expect_eq(page[0], 0);
    expect_eq(page[511], 0);
}

/* --- revoke and delete ----------------------------------------------------------------------------------------------------------- */

#define MANY_RADIX 12

/* A CNode full of copies of the capability. */
static seL4_CPtr full_cnode(seL4_CPtr cap)
{
    seL4_CPtr cnode = cnode_new(MANY_RADIX);

    for (seL4_Word i = 0; i < 1ul << MANY_RADIX; i++)
        expect_no_error(seL4_CNode_Copy(cnode, i, MANY_RADIX, ROOT, cap, ROOT_DEPTH, seL4_AllRights));
    return cnode;
}

/* row: cnode.revoke.preempted */
TEST(preempt, revoking_many)
{
    seL4_CPtr notification = notification_new(), cnode = full_cnode(notification);
    struct worker *watcher = watcher_new(PERIOD_US);
    seL4_Word start = us_now();

    cap_revoke(notification);
    expect_watched(watcher, start);
    for (seL4_Word i = 0; i < 1ul << MANY_RADIX; i += 97)
        expect_lookup(call(ROOT, CNodeCopy, CAPS(cnode), WORDS(slot_new(), 64, i, MANY_RADIX, 15)), 1,
                      seL4_MissingCapability, MANY_RADIX);
    expect_success(call(notification, 0, NONE, NONE));
}

/* row: cnode.delete.preempted */
TEST(preempt, deleting_a_full_cnode)
{
    seL4_CPtr notification = notification_new(), cnode = full_cnode(notification);
    struct worker *watcher = watcher_new(PERIOD_US);
    seL4_Word start = us_now();

    cap_delete(cnode);
    expect_watched(watcher, start);
    expect(slot_is_empty(cnode));
    expect_success(call(notification, 0, NONE, NONE));
}

/* --- the state in between -------------------------------------------------------------------------------------------------------- */

#define COPY(dst, src) call(ROOT, CNodeCopy, CAPS(ROOT), WORDS(dst, 64, src, 64, 15))

/* Until the capability in argument[0] is being destroyed; then looks at it, and finishes the work. argument[1]: an empty slot. */
static void look_at_zombie(struct worker *worker)
{
    seL4_CPtr slot = worker->argument[0], empty = worker->argument[1];

    while (COPY(empty, slot).label != seL4_IllegalOperation) {
        (void)seL4_CNode_Delete(ROOT, empty, ROOT_DEPTH);
        worker->result[1]++;
        seL4_Yield();
    }
    expect_answer(call(slot, CNodeDelete, NONE, WORDS(0, MANY_RADIX)), seL4_InvalidCapability, WORDS(0));
    expect_answer(COPY(slot, slot), seL4_DeleteFirst, NONE);
    expect_answer(call(ROOT, CNodeMint, CAPS(ROOT), WORDS(empty, 64, slot, 64, 15, 0)), seL4_IllegalOperation, NONE);
    seL4_Word start = us_now();
    expect_success(call(ROOT, CNodeDelete, NONE, WORDS(slot, 64)));
    worker->result[2] = us_now() - start;
    expect(slot_is_empty(slot));
    worker->result[0] = 1;
}

/* row: invoke.any.zombie derive.copy.zombie object.zombie.slot_occupied object.zombie.delete_continues */
TEST(preempt, capability_that_is_being_destroyed)
{
    seL4_CPtr notification = notification_new(), cnode = full_cnode(notification);
    struct worker *looker = worker_new_budget(ABOVE, LOOK_US, PERIOD_US, 0, seL4_SchedContext_Sporadic);

    looker->argument[0] = cnode;
    looker->argument[1] = slot_new();
    worker_start(looker, look_at_zombie);
    cap_delete(cnode);
    if (!looker->finished)
        worker_join(looker);
    expect_eq(looker->result[0], 1);
    expect(looker->result[2] > 0);
    expect(slot_is_empty(cnode));
}

/* Tries to configure argument[0] anew in every period but the first, as long as that is refused; counts. */
static void try_to_configure(struct worker *worker)
{
    seL4_CPtr tcb = worker->argument[0];

    for (;;) {
        seL4_Yield();
        if (call(tcb, TCBConfigure, CAPS(ROOT, seL4_CapInitThreadVSpace, 0), WORDS(0, 0, 0)).label !=
            seL4_IllegalOperation)
            break;
        expect_answer(call(tcb, TCBSetSpace, CAPS(0, ROOT, seL4_CapInitThreadVSpace), WORDS(0, 0)),
                      seL4_IllegalOperation, NONE);
        worker->result[0]++;
    }
}

/* row: tcb.configure.deleting tcb.set_space.deleting */
TEST(preempt, cspace_that_is_being_destroyed)
{
    seL4_CPtr notification = notification_new(), cnode = full_cnode(notification), tcb = tcb_new();
    struct worker *trying = worker_new_budget(ABOVE, LOOK_US, PERIOD_US, 0, seL4_SchedContext_Sporadic);

    /* The thread's own copy becomes the last capability; replacing it destroys the CNode. */
    expect_success(call(tcb, TCBConfigure, CAPS(cnode, seL4_CapInitThreadVSpace, 0), WORDS(64 - MANY_RADIX, 0, 0)));
    cap_delete(cnode);
    trying->argument[0] = tcb;
    worker_start(trying, try_to_configure);
    expect_success(call(tcb, TCBSetSpace, CAPS(0, ROOT, seL4_CapInitThreadVSpace), WORDS(0, 0)));
    expect(trying->result[0] > 0);
    /* And then it is allowed. */
    worker_join(trying);
}

/* --- cancelled sends ----------------------------------------------------------------------------------------------------------------- */

#define SENDERS 1600

/* `count` objects with slots in a row. */
static seL4_CPtr many_objects(seL4_Word type, seL4_Word size_bits, seL4_Word count)
{
    seL4_CPtr first = slots_new(count);

    for (seL4_Word done = 0; done < count; done += 200)
        expect_no_error(seL4_Untyped_Retype(arena(), type, size_bits, ROOT, 0, 0, first + done, 200));
    return first;
}

/* row: cnode.cancel_badged_sends.preempted */
TEST(preempt, cancelling_many_sends)
{
    seL4_CPtr endpoint = endpoint_new(), seven = cap_badged(endpoint, 7), eight = cap_badged(endpoint, 8);
    seL4_CPtr tcbs = many_objects(seL4_TCBObject, 0, SENDERS),
              contexts = many_objects(seL4_SchedContextObject, 7, SENDERS);

    for (unsigned i = 0; i < SENDERS; i++) {
        seL4_UserContext registers = {.rip = (seL4_Word)code_syscall_loop,
                                      .rdx = SEND,
                                      .rdi = i % 10 == 0 ? eight : seven,
                                      .rsi = INFO(1, 0, 1),
                                      .r10 = i};
        expect_no_error(seL4_SchedControl_ConfigureFlags(seL4_GetBootInfo()->schedcontrol.start, contexts + i, 1000000,
                                                         1000000, 0, 0, 0));
        expect_no_error(seL4_TCB_SetSpace(tcbs + i, 0, ROOT, 0, seL4_CapInitThreadVSpace, 0));
        expect_no_error(seL4_TCB_SetSchedParams(tcbs + i, seL4_CapInitThreadTCB, 0, 50, contexts + i, 0));
        expect_no_error(seL4_TCB_WriteRegisters(tcbs + i, 1, 0, 20, &registers));
    }
    sleep_for(8 * SENDERS); /* they all block */
    struct worker *watcher = watcher_new(45);
    seL4_Word start = us_now();
    expect_success(call(ROOT, CNodeCancelBadgedSends, NONE, WORDS(seven, 64)));
    expect_watched(watcher, start);
    worker_suspend(watcher);
    /* Only the others are left in the queue; the cancelled ones send again when we let them run. */
    for (unsigned i = 0; i < SENDERS / 10; i++)
        expect_eq(receive(NBWAIT, endpoint, 0).badge, 8);
    expect_nothing(receive(NBWAIT, endpoint, 0));
    sleep_for(8 * SENDERS);
    unsigned sevens = 0;
    for (unsigned i = 0; i < SENDERS; i++)
        sevens += receive(NBWAIT, endpoint, 0).badge == 7;
    expect_eq(sevens, SENDERS / 10 * 9);
}
