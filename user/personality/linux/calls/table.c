#include "personality/linux/calls/table.h"

#include "personality/linux/abi/errno.h"
#include "personality/linux/disk/pages.h"
#include "personality/linux/process/signal_frame.h"
#include "personality/linux/support/text.h"

enum { TABLE_SIZE = 512 };

static call_function *const functions[TABLE_SIZE] = {
#define CALL(number, name) [number] = call_##name,
#include "personality/linux/calls/calls.h"
#undef CALL
};

static struct thread *current;

struct thread *current_thread(void)
{
    return current;
}

struct process *current_process(void)
{
    return current ? current->process : NULL;
}

/* A program may go on without a call that is not there; the log says once that it was wanted. */
static int64_t call_unknown(const struct thread *thread)
{
    static uint64_t logged[TABLE_SIZE / 64];
    static bool large_logged;
    uint64_t number = thread->call.number;
    bool is_known = number < TABLE_SIZE ? logged[number / 64] >> number % 64 & 1 : large_logged;
    if (!is_known)
        log_line("%s[%d] wanted system call %lu, which is not there", thread->process->name, thread->process->pid,
                 (unsigned long)number);
    if (number < TABLE_SIZE)
        logged[number / 64] |= 1ull << number % 64;
    else
        large_logged = true;
    return -ENOSYS;
}

int64_t system_call_perform(struct thread *thread)
{
    uint64_t number = thread->call.number;
    if (number == CALL_SIGNAL_RETURN_END)
        return signal_frame_return_end(thread);
    if (number >= TABLE_SIZE || !functions[number])
        return call_unknown(thread);
    current = thread;
    int64_t result = functions[number](thread, thread->call.arguments);
    current = NULL;
    disk_pages_let_go();
    return result;
}
