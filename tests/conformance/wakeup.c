/* Orders and leftovers: who comes first when several wake, what is left of a slice, what a late receiver finds. */
#include "harness/caller.h"
#include "harness/memory.h"
#include "harness/timing.h"

#define ABOVE (RUNNER_PRIORITY + 1)
#define NEAR  5

#define SEND   (seL4_Word) seL4_SysSend
#define CALL   (seL4_Word) seL4_SysCall
#define WAIT   (seL4_Word) seL4_SysWait
#define NBWAIT (seL4_Word) seL4_SysNBWait
#define NBRECV (seL4_Word) seL4_SysNBRecv

/* row: object.delete.notification_waiters sched.choice.wake_lower */
TEST(wakeup, several_in_one_entry)
{
    seL4_CPtr notification = notification_new(), faults = endpoint_new();

    for (seL4_Word i = 1; i <= 3; i++) {
        struct worker *waiter = caller_new(50, (struct syscall){.number = WAIT, .cap = notification});
        worker_set_fault_handler(waiter, cap_badged(faults, i));
        sleep_for(200);
    }
    /* All make their call again, which faults now; each was put at the head of the queue when it was woken. */
    cap_delete(notification);
    sleep_for(300);
    for (seL4_Word i = 3; i >= 1; i--)
        expect_eq(receive(NBWAIT, faults, 0).badge, i);
}

static struct runs runs, other_runs;

static void record(struct worker *worker)
{
    runs_record(worker->argument[1] ? &other_runs : &runs, (unsigned)worker->argument[0]);
}

static void disturb(struct worker *worker)
{
    seL4_Yield();
    worker->result[0] = us_now();
    spin_until(us_now() + 300);
}

/* row: sched.choice.wake_higher budget.round_robin.slice */
TEST(wakeup, preempted_thread_goes_on_with_its_slice)
{
    struct worker *one = worker_new_budget(50, 1000, 1000, 0, 0), *two = worker_new_budget(50, 1000, 1000, 0, 0);
    struct worker *rival = worker_new_budget(ABOVE, 400, 2500, 0, seL4_SchedContext_Sporadic);

    runs = other_runs = (struct runs){0};
    one->argument[0] = 4;
    two->argument[0] = 100;
    two->argument[1] = 1;
    worker_start(two, record);
    worker_start(one, record); /* at the head: 0 to 1000, then from 2000 on; disturbed at about 2500 */
    worker_start(rival, disturb);
    worker_join(one);
    long split = (long)(rival->result[0] - runs.start) - runs.begin[1];
    expect(split > 300 && split < 700);
    expect_near(runs.end[0] - runs.begin[0], 1000, NEAR);
    expect_near(runs.begin[1] - runs.end[0], 1000, NEAR);
    expect_near(runs.end[1] - runs.begin[1], split, NEAR);
    expect_near(runs.begin[2] - runs.end[1], 300, NEAR + 3);
    expect_near(runs.end[2] - runs.begin[2], 1000 - split, NEAR + 3);
    expect_near(runs.begin[3] - runs.end[2], 1000, NEAR);
}

static void do_nothing(struct worker *worker)
{
    (void)worker;
}

/* row: tcb.set_priority.running tcb.set_priority.ready */
TEST(wakeup, own_priority_among_equals)
{
    struct worker *worker = worker_new(50);

    worker_start(worker, do_nothing);
    worker_set_priority(runner(), 50);
    expect(!worker->finished); /* at the head */
    worker_set_priority(runner(), 49);
    expect(worker->finished);
}

/* row: fault.timeout.message */
TEST(wakeup, timeout_of_a_thread_whose_context_is_gone)
{
    struct worker *worker = worker_new_budget(ABOVE, 500, 5000, 0, 0);
    seL4_CPtr timeouts = endpoint_new();
    seL4_UserContext registers = worker_registers(worker, code_spin);

    worker_set_timeout_handler(worker, timeouts);
    worker_start_at(worker, &registers);
    expect_no_error(seL4_SchedContext_Unbind(worker->schedctx));
    expect_message(receive(NBRECV, timeouts, reply_new()), 0, seL4_Fault_Timeout, WORDS(worker->number));
}

