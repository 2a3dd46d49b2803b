/* How threads wait, are woken and go back to their programs. */

#include "personality/linux/abi/errno.h"
#include "personality/linux/abi/file.h"
#include "personality/linux/calls/table.h"
#include "personality/linux/net/client.h"
#include "personality/linux/process/process.h"
#include "personality/linux/process/timer.h"
#include "personality/linux/support/assert.h"

/* Threads that have something to look at. */
static struct list queue = LIST_INITIAL(queue);

const char any_channel;

int64_t thread_wait(struct thread *thread, const void *channel, uint64_t deadline_ns)
{
    uint64_t pending = thread->pending.set | thread->process->pending.set;
    if (thread->wait_uninterrupted ? pending & SIGNAL_BIT(SIGKILL) : signal_is_waiting(thread))
        return -ERESTART;
    thread->wait_channel = channel;
    thread->wait_deadline_ns = deadline_ns;
    thread->wait_begun = true;
    return CALL_WAITS;
}

uint64_t thread_deadline(const struct thread *thread, uint64_t duration_ns)
{
    if (thread->wait_begun)
        return thread->wait_deadline_ns;
    uint64_t now = machine_time_ns();
    return duration_ns < UINT64_MAX - now ? now + duration_ns : UINT64_MAX;
}

void thread_queue(struct thread *thread)
{
    if (list_is_empty(&thread->in_queue))
        list_append(&queue, &thread->in_queue);
}

/* All threads; the body may end any of them only by way of the queue. */
#define each_thread(thread)                                                                                            \
    list_each (process_entry, &all_processes)                                                                          \
        list_each (thread_entry, &process_of(process_entry)->threads)                                                  \
            for (struct thread *thread = thread_of(thread_entry); thread; thread = NULL)

/* Watches, by channel */

enum { WATCH_BUCKETS = 64 };

static struct list watches[WATCH_BUCKETS];

static struct list *watch_bucket(const void *channel)
{
    struct list *bucket = &watches[(uintptr_t)channel / 16 % WATCH_BUCKETS];
    if (!bucket->next)
        list_initialise(bucket);
    return bucket;
}

void channel_watch_begin(struct channel_watch *watch, const void *channel)
{
    watch->channel = channel;
    list_append(watch_bucket(channel), &watch->in_bucket);
}

void channel_watch_end(struct channel_watch *watch)
{
    list_remove(&watch->in_bucket);
}

void wake_for(const void *channel, unsigned poll_bits)
{
    each_thread(thread)
    {
        if (thread->state == THREAD_WAITING &&
            (thread->wait_channel == channel || thread->wait_channel == &any_channel))
            thread_queue(thread);
    }
    list_each (entry, watch_bucket(channel)) {
        struct channel_watch *watch = list_item(entry, struct channel_watch, in_bucket);
        if (watch->channel == channel)
            watch->woken(watch, poll_bits);
    }
}

void wake(const void *channel)
{
    wake_for(channel, POLL_ANYTHING);
}

void process_time_passed(void)
{
    uint64_t now = machine_time_ns();
    list_each (entry, &all_processes) {
        struct process *process = process_of(entry);
        if (process->alarm_ns && process->alarm_ns <= now) {
            struct signal_info info = signal_from_kernel(SIGALRM);
            uint64_t interval = process->alarm_interval_ns;
            process->alarm_ns = interval ? process->alarm_ns + interval : 0;
            if (process->alarm_ns && process->alarm_ns <= now)
                process->alarm_ns = now + interval;
            signal_send(process, &info);
        }
    }
    timers_pass(now);
    each_thread(thread)
    {
        if (thread->state == THREAD_WAITING && thread->wait_deadline_ns <= now)
            thread_queue(thread);
    }
}

static void timer_update(void)
{
    uint64_t next = timers_next();
    list_each (entry, &all_processes) {
        const struct process *process = process_of(entry);
        if (process->alarm_ns && process->alarm_ns < next)
            next = process->alarm_ns;
    }
    each_thread(thread)
    {
        if (thread->state == THREAD_WAITING && thread->wait_deadline_ns < next)
            next = thread->wait_deadline_ns;
    }
    machine_timer_set(next);
}

void thread_run_call(struct thread *thread)
{
    thread->state = THREAD_ENTERED;
    int64_t result = system_call_perform(thread);
    if (result == CALL_NO_REPLY)
        return;
    if (result == CALL_WAITS) {
        thread->state = THREAD_WAITING;
        return;
    }
    thread->result = result;
    thread_leave(thread);
}

void thread_leave(struct thread *thread)
{
    if (thread->process->is_stopped && !(thread->process->pending.set & SIGNAL_BIT(SIGKILL))) {
        thread->state = THREAD_HELD;
        return;
    }

    thread->state = THREAD_ENTERED;
    bool is_call = thread->entry == ENTRY_CALL;
    if (!signal_is_waiting(thread) && !(is_call && thread->result == -ERESTART)) {
        thread->state = THREAD_RUNNING;
        if (is_call)
            machine_thread_answer(thread->machine, (uint64_t)thread->result);
        else if (thread->entry == ENTRY_FAULT)
            machine_thread_retry(thread->machine);
        else
            machine_thread_start(thread->machine, &thread->registers);
        return;
    }

    if (thread->entry != ENTRY_STOPPED)
        machine_thread_read(thread->machine, &thread->registers);
    if (is_call)
        thread->registers.rax = (uint64_t)thread->result;
    thread->entry = ENTRY_STOPPED;
    if (!signal_deliver(thread, &thread->registers, is_call && thread->result == -ERESTART))
        return;
    thread->state = THREAD_RUNNING;
    machine_thread_start(thread->machine, &thread->registers);
}

static void thread_attend(struct thread *thread)
{
    switch (thread->state) {
    case THREAD_RUNNING:
        /* Woken for a signal or a stop. If it is not running any more its report comes next, and it leaves then. */
        if (machine_thread_stop(thread->machine)) {
            machine_thread_read(thread->machine, &thread->registers);
            thread->entry = ENTRY_STOPPED;
            thread_leave(thread);
        }
        break;
    case THREAD_WAITING:
        thread_run_call(thread);
        break;
    case THREAD_HELD:
        thread_leave(thread);
        break;
    case THREAD_ENTERED:
        break;
    }
}

void process_settle(void)
{
    while (!list_is_empty(&queue)) {
        struct thread *thread = list_item(queue.next, struct thread, in_queue);
        list_remove(&thread->in_queue);
        thread_attend(thread);
    }
    net_client_flush();
    timer_update();
}
