/* Finding the function of a system call by its number. */
#pragma once

#include "personality/linux/process/process.h"

/* A call's function: its arguments as the program gave them; a result, an error, CALL_WAITS or CALL_NO_REPLY. */
typedef int64_t call_function(struct thread *thread, const uint64_t *a);

#define CALL(number, name) call_function call_##name;
#include "personality/linux/calls/calls.h"
#undef CALL

/* Makes the call that thread->call describes. A number without a function gives -ENOSYS and is logged once. */
int64_t system_call_perform(struct thread *thread);
