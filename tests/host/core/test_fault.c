/* Faults that the model meets too seldom. */
#include "core/fault.h"

#include "abi/boot.h"
#include "world.h"

enum { BUDGET_US = 100, PERIOD_US = 10000 };

static uint64_t caller, server, endpoint, handler, reply, handler_reply;

/* A caller with little budget and a timeout handler has called a passive server, which used the budget up. */
static void let_server_use_all(void)
{
    world_reset();
    endpoint = world_new(ABI_OBJECT_ENDPOINT, 0);
    handler = world_new(ABI_OBJECT_ENDPOINT, 0);
    reply = world_new(ABI_OBJECT_REPLY, 0);
    handler_reply = world_new(ABI_OBJECT_REPLY, 0);
    caller = world_new_thread(100, true);
    server = world_new_thread(101, false);
    world_configure(caller + 2, BUDGET_US, PERIOD_US, 0);
    expect_ptr_eq(world_thread(caller)->schedctx, world_schedctx(caller + 2));
    expect_eq(world_invoke(caller, (struct world_message){ABI_LABEL_TCB_SET_TIMEOUT_ENDPOINT, CAPS(handler)}), 0);
    endpoint_receive(cap_pointer(world_slot(endpoint)->cap), world_thread(server), cap_pointer(world_slot(reply)->cap),
                     true);
    struct thread *first = world_current();
    world_run(caller);
    world_call(ABI_SYSCALL_CALL, endpoint, 0, 0);
    expect_ptr_eq(world_current(), world_thread(server));
    world_pass(2 * BUDGET_US * HOST_TICKS_PER_US);
    expect_ptr_eq(world_current(), &host_cpu.idle); /* the server has no handler: it waits */
    thread_resume(first);
    kernel_spurious_interrupt();
    expect_ptr_eq(world_current(), first);
    /* Its self-suspension was between two instructions. */
}

/*
 * The story: the answer had come, the lent context came back without budget, and the caller's timeout handler let it go on. It
 * went on at its Call and called once more.
 */
TEST(fault, a_timeout_after_the_answer_does_not_repeat_the_call)
{
    let_server_use_all();
    struct thread *thread = world_thread(caller);
    uint64_t behind_call = thread->context.pc;
    expect_eq(thread->context.restart_pc, behind_call - HOST_CALL_BYTES);
    world_call(ABI_SYSCALL_SEND, reply, 1, 0);
    expect_eq(thread->fault.type, ABI_FAULT_TIMEOUT);
    expect_ptr_eq(thread->schedctx, world_schedctx(caller + 2));
    world_call(ABI_SYSCALL_NBRECV, handler, 0, handler_reply);
    expect_eq(world_current()->context.info, (uint64_t)ABI_FAULT_TIMEOUT << 12 | 2);
    expect_eq(world_current()->context.mr[1], BUDGET_US - 2); /* microseconds; the timer's slack is not used */
    world_call(ABI_SYSCALL_SEND, handler_reply, 0, 0);
    expect_eq(thread->state, THREAD_RESTART);
    expect(thread->schedctx->in_release_queue);
    thread_suspend(world_current());
    sched_reconsider();
    kernel_spurious_interrupt();
    for (unsigned us = 0; us < PERIOD_US && world_current() != thread; us += 10)
        world_pass(10 * HOST_TICKS_PER_US);
    expect_ptr_eq(world_current(), thread);
    expect_eq(thread->context.pc, behind_call);
}

/* A thread whose faults go to `endpoint` runs; who ran before is returned. */
static struct thread *run_with_handler(uint64_t *thread)
{
    world_reset();
    *thread = world_new_thread(100, true);
    endpoint = world_new(ABI_OBJECT_ENDPOINT, 0);
    reply = world_new(ABI_OBJECT_REPLY, 0);
    expect_eq(world_invoke(*thread, (struct world_message){ABI_LABEL_TCB_SET_SCHED_PARAMS, WORDS(255, 100),
                                                           CAPS(ABI_INIT_SLOT_TCB, *thread + 2, endpoint)}),
              0);
    struct thread *first = world_current();
    world_run(*thread);
    return first;
}

