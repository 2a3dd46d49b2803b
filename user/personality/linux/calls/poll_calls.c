/* Waiting for any of several descriptors. */

#include "lib/string.h"
#include "personality/linux/abi/errno.h"
#include "personality/linux/calls/arguments.h"
#include "personality/linux/calls/table.h"
#include "personality/linux/calls/waiting.h"

enum { SELECT_LIMIT = 1024, SELECT_WORDS = SELECT_LIMIT / 64, MASK_SIZE = sizeof(uint64_t) };

int64_t wait_mask_set(struct thread *thread, uint64_t address, uint64_t size)
{
    uint64_t mask;
    if (!address || thread->wait_begun)
        return 0;
    if (size != MASK_SIZE)
        return -EINVAL;
    int64_t error = user_read_object(memory_of(thread), &mask, address);
    if (error)
        return error;
    thread->suspended_mask = thread->blocked_signals;
    thread->has_suspended_mask = true;
    thread->blocked_signals = mask & ~SIGNALS_UNBLOCKABLE;
    return 0;
}

/* A wait that a signal ends sets the mask back when the signal is delivered; all other ends do it here. */
int64_t wait_end(struct thread *thread, int64_t result)
{
    if (result == CALL_WAITS)
        return result;
    if (result == -ERESTART)
        return -EINTR;
    if (thread->has_suspended_mask)
        thread->blocked_signals = thread->suspended_mask;
    thread->has_suspended_mask = false;
    return result;
}

static int64_t wait_for_any(struct thread *thread, uint64_t deadline_ns)
{
    if (machine_time_ns() >= deadline_ns)
        return 0;
    return thread_wait(thread, &any_channel, deadline_ns);
}

/* poll */

static int64_t poll_once(struct thread *thread, uint64_t address, uint64_t count)
{
    int64_t ready = 0;
    for (uint64_t i = 0; i < count; i++) {
        struct linux_pollfd entry;
        int64_t error = user_read_object(memory_of(thread), &entry, address + i * sizeof entry);
        if (error)
            return error;
        entry.revents = 0;
        if (entry.descriptor >= 0) {
            struct open_file *file = descriptor_file(thread, (uint64_t)entry.descriptor);
            unsigned wanted = (uint16_t)entry.events | POLLERR | POLLHUP;
            entry.revents = (int16_t)(file ? open_file_poll(file) & wanted : POLLNVAL);
        }
        ready += entry.revents != 0;
        error = user_write_object(memory_of(thread), address + i * sizeof entry, &entry);
        if (error)
            return error;
    }
    return ready;
}

static int64_t poll_until(struct thread *thread, const uint64_t *a, uint64_t deadline_ns)
{
    if ((uint32_t)a[1] > DESCRIPTOR_LIMIT)
        return -EINVAL;
    int64_t ready = poll_once(thread, a[0], (uint32_t)a[1]);
    return ready ? ready : wait_for_any(thread, deadline_ns);
}

int64_t call_poll(struct thread *thread, const uint64_t *a)
{
    int32_t milliseconds = (int32_t)a[2];
    uint64_t deadline = milliseconds < 0 ? UINT64_MAX : thread_deadline(thread, (uint64_t)milliseconds * 1000000);
    return wait_end(thread, poll_until(thread, a, deadline));
}

int64_t call_ppoll(struct thread *thread, const uint64_t *a)
{
    uint64_t deadline = UINT64_MAX, duration;
    int64_t error = wait_mask_set(thread, a[3], a[4]);
    if (!error && a[2]) {
        error = argument_duration(thread, a[2], &duration);
        deadline = thread_deadline(thread, duration);
    }
    return wait_end(thread, error ? error : poll_until(thread, a, deadline));
}

/* select */

struct descriptor_sets {
    uint64_t words[3][SELECT_WORDS]; /* reading, writing, exceptions */
};

static int64_t select_once(struct thread *thread, uint64_t limit, const struct descriptor_sets *wanted,
                           struct descriptor_sets *ready)
{
    static const unsigned meanings[3] = {POLLIN | POLLHUP | POLLERR, POLLOUT | POLLERR, POLLPRI};
    int64_t count = 0;
    memset(ready, 0, sizeof *ready);
    for (uint64_t descriptor = 0; descriptor < limit; descriptor++) {
        uint64_t bit = 1ull << descriptor % 64, word = descriptor / 64;
        if (!((wanted->words[0][word] | wanted->words[1][word] | wanted->words[2][word]) & bit))
            continue;
        struct open_file *file = descriptor_file(thread, descriptor);
        if (!file)
            return -EBADF;
        unsigned events = open_file_poll(file);
        for (int set = 0; set < 3; set++) {
            if ((wanted->words[set][word] & bit) && (events & meanings[set])) {
                ready->words[set][word] |= bit;
                count++;
            }
        }
    }
    return count;
}

static int64_t select_until(struct thread *thread, const uint64_t *a, uint64_t deadline_ns)
{
    struct descriptor_sets wanted = {0}, ready;
    if ((int32_t)a[0] < 0 || (int32_t)a[0] > SELECT_LIMIT)
        return -EINVAL;
    uint64_t limit = (uint32_t)a[0];
    size_t bytes = (size_t)((limit + 63) / 64 * sizeof(uint64_t));
    for (int set = 0; set < 3; set++) {
        int64_t error = a[1 + set] ? user_read(memory_of(thread), wanted.words[set], a[1 + set], bytes) : 0;
        if (error)
            return error;
    }
    int64_t count = select_once(thread, limit, &wanted, &ready);
    if (!count)
        count = wait_for_any(thread, deadline_ns);
    if (count < 0)
        return count;
    for (int set = 0; set < 3; set++) {
        int64_t error = a[1 + set] ? user_write(memory_of(thread), a[1 + set], ready.words[set], bytes) : 0;
        if (error)
            return error;
    }
    return count;
}

int64_t call_select(struct thread *thread, const uint64_t *a)
{
    struct linux_timeval timeout;
    uint64_t deadline = UINT64_MAX;
    if (a[4]) {
        int64_t error = user_read_object(memory_of(thread), &timeout, a[4]);
        if (error)
            return error;
        if (timeout.seconds < 0 || timeout.microseconds < 0 || timeout.seconds > INT32_MAX)
            return -EINVAL;
        deadline =
            thread_deadline(thread, (uint64_t)timeout.seconds * 1000000000 + (uint64_t)timeout.microseconds * 1000);
    }
    return wait_end(thread, select_until(thread, a, deadline));
}

int64_t call_pselect6(struct thread *thread, const uint64_t *a)
{
    struct {
        uint64_t mask, size;
    } signals = {0, 0};
    uint64_t deadline = UINT64_MAX, duration;
    int64_t error = a[5] ? user_read_object(memory_of(thread), &signals, a[5]) : 0;
    if (!error)
        error = wait_mask_set(thread, signals.mask, signals.size);
    if (!error && a[4]) {
        error = argument_duration(thread, a[4], &duration);
        deadline = thread_deadline(thread, duration);
    }
    return wait_end(thread, error ? error : select_until(thread, a, deadline));
}
