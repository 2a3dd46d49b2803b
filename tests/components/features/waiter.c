/*
 * Waits inside of init, of a notification and of a call: what it does not wait for comes later, once.
 */
#include "check.h"
#include <pecan/component.h>

enum { FIRST = 0, SECOND = 1, CALLS = 2, FIRST_OF_BOTH = 3, SECOND_OF_BOTH = 4 };
enum { ORDERS = 3, WORDS = 120 };

static unsigned first_count, second_count, call_count;

/* The waker signals the second channel, then the first one. */
static seL4_Bool wait_for_first(void)
{
    microkit_notify(FIRST);
    return pecan_wait(1 << FIRST) == 1 << FIRST;
}

void init(void)
{
    check(wait_for_first(), "init gets what it waits for");
    check(!first_count && !second_count, "nothing else is delivered meanwhile");
}

void notified(microkit_channel ch)
{
    first_count += ch == FIRST;
    second_count += ch == SECOND;
    if (ch == SECOND && second_count == 1) {
        check(wait_for_first(), "a notification's handler gets what it waits for");
        check(second_count == 1, "the handler is not entered anew");
    } else if (ch == SECOND && second_count == 2) {
        microkit_notify(CALLS);
    } else if (ch == SECOND && second_count == ORDERS) {
        check(call_count == 1 && !first_count, "what was waited for is not delivered too");
        /* Whoever signals has the higher priority here: both are there before the event loop waits again. */
        microkit_notify(FIRST_OF_BOTH);
    } else if (ch == FIRST_OF_BOTH) {
        check(pecan_wait(1 << SECOND_OF_BOTH) == 1 << SECOND_OF_BOTH, "it may have come along with this one");
        check_end();
    }
}

microkit_msginfo protected(microkit_channel ch, microkit_msginfo msginfo)
{
    seL4_Word sum = 0;
    for (unsigned i = 0; i < microkit_msginfo_get_count(msginfo); i++)
        sum += microkit_mr_get(i);
    check(ch == CALLS && microkit_msginfo_get_label(msginfo) == 1, "the call comes");
    check(sum == WORDS * (WORDS + 1) / 2, "all words of it");
    call_count++;
    check(wait_for_first(), "a call's handler gets what it waits for");
    microkit_deferred_notify(CALLS);
    microkit_mr_set(WORDS - 1, sum);
    return microkit_msginfo_new(2, WORDS);
}