TEST(fault, an_unknown_trap_number_is_reported_as_it_is)
{
    uint64_t thread;
    struct thread *first = run_with_handler(&thread);
    kernel_unknown_syscall(UINT64_C(0xffffffff9e000001));
    expect_eq(world_thread(thread)->state, THREAD_BLOCKED_SEND);
    thread_resume(first);
    kernel_spurious_interrupt();
    world_call(ABI_SYSCALL_NBRECV, endpoint, 0, reply);
    expect_eq(first->context.info, (uint64_t)ABI_FAULT_UNKNOWN_SYSCALL << 12 | (CONTEXT_SYSCALL_WORDS + 1));
    expect_eq(world_buffer(first)[1 + CONTEXT_SYSCALL_WORDS], UINT64_C(0xffffffff9e000001));
}

/* Without a buffer the words from the fifth on are lost, and the length says so. */
TEST(fault, a_handler_without_buffer_gets_four_words)
{
    uint64_t thread;
    struct thread *first = run_with_handler(&thread);
    kernel_user_exception(6, 0);
    thread_set_buffer_address(first, 0);
    thread_resume(first);
    kernel_spurious_interrupt();
    world_call(ABI_SYSCALL_NBRECV, endpoint, 0, reply);
    expect_eq(first->context.info, (uint64_t)ABI_FAULT_USER_EXCEPTION << 12 | 4);
    expect_eq(first->context.mr[3], 6);
}

/* --- straight to a handler that waits, and back ---------------------------------------------------------------------- */

static void let_handler_wait(unsigned priority, unsigned handler_priority)
{
    world_reset();
    endpoint = world_new(ABI_OBJECT_ENDPOINT, 0);
    reply = world_new(ABI_OBJECT_REPLY, 0);
    caller = world_new_thread(priority, true);
    server = world_new_thread(handler_priority, false);
    expect_eq(world_invoke(caller, (struct world_message){ABI_LABEL_TCB_SET_SCHED_PARAMS, WORDS(255, priority),
                                                          CAPS(ABI_INIT_SLOT_TCB, caller + 2, endpoint)}),
              0);
    endpoint_receive(cap_pointer(world_slot(endpoint)->cap), world_thread(server), cap_pointer(world_slot(reply)->cap),
                     true);
}

TEST(fault, goes_to_a_waiting_handler_with_the_context_and_back_with_the_answer)
{
    let_handler_wait(100, 100);
    struct thread *thread = world_thread(caller), *handling = world_thread(server);
    world_run(caller);
    thread->context.sp = 77;
    kernel_user_exception(6, 9);
    expect_ptr_eq(world_current(), handling);
    expect_eq(thread->state, THREAD_BLOCKED_REPLY);
    expect_ptr_eq(handling->schedctx, world_schedctx(caller + 2));
    expect_ptr_eq(thread->schedctx, NULL);
    expect_eq(handling->context.info, (uint64_t)ABI_FAULT_USER_EXCEPTION << 12 | 5);
    expect_eq(handling->context.mr[0], thread->context.restart_pc);
    expect_eq(handling->context.mr[1], 77);
    expect_eq(handling->context.mr[3], 6);
    expect_eq(world_buffer(handling)[1 + 4], 9);

    handling->context.mr[0] = 0x4000;
    handling->context.mr[1] = 78;
    world_call(ABI_SYSCALL_REPLY_RECV, endpoint, 2, reply);
    expect_ptr_eq(world_current(), thread);
    expect_eq(thread->context.pc, 0x4000);
    expect_eq(thread->context.sp, 78);
    expect_eq(thread->fault.type, ABI_FAULT_NULL);
    expect_ptr_eq(thread->schedctx, world_schedctx(caller + 2));
    expect_eq(handling->state, THREAD_BLOCKED_RECEIVE);
    expect_ptr_eq(handling->reply, cap_pointer(world_slot(reply)->cap));
}

