/*
 * Calls the waiter, which waits for another domain before it answers, one that does not know calls, and the ticker whenever that asks for it.
 */
#include "check.h"

enum { WAITER = 2, MUTE = 3, TICKER = 4, WORDS = 120 };

static unsigned orders;

static void call_waiter(void)
{
    for (unsigned i = 0; i < WORDS; i++)
        microkit_mr_set(i, i + 1);
    microkit_msginfo answer = microkit_ppcall(WAITER, microkit_msginfo_new(1, WORDS));
    check(microkit_msginfo_get_label(answer) == 2 && microkit_msginfo_get_count(answer) == WORDS, "the answer comes");
    check(microkit_mr_get(WORDS - 1) == WORDS * (WORDS + 1) / 2, "its last word too");
}

void init(void)
{
    microkit_notify(TICKER);
    microkit_msginfo answer = microkit_ppcall(MUTE, microkit_msginfo_new(0, 0));
    check(microkit_msginfo_get_label(answer) == PECAN_PEER_RESTARTED, "a call of a domain without protected() ends");
}

/* The second one of the waiter is what it deferred until its answer was out. */
void notified(microkit_channel ch)
{
    if (ch == TICKER) {
        microkit_ppcall(TICKER, microkit_msginfo_new(0, 0));
        return;
    }
    check(ch == WAITER, "the waiter notifies");
    if (orders++ == 0)
        call_waiter();
    else
        check_end();
}
