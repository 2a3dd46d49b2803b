/* The debug and benchmark system calls: present by build option, exempt from the budget check. */
#pragma once

#include "lib/compiler.h"

struct thread;

/* Does the call when `number` is one that this build has. */
bool debug_syscall(int64_t number, struct thread *caller);
