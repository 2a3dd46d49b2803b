/*
 * Two clients of the time server in one program, each of which asks to be woken again and again: not early, not late. In the middle the time server is
 * restarted; both ask again. Random words are asked for and compared.
 */
#include "protocols/random.h"
#include "protocols/time.h"
#include <microkit.h>
#include <pecan/component.h>
#include <pecan/supervisor.h>
#include <stdbool.h>

enum { FIRST = 1, SECOND = 2, RANDOM = 3 };
enum { TIME_SERVER = 0 }; /* its index in the description */
enum { WAKEUPS = 40, RESTART_AT = 20, RANDOM_CALLS = 10 };

/* Filled in from the description. */
uintptr_t page_start;

/* µs from one wake-up to the next: some at once, one longer than the timer can count. */
static const uint32_t pauses_us[] = {1000, 10, 3000, 200, 60000, 0, 700, 50};

static const struct time_page *page;
static struct sleeper {
    uint64_t moment_ns;
    unsigned count; /* of wake-ups */
    uint32_t epoch; /* of the server that was asked */
} sleepers[2];
static uint64_t last_ns, worst_ns;
static unsigned early, resets, asked_again;

static void print(const char *text, uint32_t number)
{
    microkit_dbg_puts(text);
    microkit_dbg_put32(number);
    microkit_dbg_puts("\n");
}

static uint64_t now_ns(void)
{
    uint64_t now = time_now_ns(page);
    resets += now < last_ns;
    last_ns = now;
    return now;
}

static void ask(unsigned index)
{
    microkit_msginfo answer;
    do {
        sleepers[index].epoch = page->epoch;
        microkit_mr_set(0, sleepers[index].moment_ns);
        answer = microkit_ppcall(FIRST + index, microkit_msginfo_new(TIME_WAKE_AT, 1));
    } while (microkit_msginfo_get_label(answer) == PECAN_PEER_RESTARTED);
    if (microkit_msginfo_get_label(answer) != TIME_OK)
        microkit_dbg_puts("client: the time server refuses\n");
}

static void sleep_again(unsigned index)
{
    struct sleeper *sleeper = &sleepers[index];
    sleeper->moment_ns =
        now_ns() + pauses_us[(sleeper->count + 3 * index) % (sizeof pauses_us / sizeof *pauses_us)] * 1000;
    ask(index);
}

static void finish(void)
{
    sleepers[0].moment_ns = sleepers[1].moment_ns = TIME_NEVER;
    print("client: early ", early);
    print("client: time went back ", resets);
    print("client: asked again ", asked_again);
    print("client: worst delay in us ", (uint32_t)(worst_ns / 1000));
    print("client: seconds ", (uint32_t)(time_start_date(page) + now_ns() / 1000000000));
    microkit_dbg_puts("client: done\n");
}

static void use_random(void)
{
    seL4_Word words[RANDOM_CALLS * RANDOM_MOST_WORDS];
    unsigned count = 0, same = 0;
    for (unsigned call = 0; call < RANDOM_CALLS; call++) {
        microkit_mr_set(0, UINT64_MAX);
        seL4_Word got = microkit_msginfo_get_count(microkit_ppcall(RANDOM, microkit_msginfo_new(RANDOM_TAKE, 1)));
        for (seL4_Word i = 0; i < got; i++)
            words[count++] = microkit_mr_get((seL4_Uint8)i);
    }
    for (unsigned i = 0; i < count; i++) {
        for (unsigned k = 0; k < i; k++)
            same += words[i] == words[k];
    }
    print("client: random words ", count);
    print("client: the same ", same);
}

void init(void)
{
    page = (const struct time_page *)page_start;
    use_random();
    microkit_msginfo answer = microkit_ppcall(FIRST, microkit_msginfo_new(TIME_WAKE_AT, 0));
    print("client: a wrong call gives ", (uint32_t)microkit_msginfo_get_label(answer));
    sleep_again(0);
    sleep_again(1);
}

void notified(microkit_channel ch)
{
    if (ch != FIRST && ch != SECOND)
        return;
    unsigned index = ch - FIRST;
    struct sleeper *sleeper = &sleepers[index];
    uint64_t now = now_ns();
    if (sleeper->moment_ns == TIME_NEVER)
        return;
    if (sleeper->epoch != page->epoch) {
        asked_again++;
        ask(index);
        return;
    }
    if (now < sleeper->moment_ns) {
        early += sleeper->count != 0; /* the server also notifies when it starts */
        return;
    }
    if (now - sleeper->moment_ns > worst_ns)
        worst_ns = now - sleeper->moment_ns;
    if (++sleeper->count == WAKEUPS) {
        finish();
        return;
    }
    sleep_again(index);
    if (index == 0 && sleeper->count == RESTART_AT)
        pecan_supervisor_call(PECAN_SUPERVISOR_RESTART, TIME_SERVER);
}
