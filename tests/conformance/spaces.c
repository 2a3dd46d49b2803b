/* Threads with address spaces and CSpaces of their own. */
#include "harness/caller.h"
#include "harness/memory.h"
#include "harness/timing.h"

#define ABOVE (RUNNER_PRIORITY + 1)

/* The same address in every space of these tests, with another frame in each. */
#define PRIVATE 0x7000000000

static volatile seL4_Word *const private_page = (volatile seL4_Word *)PRIVATE;

static void frame_map(seL4_CPtr vspace)
{
    tables_map(vspace, PRIVATE);
    expect_no_error(seL4_X86_Page_Map(frame_new(), vspace, PRIVATE, seL4_ReadWrite, 0));
}

static void set_vspace(struct worker *worker, seL4_CPtr vspace)
{
    expect_no_error(seL4_TCB_SetSpace(worker->tcb, 0, ROOT, 0, vspace, 0));
}

/* Adds what it is sent to a cell of its own and answers with the sum. */
static void sum_up(struct worker *worker)
{
    seL4_MessageInfo_t info = seL4_Recv(worker->argument[0], NULL, worker->argument[1]);

    for (;;) {
        seL4_Word sum = private_page[0];
        for (seL4_Word i = 0; i < seL4_MessageInfo_get_length(info); i++)
            sum += seL4_GetMR((int)i);
        private_page[0] = sum;
        seL4_SetMR(0, sum);
        info = seL4_ReplyRecv(worker->argument[0], seL4_MessageInfo_new(0, 0, 0, 1), NULL, worker->argument[1]);
    }
}

TEST(spaces, servers_in_other_address_spaces)
{
    struct worker *servers[3];

    frame_map(seL4_CapInitThreadVSpace);
    for (unsigned i = 0; i < 3; i++) {
        seL4_CPtr vspace = vspace_with_program();
        frame_map(vspace);
        servers[i] = worker_new(ABOVE);
        servers[i]->argument[0] = endpoint_new();
        servers[i]->argument[1] = reply_new();
        set_vspace(servers[i], vspace);
        worker_start(servers[i], sum_up);
        if (i > 0)
            expect_no_error(seL4_SchedContext_Unbind(servers[i]->schedctx)); /* two are passive */
    }
    private_page[0] = 0x12345;
    for (seL4_Word round = 1; round <= 30; round++)
        for (seL4_Word i = 0; i < 3; i++) {
            expect_answer(call(servers[i]->argument[0], 0, NONE, WORDS(i, 0, 0, 0, 1, 0)), 0, WORDS(round * (i + 1)));
            expect_eq(private_page[0], 0x12345);
        }
}

static void count_private(struct worker *worker)
{
    for (;;) {
        private_page[1]++;
        worker->result[0] = private_page[1];
    }
}

/* Preempted by the timer, too, each finds its own memory. */
TEST(spaces, address_spaces_of_preempted_threads)
{
    struct worker *workers[3];

    for (unsigned i = 0; i < 3; i++) {
        seL4_CPtr vspace = vspace_with_program();
        frame_map(vspace);
        workers[i] = worker_new_budget(50, 100, 100, 0, 0);
        set_vspace(workers[i], vspace);
        worker_start(workers[i], count_private);
    }
    sleep_for(3000);
    for (unsigned i = 0; i < 3; i++)
        worker_suspend(workers[i]);
    for (unsigned i = 0; i < 3; i++) {
        /* About a millisecond each of a few instructions. */
        expect(workers[i]->result[0] > 10000 && workers[i]->result[0] < 500000);
    }
}

/* row: object.delete.vspace object.delete.asid_pool */
TEST(spaces, running_space_is_taken_away)
{
    seL4_CPtr vspace = vspace_with_program(), faults = endpoint_new();
    struct worker *worker = worker_new_budget(RUNNER_PRIORITY, 100, 100, 0, 0);

    frame_map(vspace);
    expect_no_error(seL4_TCB_SetSpace(worker->tcb, faults, ROOT, 0, vspace, 0));
    worker_start(worker, count_private);
    seL4_Yield();
    expect(worker->result[0] > 0);
    expect_nothing(receive((seL4_Word)seL4_SysNBWait, faults, 0));
    cap_revoke(vspace); /* the thread's copy goes: no address space at all */
    seL4_Yield();
    struct answer fault = receive((seL4_Word)seL4_SysNBWait, faults, 0);
    expect_eq(fault.label, seL4_Fault_VMFault);
    expect_eq(fault.word[0], fault.word[1]);
}

/* A CSpace of three levels: its thread names capabilities by addresses of its own, also to receive them. */
TEST(spaces, thread_in_a_deep_cspace)
{
    seL4_CPtr top = cnode_new(2), middle = cnode_new(3), low = cnode_new(4), endpoint = endpoint_new();
    seL4_CPtr notification = notification_new(), reply = reply_new();
    struct worker *worker = caller_new(ABOVE, (struct syscall){0});
    /* Slot 1 of the top, 2 of the middle; guards in between fill up 64 bits: 20 + 2, 15 + 3, 20 + 4. */
    const seL4_Word base = 1ul << 42 | 2ul << 24;

    caller_fault(worker);
    expect_success(call(low, CNodeCopy, CAPS(ROOT), WORDS(5, 4, endpoint, 64, 15)));
    expect_success(call(low, CNodeCopy, CAPS(ROOT), WORDS(6, 4, reply, 64, 15)));
    expect_success(call(middle, CNodeMint, CAPS(ROOT), WORDS(2, 3, low, 64, 15, 20)));
    expect_success(call(top, CNodeMint, CAPS(ROOT), WORDS(1, 2, middle, 64, 15, 15)));
    /* The address of a CNode itself is that of its slot, all lower bits ignored only where no CNode lies. */
    expect_success(call(top, CNodeCopy, CAPS(ROOT), WORDS(3, 2, low, 64, 15)));
    expect_no_error(seL4_TCB_SetSpace(worker->tcb, worker->argument[5], top, 20, seL4_CapInitThreadVSpace, 0));
    caller_again(worker, (struct syscall){.number = (seL4_Word)seL4_SysRecv, .cap = base | 5, .reply = base | 6});
    send((seL4_Word)seL4_SysSend, endpoint, 9, CAPS(notification), NONE);
    expect_eq(expect_returned(worker).rsi, INFO(9, 0, 0)); /* its receive path leads nowhere */
    seL4_CPtr self = cap_mint(low, seL4_AllRights, 60);
    expect_success(call(low, CNodeMove, CAPS(ROOT), WORDS(7, 4, self, 64)));
    worker->buffer->receiveCNode = base | 7;
    worker->buffer->receiveIndex = 8;
    worker->buffer->receiveDepth = 64;
    caller_again(worker, (struct syscall){.number = (seL4_Word)seL4_SysRecv, .cap = base | 5, .reply = base | 6});
    send((seL4_Word)seL4_SysSend, endpoint, 9, CAPS(cap_badged(notification, 3)), NONE);
    expect_eq(expect_returned(worker).rsi, INFO(9, 1, 0));
    caller_again(worker, (struct syscall){.number = (seL4_Word)seL4_SysNBSend, .cap = base | 8});
    expect_returned(worker);
    expect_eq(receive((seL4_Word)seL4_SysNBWait, notification, 0).badge, 3);
}
