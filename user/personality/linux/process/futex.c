#include "personality/linux/process/futex.h"

#include "personality/linux/abi/errno.h"
#include "personality/linux/memory/user_memory.h"
#include "personality/linux/process/process.h"

int64_t futex_wake(const struct address_space *space, uint64_t address, uint64_t count)
{
    uint64_t woken = 0;
    list_each (entry, &all_processes) {
        if (process_of(entry)->space != space)
            continue;
        list_each (thread_entry, &process_of(entry)->threads) {
            struct thread *thread = thread_of(thread_entry);
            if (woken >= count || thread->state != THREAD_WAITING || thread->futex_address != address)
                continue;
            thread->futex_address = 0;
            thread_queue(thread);
            woken++;
        }
    }
    return (int64_t)woken;
}

int64_t futex_wait(struct thread *thread, uint64_t address, uint32_t value, uint64_t deadline_ns)
{
    if (thread->wait_begun) {
        if (!thread->futex_address)
            return 0;
        if (machine_time_ns() >= deadline_ns) {
            thread->futex_address = 0;
            return -ETIMEDOUT;
        }
    } else {
        uint32_t now;
        int64_t error = user_read_object(thread->process->space, &now, address);
        if (error)
            return error;
        if (now != value)
            return -EAGAIN;
        thread->futex_address = address;
    }
    int64_t result = thread_wait(thread, &thread->futex_address, deadline_ns);
    if (result != CALL_WAITS)
        thread->futex_address = 0;
    return result;
}
