/* Operations on one thread that meet each other half done. */
#include "harness/caller.h"
#include "harness/timing.h"

#define ABOVE     (RUNNER_PRIORITY + 1)
#define LOOK_US   120
#define PERIOD_US 200
#define RADIX     12

static seL4_CPtr full_cnode(seL4_CPtr cap)
{
    seL4_CPtr cnode = cnode_new(RADIX);

    for (seL4_Word i = 0; i < 1ul << RADIX; i++)
        expect_no_error(seL4_CNode_Copy(cnode, i, RADIX, ROOT, cap, ROOT_DEPTH, seL4_AllRights));
    return cnode;
}

/* Changes the thread of argument[0] in every period but the first, in ways that do not touch its spaces. */
static void change_often(struct worker *worker)
{
    seL4_CPtr tcb = worker->argument[0];

    for (;;) {
        seL4_Yield();
        expect_no_error(seL4_TCB_SetIPCBuffer(tcb, 0, 0));
        expect_no_error(seL4_TCB_SetTimeoutEndpoint(tcb, worker->argument[1]));
        expect_no_error(seL4_TCB_SetSchedParams(tcb, seL4_CapInitThreadTCB, 1, 1, 0, worker->argument[1]));
        worker->result[0]++;
    }
}

/*
 * While a call that replaces a thread's CSpace destroys the old one, others may not replace it; the repeated call may. Who
 * that was got lost when somebody gave the thread a buffer or a handler in between, and the repeated call was refused.
 */
TEST(space_change, replacing_a_cspace_survives_other_changes)
{
    seL4_CPtr notification = notification_new(), cnode = full_cnode(notification), tcb = tcb_new();
    struct worker *changer = worker_new_budget(ABOVE, LOOK_US, PERIOD_US, 0, seL4_SchedContext_Sporadic);

    expect_success(call(tcb, TCBConfigure, CAPS(cnode, seL4_CapInitThreadVSpace, 0), WORDS(64 - RADIX, 0, 0)));
    cap_delete(cnode);
    changer->argument[0] = tcb;
    changer->argument[1] = endpoint_new();
    worker_start(changer, change_often);
    expect_success(call(tcb, TCBSetSpace, CAPS(0, ROOT, seL4_CapInitThreadVSpace), WORDS(0, 0)));
    expect(changer->result[0] > 0);
    expect_success(call(tcb, TCBConfigure, CAPS(ROOT, seL4_CapInitThreadVSpace, 0), WORDS(0, 0, 0)));
}
