/*
 * What happens when a check of sel4/assert.h fails.
 */
#include "lib/print.h"
#include "lib/start.h"

#include <sel4/assert.h>

static _Noreturn void fail(const char *what, const char *text, const char *file, int line, const char *function)
{
    printf("%s in %s, %s:%d: %s\n", what, function, file, line, text);
    program_exit(1);
}

void seL4_Fail(const char *str, const char *file, int line, const char *function)
{
    fail("failure", str, file, line, function);
}

void seL4_AssertFail(const char *assertion, const char *file, int line, const char *function)
{
    fail("assertion failed", assertion, file, line, function);
}
