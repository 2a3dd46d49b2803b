/*
 * Checks at run time (in debug builds) and at compile time.
 */
#pragma once

#include <sel4/config.h>
#include <sel4/macros.h>

/* Reports a failed check on the console and stops the thread. */
void seL4_Fail(const char *str, const char *file, int line, const char *function);
void seL4_AssertFail(const char *assertion, const char *file, int line, const char *function);

#define seL4_Compile_Assert(name, expression) SEL4_COMPILE_ASSERT(name, expression)
#define seL4_CompileTimeAssert(expression)    _Static_assert(expression, #expression)

#ifdef CONFIG_DEBUG_BUILD
#define seL4_Assert(expression)                                                                                        \
    do {                                                                                                               \
        if (!(expression))                                                                                             \
            seL4_AssertFail(#expression, __FILE__, __LINE__, __func__);                                                \
    } while (0)
#else
#define seL4_Assert(expression)                                                                                        \
    do {                                                                                                               \
        if (0)                                                                                                         \
            (void)(expression);                                                                                        \
    } while (0)
#endif
