/* Chains of lendings: who has the context after answers out of order, deletions and cancellations. The cases are the interface's. */
#include "world.h"

#include <string.h>

enum { LENGTH = 4 }; /* A calls B calls C calls D */

static struct thread thread[LENGTH];
static struct reply reply[LENGTH - 1];
static struct schedctx schedctx;

static void start(void)
{
    world_reset();
    memset(thread, 0, sizeof(thread));
    memset(reply, 0, sizeof(reply));
    memset(&schedctx, 0, sizeof(schedctx));
    schedctx_configure(&schedctx, 10000, 10000, 2, host_cpu.now, false);
    for (unsigned i = 0; i < LENGTH; i++)
        thread[i].state = THREAD_RUNNING;
    schedctx.thread = &thread[0];
    thread[0].schedctx = &schedctx;
    for (unsigned i = 0; i + 1 < LENGTH; i++)
        reply_push(&reply[i], &thread[i], &thread[i + 1], true);
}

static void expect_holder(unsigned holder)
{
    for (unsigned i = 0; i < LENGTH; i++)
        expect_ptr_eq(thread[i].schedctx, i == holder ? &schedctx : NULL);
    expect_ptr_eq(schedctx.thread, &thread[holder]);
}

static void answer(unsigned caller)
{
    reply_send(&reply[caller], &thread[caller + 1], false, NULL);
    expect_eq(thread[caller].state, THREAD_RUNNING);
}

TEST(reply, the_context_goes_down_and_comes_back_step_by_step)
{
    start();
    expect_holder(3);
    expect_ptr_eq(schedctx.reply, &reply[2]);
    answer(2);
    expect_holder(2);
    answer(1);
    expect_holder(1);
    answer(0);
    expect_holder(0);
    expect_ptr_eq(schedctx.reply, NULL);
}

TEST(reply, an_answer_out_of_order_cuts_the_chain)
{
    start();
    answer(1); /* B is answered past D: no context for it */
    expect_holder(3);
    answer(2);
    expect_holder(2);
    answer(0); /* below the cut */
    expect_holder(2);
}

TEST(reply, deleting_the_head_gives_the_context_back_to_a_stopped_caller)
{
    start();
    reply_destroy(&reply[2]);
    expect_holder(2);
    expect_eq(thread[2].state, THREAD_INACTIVE);
    answer(1);
    expect_holder(1);
}

TEST(reply, deleting_one_in_the_middle_cuts_the_chain_in_two)
{
    start();
    reply_destroy(&reply[1]);
    expect_eq(thread[1].state, THREAD_INACTIVE);
    expect_holder(3);
    answer(2);
    expect_holder(2); /* the thread just above the cut keeps it */
    answer(0);
    expect_holder(2);
}

TEST(reply, deleting_the_oldest_leaves_the_context_with_the_second)
{
    start();
    reply_destroy(&reply[0]);
    answer(2);
    answer(1);
    expect_holder(1);
    expect_eq(thread[0].state, THREAD_INACTIVE);
}

TEST(reply, a_caller_that_is_cancelled_at_the_head_forgets_the_chain)
{
    start();
    thread_cancel_ipc(&thread[2]);
    expect_holder(3);
    expect_ptr_eq(schedctx.reply, NULL);
    answer(1);
    answer(0);
    expect_holder(3);
}

TEST(reply, a_caller_that_is_cancelled_in_the_middle_cuts_the_chain)
{
    start();
    thread_cancel_ipc(&thread[1]);
    answer(2);
    expect_holder(2);
    answer(0);
    expect_holder(2);
}

TEST(reply, a_receive_with_a_used_object_ends_its_use)
{
    start();
    reply_claim(&reply[1], &thread[3]);
    expect_eq(thread[1].state, THREAD_INACTIVE);
    expect_ptr_eq(reply[1].thread, NULL);
    expect_holder(3);
    answer(2);
    expect_holder(2);
}

TEST(reply, a_caller_with_a_context_by_now_leaves_the_lent_one)
{
    static struct schedctx other;
    start();
    memset(&other, 0, sizeof(other));
    other.thread = &thread[2];
    thread[2].schedctx = &other;
    answer(2);
    expect_ptr_eq(thread[2].schedctx, &other);
    expect_ptr_eq(thread[3].schedctx, &schedctx);
}

TEST(reply, unbinding_the_context_forgets_the_chain)
{
    start();
    schedctx_unbind_reply(&schedctx);
    schedctx_unbind_thread(&schedctx);
    answer(2);
    expect_ptr_eq(thread[2].schedctx, NULL);
    expect_eq(thread[2].state, THREAD_RUNNING);
    /* All objects can be used again. */
    answer(1);
    answer(0);
    for (unsigned i = 0; i + 1 < LENGTH; i++)
        expect(!reply[i].thread && !reply[i].older && !reply[i].newer && !reply[i].schedctx);
}
