/* Waiting threads: by priority, then first come first served, against a plain list. */
#include "core/wait_queue.h"

#include "world.h"

#include <string.h>

enum { THREADS = 40 };
static struct thread thread[THREADS];
static struct wait_queue queue;

/* The same order by plain means. */
static struct thread *list[THREADS];
static unsigned count;

static void start(void)
{
    world_reset();
    memset(thread, 0, sizeof(thread));
    memset(&queue, 0, sizeof(queue));
    count = 0;
}

static void insert(struct thread *t, unsigned priority)
{
    unsigned at = 0;
    t->priority = (uint8_t)priority;
    wait_queue_insert(&queue, t, 2);
    while (at < count && list[at]->priority >= priority)
        at++;
    memmove(&list[at + 1], &list[at], (count - at) * sizeof(list[0]));
    list[at] = t;
    count++;
}

static void take(struct thread *t)
{
    unsigned at = 0;
    while (list[at] != t)
        at++;
    wait_queue_remove(&queue, t);
    count--;
    memmove(&list[at], &list[at + 1], (count - at) * sizeof(list[0]));
}

static bool is_in(const struct thread *t)
{
    for (unsigned i = 0; i < count; i++)
        if (list[i] == t)
            return true;
    return false;
}

static void expect_same(void)
{
    struct thread *t = wait_queue_first(&queue);
    for (unsigned i = 0; i < count; i++) {
        expect_ptr_eq(t, list[i]);
        if (count > 1)
            expect_ptr_eq(t->queue_next->queue_prev, t);
        bool is_head = i == 0 || list[i - 1]->priority != t->priority;
        if (count > 1)
            expect_eq(t->group_next != NULL, is_head);
        if (count > 1 && is_head)
            expect_ptr_eq(t->group_next->group_prev, t);
        t = wait_queue_next(&queue, t);
    }
    expect_ptr_eq(t, NULL);
    expect_eq(wait_queue_state(&queue), count ? 2 : 0);
    expect_eq((queue.head_word & WAIT_QUEUE_ALONE) != 0, count == 1);
    if (count == 0)
        expect_eq(queue.head_word, 0);
}

TEST(wait_queue, is_sorted_by_priority_and_arrival_whatever_comes_and_goes)
{
    start();
    for (unsigned round = 0; round < 20000; round++) {
        struct thread *t = &thread[world_random(THREADS)];
        if (is_in(t))
            take(t);
        else
            insert(t, (unsigned)world_random(6) * 51);
        expect_same();
    }
}

TEST(wait_queue, equals_are_served_in_the_order_of_their_coming)
{
    start();
    for (unsigned i = 0; i < 5; i++)
        insert(&thread[i], 7);
    for (unsigned i = 0; i < 5; i++) {
        expect_ptr_eq(wait_queue_first(&queue), &thread[i]);
        take(&thread[i]);
    }
    expect_same();
}

/* The cursor of an interrupted walk follows when its thread leaves. */
TEST(wait_queue, the_cursor_moves_on_with_its_badge)
{
    start();
    for (unsigned i = 0; i < 4; i++)
        insert(&thread[i], i < 2 ? 9 : 5);
    queue.cursor = &thread[1];
    thread[1].cancel_badge = 77;
    take(&thread[0]);
    expect_ptr_eq(queue.cursor, &thread[1]);
    take(&thread[1]);
    expect_ptr_eq(queue.cursor, &thread[2]);
    expect_eq(thread[2].cancel_badge, 77);
    take(&thread[2]);
    take(&thread[3]);
    expect_ptr_eq(queue.cursor, NULL);
    expect_same();
}