TEST(fault, an_answer_with_a_label_stops_the_thread_that_a_message_does_not)
{
    for (uint64_t label = 0; label < 2; label++) {
        let_handler_wait(100, 100);
        struct thread *thread = world_thread(caller);
        world_run(caller);
        kernel_user_exception(6, 0);
        world_current()->context.mr[0] = 0x4000;
        world_call(ABI_SYSCALL_REPLY_RECV, endpoint, label << 12 | 1, reply);
        expect_eq(thread->state, label ? THREAD_INACTIVE : THREAD_RUNNING);
        expect_eq(thread->context.restart_pc, 0x4000);
        expect_eq(thread->fault.type, ABI_FAULT_NULL);
        expect_eq(world_thread(server)->state, THREAD_BLOCKED_RECEIVE);

        /* The label of an answer to a page fault means nothing. */
        let_handler_wait(100, 100);
        world_run(caller);
        kernel_vm_fault(0x1000, 6, false);
        world_call(ABI_SYSCALL_REPLY_RECV, endpoint, label << 12, reply);
        expect_ptr_eq(world_current(), world_thread(caller));
    }
}

TEST(fault, a_ready_thread_between_faulter_and_handler_runs_first)
{
    let_handler_wait(100, 50);
    uint64_t between = world_new_thread(80, true);
    world_run(caller);
    thread_resume(world_thread(between));
    kernel_spurious_interrupt();
    expect_ptr_eq(world_current(), world_thread(caller));
    kernel_user_exception(6, 0);
    expect_ptr_eq(world_current(), world_thread(between));
    expect_eq(world_thread(server)->state, THREAD_RUNNING);
    expect_ptr_eq(world_thread(server)->schedctx, world_schedctx(caller + 2));

    /* And one between handler and faulter when that is answered. */
    let_handler_wait(50, 100);
    between = world_new_thread(80, true);
    world_run(caller);
    kernel_user_exception(6, 0);
    expect_ptr_eq(world_current(), world_thread(server));
    thread_resume(world_thread(between));
    kernel_spurious_interrupt();
    world_call(ABI_SYSCALL_REPLY_RECV, endpoint, 0, reply);
    expect_ptr_eq(world_current(), world_thread(between));
    expect(thread_is_runnable(world_thread(caller)));
}

/* Behind a breakpoint the thread cannot raise it again: the handler hears of it although there is no budget left. */
TEST(fault, a_trap_is_told_when_the_budget_is_over)
{
    for (unsigned is_trap = 0; is_trap < 2; is_trap++) {
        world_reset();
        handler = world_new(ABI_OBJECT_ENDPOINT, 0);
        caller = world_new_thread(100, true);
        world_configure(caller + 2, BUDGET_US, PERIOD_US, 0);
        expect_eq(world_invoke(caller, (struct world_message){ABI_LABEL_TCB_SET_SCHED_PARAMS, WORDS(255, 100),
                                                              CAPS(ABI_INIT_SLOT_TCB, caller + 2, handler)}),
                  0);
        struct thread *thread = world_thread(caller);
        world_run(caller);
        host.time += 2 * BUDGET_US * HOST_TICKS_PER_US;
        (is_trap ? kernel_user_trap : kernel_user_exception)(3, 0);
        expect(world_current() != thread);
        expect_eq(thread->state, is_trap ? THREAD_BLOCKED_SEND : THREAD_RESTART);
        expect_eq(thread->fault.type, is_trap ? ABI_FAULT_USER_EXCEPTION : ABI_FAULT_NULL);
        expect_eq(thread->schedctx->consumed, 2 * BUDGET_US * HOST_TICKS_PER_US);
    }
}
