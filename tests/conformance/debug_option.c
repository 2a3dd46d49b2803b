/* Which debug calls there are, by interface option. */
#include "harness/caller.h"

#define ABOVE (RUNNER_PRIORITY + 1)

#ifdef CONFIG_PRINTING
#define HAS_PRINTING true
#else
#define HAS_PRINTING false
#endif
#ifdef CONFIG_DEBUG_BUILD
#define HAS_DEBUG true
#else
#define HAS_DEBUG false
#endif

/* The call comes back, or is an UnknownSyscall. */
static void expect_known(long number, bool is_known)
{
    struct worker *caller = caller_new(ABOVE, (struct syscall){.number = (seL4_Word)number});

    if (is_known)
        expect_returned(caller);
    else
        expect_eq(caller_fault(caller).label, seL4_Fault_UnknownSyscall);
}

/* The scheduler's dump belongs to PRINTING, like the character; it was there in debug builds, whether they print or not. */
TEST(debug_option, debug_calls_by_option)
{
    expect_known(-13, HAS_PRINTING);
    expect_known(-15, HAS_DEBUG);
    expect_known(-16, HAS_DEBUG);
}
