/*
 * `assert` states what the kernel guarantees itself; what a user sent is checked and refused, never asserted. In release
 * builds it is an assumption nobody checks, and costs nothing.
 */
#pragma once

#include "abi/config.h"
#include "lib/compiler.h"

/* Prints the message with a backtrace and stops the machine with the exit status of a panic. Callable at any time. */
NORETURN void panic(const char *format, ...) __attribute__((format(printf, 1, 2)));

#define assert(condition)                                                                                              \
    do {                                                                                                               \
        if (CONFIG_DEBUG_BUILD && UNLIKELY(!(condition)))                                                              \
            panic("%s:%d: assertion failed: %s", __FILE__, __LINE__, #condition);                                      \
    } while (0)
