/* Cancelling senders by badge: a walk that is stopped, and what happens to the queue meanwhile. */
#include "core/preempt.h"
#include "world.h"

#include <string.h>

enum { SENDERS = 24, BADGES = 4 };

static struct endpoint endpoint;
static struct thread sender[SENDERS];

static void start(uint64_t seed)
{
    world_reset();
    memset(&endpoint, 0, sizeof(endpoint));
    memset(sender, 0, sizeof(sender));
    while (seed-- > 0)
        world_random(2);
    for (unsigned i = 0; i < SENDERS; i++) {
        sender[i].state = THREAD_RUNNING;
        sender[i].priority = (uint8_t)world_random(5);
        endpoint_send(cap_endpoint_new(&endpoint, RIGHTS_ALL, 1 + world_random(BADGES)), &sender[i], SEND_BLOCKS, NULL);
        if (world_random(6) == 0)
            sender[i].fault.type = ABI_FAULT_VM; /* blocked with a fault message */
    }
}

static void expect_cancelled(uint64_t badge)
{
    for (unsigned i = 0; i < SENDERS; i++) {
        if (sender[i].send_badge != badge && sender[i].state == THREAD_BLOCKED_SEND)
            continue;
        expect_eq(sender[i].send_badge, badge);
        expect(sender[i].state == THREAD_RESTART || sender[i].state == THREAD_INACTIVE);
        expect_eq(sender[i].fault.type, ABI_FAULT_NULL);
    }
    expect_ptr_eq(endpoint.queue.cursor, NULL);
}

TEST(endpoint, cancelling_a_badge_takes_all_with_it_and_no_other_wherever_it_stops)
{
    for (uint64_t seed = 0; seed < 30; seed++)
        for (unsigned point = 0; point < SENDERS; point++) {
            start(seed);
            bool had_fault[SENDERS];
            for (unsigned i = 0; i < SENDERS; i++)
                had_fault[i] = sender[i].fault.type != ABI_FAULT_NULL;
            host_preempt_units = 1;
            host_interrupt_after(point);
            uint32_t progress = 0;
            struct refusal refusal = endpoint_cancel_badged(&endpoint, 2, &progress);
            host_no_interrupt();
            if (refused(refusal))
                expect(!refused(endpoint_cancel_badged(&endpoint, 2, &progress)));
            expect_cancelled(2);
            for (unsigned i = 0; i < SENDERS; i++)
                if (sender[i].send_badge == 2)
                    expect_eq(sender[i].state, had_fault[i] ? THREAD_INACTIVE : THREAD_RESTART);
        }
}

/* Threads leave the queue between the parts of the walk, the one it stands at among them. */
TEST(endpoint, a_stopped_walk_survives_that_threads_leave)
{
    for (uint64_t seed = 0; seed < 300; seed++) {
        start(seed);
        uint32_t progress = 0;
        host_preempt_units = 1;
        for (unsigned tries = 0; tries < 1000; tries++) {
            host_interrupt_after((unsigned)world_random(3));
            struct refusal refusal = endpoint_cancel_badged(&endpoint, 3, &progress);
            host_no_interrupt();
            if (!refused(refusal))
                break;
            struct thread *leaver = world_random(2) ? endpoint.queue.cursor : &sender[world_random(SENDERS)];
            if (leaver->state != THREAD_BLOCKED_SEND)
                continue;
            thread_cancel_ipc(leaver);
            leaver->state = THREAD_INACTIVE;
            leaver->send_badge = 3; /* counts as gone */
        }
        expect_cancelled(3);
    }
}

/*
 * Another caller's unfinished walk for another badge is finished first. The story: two callers in turns each finished the
 * other's walk and began their own anew, for ever.
 */
TEST(endpoint, a_stopped_walk_survives_changes_of_priority)
{
    for (uint64_t seed = 0; seed < 300; seed++) {
        start(seed);
        uint32_t progress = 0;
        host_preempt_units = 1;
        for (unsigned tries = 0;; tries++) {
            if (tries < 30)
                host_interrupt_after((unsigned)world_random(3));
            struct refusal refusal = endpoint_cancel_badged(&endpoint, 3, &progress);
            host_no_interrupt();
            if (!refused(refusal))
                break;
            struct thread *moved = world_random(2) ? endpoint.queue.cursor : &sender[world_random(SENDERS)];
            if (moved->state == THREAD_BLOCKED_SEND)
                thread_set_priority(moved, (unsigned)world_random(256));
        }
        expect_cancelled(3);
    }
}

TEST(endpoint, two_walks_both_make_progress)
{
    for (uint64_t seed = 0; seed < 100; seed++) {
        bool is_done[2] = {false, false};
        uint32_t progress[2] = {0, 0};
        start(seed);
        host_preempt_units = 1;
        for (unsigned turn = 0; !is_done[0] || !is_done[1]; turn++) {
            if (turn > 1000)
                test_fail(__FILE__, __LINE__, "the walks never end");
            if (is_done[turn % 2])
                continue;
            host_interrupt_after(1);
            is_done[turn % 2] = !refused(endpoint_cancel_badged(&endpoint, 1 + turn % 2, &progress[turn % 2]));
            host_no_interrupt();
        }
        for (unsigned i = 0; i < SENDERS; i++)
            expect_eq(sender[i].state == THREAD_BLOCKED_SEND, sender[i].send_badge > 2);
    }
}

/* An endpoint with many waiters is drained in parts when its last capability goes. */
TEST(endpoint, a_crowded_endpoint_is_deleted_in_parts)
{
    world_reset();
    uint64_t slot = world_new(ABI_OBJECT_ENDPOINT, 0);
    for (unsigned i = 0; i < SENDERS; i++) {
        sender[i] = (struct thread){.state = THREAD_RUNNING};
        endpoint_send(world_slot(slot)->cap, &sender[i], SEND_BLOCKS, NULL);
    }
    host_preempt_units = 1;
    unsigned stops = 0;
    for (;; stops++) {
        host_interrupt_after(0);
        struct refusal refusal = cap_delete(world_slot(slot));
        host_no_interrupt();
        if (!refused(refusal))
            break;
    }
    expect(stops >= SENDERS - 1);
    expect(cap_slot_is_empty(world_slot(slot)));
    for (unsigned i = 0; i < SENDERS; i++)
        expect_eq(sender[i].state, THREAD_RESTART);
}