/* row: tcb.resume.blocked_call combined.first_half.reply_recv */
TEST(wakeup, resumed_combined_call_is_made_again)
{
    seL4_CPtr endpoint = endpoint_new(), target = notification_new();
    struct worker *worker = caller_new(
        ABOVE,
        (struct syscall){.number = (seL4_Word)seL4_SysNBSendWait, .cap = endpoint, .reply = cap_badged(target, 2)});

    expect_eq(receive(NBWAIT, target, 0).badge, 2);
    worker_resume(worker);
    expect_eq(receive(NBWAIT, target, 0).badge, 2);
    seL4_NBSend(endpoint, seL4_MessageInfo_new(3, 0, 0, 0));
    expect_eq(expect_returned(worker).rsi, INFO(3, 0, 0));
}

/* row: tcb.set_ipc_buffer.not_mapped */
TEST(wakeup, buffer_in_a_large_frame)
{
    struct worker *worker = caller_new(ABOVE, (struct syscall){0});
    seL4_CPtr frame = object_new(seL4_X86_LargePageObject, 0), endpoint = endpoint_new();
    const seL4_Word address = 0x20000000000, offset = 0x1ff400;
    volatile seL4_Word *words = (volatile seL4_Word *)(address + offset);

    caller_fault(worker);
    tables_map(seL4_CapInitThreadVSpace, address + 0x40000000);
    seL4_CPtr directory = object_new(seL4_X86_PageDirectoryObject, 0);
    expect_no_error(seL4_X86_PageDirectory_Map(directory, seL4_CapInitThreadVSpace, address, 0));
    expect_no_error(seL4_X86_Page_Map(frame, seL4_CapInitThreadVSpace, address, seL4_ReadWrite, 0));
    expect_no_error(seL4_TCB_SetIPCBuffer(worker->tcb, 0x7fc00000 + offset, frame));
    words[1 + 5] = 0x123123;
    caller_again(worker, (struct syscall){.number = SEND, .cap = endpoint, .info = INFO(1, 0, 6)});
    struct answer message = receive(NBWAIT, endpoint, 0);
    expect_eq(message.length, 6);
    expect_eq(message.word[5], 0x123123);
    expect_returned(worker);
    caller_again(worker, (struct syscall){.number = WAIT, .cap = endpoint});
    seL4_SetMR(4, 0x456456);
    seL4_Send(endpoint, seL4_MessageInfo_new(1, 0, 0, 5));
    expect_eq(words[1 + 4], 0x456456);
}

/* The thread sees the same registers whatever happens between its instructions. */
/* row: registers.syscall.kept */
TEST(wakeup, registers_of_a_preempted_thread)
{
    struct worker *worker = worker_new(50);
    seL4_UserContext registers = worker_registers(worker, code_spin);
    seL4_Word *words = (seL4_Word *)&registers;

    for (unsigned i = 3; i < 18; i++)
        words[i] = 0x1111111111111111ul * (i - 2);
    registers.fs_base = 0x123000;
    registers.gs_base = 0x456000;
    worker_start_at(worker, &registers);
    for (unsigned i = 0; i < 5; i++)
        sleep_for(300);
    seL4_UserContext after = worker_read(worker);
    expect(after.rip >= (seL4_Word)code_spin && after.rip < (seL4_Word)code_spin + 8);
    const seL4_Word *words_after = (const seL4_Word *)&after;
    for (unsigned i = 1; i < 20; i++)
        expect_eq(words_after[i], words[i]);
}

/* row: send.reply.empties lend.call.chain */
TEST(wakeup, reply_capability_may_move)
{
    seL4_CPtr endpoint = endpoint_new(), reply = reply_new(), moved = slot_new();
    struct worker *caller = caller_new(ABOVE, (struct syscall){.number = CALL, .cap = endpoint});

    receive(NBRECV, endpoint, reply);
    cap_move(reply, moved);
    seL4_CPtr copy = cap_copy(moved, seL4_AllRights);
    cap_delete(moved); /* not the last */
    expect_blocked(caller);
    seL4_Send(copy, seL4_MessageInfo_new(4, 0, 0, 0));
    expect_eq(expect_returned(caller).rsi, INFO(4, 0, 0));
}
