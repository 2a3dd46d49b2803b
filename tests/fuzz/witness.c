#include "witness.h"

#include "../support/objects.h"
#include "../support/random.h"
#include "layout.h"
#include "watch.h"

#include <cpuid.h>

#define PERIOD_US        1000
#define KEEPER_BUDGET_US 50
/* The witness spins for longer than its budget, so that it is put aside amid its registers. */
#define WITNESS_BUDGET_US 100
#define SPIN_COUNT        60000
#define WAKES_PER_SIGNAL  8
#define MEMORY_WORDS      8192
#define SLICE_WORDS       512
#define STACK_BYTES       4096

/* Flags that user code keeps: DF NT AC ID. The others are changed by the spinning itself. */
#define FLAGS_WATCHED 0x244400u

static _Alignas(16) char keeper_stack[STACK_BYTES], witness_stack[STACK_BYTES];
static seL4_Word memory[MEMORY_WORDS];
static seL4_Word fs_word = 0x1122334455667788, gs_word = 0x99aabbccddeeff00, keeper_word;

static struct witness_report report;
static seL4_CPtr progress_signal;
static seL4_Word period_ticks;
static seL4_Word random, pattern;
static bool has_ymm;

static seL4_Word time_now(void)
{
    seL4_Word low, high;

    __asm__ volatile("rdtsc" : "=a"(low), "=d"(high));
    return high << 32 | low;
}

/* --- time ------------------------------------------------------------------------------------------------------------------ */

static void keeper_main(void)
{
    long long earliest = 0, latest = 0;
    seL4_Word due;

    seL4_Yield();
    due = time_now();
    for (;;) {
        seL4_Yield();
        due += period_ticks;
        long long late = (long long)(time_now() - due);

        while (late > (long long)period_ticks) {
            report.missed++;
            due += period_ticks;
            late -= (long long)period_ticks;
        }
        latest = late > latest ? late : latest;
        earliest = late < earliest ? late : earliest;
        report.spread = (seL4_Word)(latest - earliest);
        if (++report.wakes % WAKES_PER_SIGNAL == 0)
            seL4_Signal(progress_signal);
    }
}

/* --- memory and registers ------------------------------------------------------------------------------------------------ */

static void check(bool is_right, const char *what)
{
    report.checks++;
    if (is_right)
        return;
    if (!report.wrong++)
        report.what = what;
}

static seL4_Word expected_word(seL4_Word index)
{
    return (pattern + index) * 0x9e3779b97f4a7c15;
}

static void memory_fill(void)
{
    pattern = random_next(&random);
    for (seL4_Word i = 0; i < MEMORY_WORDS; i++)
        memory[i] = expected_word(i);
}

static void memory_check(seL4_Word slice)
{
    bool is_right = true;

    for (seL4_Word i = slice * SLICE_WORDS; i < (slice + 1) * SLICE_WORDS; i++)
        is_right = is_right && memory[i] == expected_word(i);
    check(is_right, "memory");
}

static void registers_fill(struct watched *want)
{
    seL4_Word *word = (seL4_Word *)want;

    for (seL4_Word i = 0; i < sizeof(*want) / sizeof(*word); i++)
        word[i] = random_next(&random);
    want->flags = (want->flags & FLAGS_WATCHED) | 0x202;
    want->fs_word = fs_word;
    want->gs_word = gs_word;
    want->mxcsr = 0x1f80 | (want->mxcsr & 0xe03f);
    want->x87_control = 0x37f | (want->x87_control & 0xc00);
    if (!has_ymm)
        for (seL4_Word i = 0; i < 16; i++)
            want->ymm[i][2] = want->ymm[i][3] = 0;
}

static void registers_compare(const struct watched *want, const struct watched *got)
{
    const seL4_Word *a = (const seL4_Word *)want->general, *b = (const seL4_Word *)got->general;
    bool is_right = true;

    for (seL4_Word i = 0; i < WATCHED_GENERAL; i++)
        is_right = is_right && a[i] == b[i];
    check(is_right, "general registers");
    check((want->flags & FLAGS_WATCHED) == (got->flags & FLAGS_WATCHED), "flags");
    check(want->fs_word == got->fs_word, "FS base");
    check(want->gs_word == got->gs_word, "GS base");
    check(want->mxcsr == got->mxcsr && want->x87_control == got->x87_control, "floating point control");
    is_right = true;
    for (seL4_Word i = 0; i < 16; i++)
        for (seL4_Word j = 0; j < (has_ymm ? 4 : 2); j++)
            is_right = is_right && want->ymm[i][j] == got->ymm[i][j];
    check(is_right, has_ymm ? "YMM registers" : "XMM registers");
}

static void witness_main(void)
{
    static struct watched want, got;
    seL4_Word slice = 0;

    memory_fill();
    for (;;) {
        registers_fill(&want);
        got = (struct watched){0};
        seL4_Word start = time_now();

        watch_registers(&want, &got, SPIN_COUNT, has_ymm);
        report.preemptions += (time_now() - start) / period_ticks;
        registers_compare(&want, &got);
        memory_check(slice);
        slice = (slice + 1) % (MEMORY_WORDS / SLICE_WORDS);
        if (slice == 0)
            memory_fill();
        seL4_Yield();
    }
}

/* --- start ------------------------------------------------------------------------------------------------------------------- */

/* User code may use the upper halves only where the kernel saves them. */
static bool ymm_is_enabled(void)
{
    unsigned a, b, c, d;

    if (!__get_cpuid(1, &a, &b, &c, &d) || !(c & bit_OSXSAVE) || !(c & bit_AVX))
        return false;
    __asm__ volatile("xgetbv" : "=a"(a), "=d"(d) : "c"(0));
    return (a & 6) == 6;
}

void witness_start(seL4_CPtr fault_endpoint, seL4_CPtr progress, seL4_Word seed)
{
    progress_signal = progress;
    random = seed;
    period_ticks = PERIOD_US * machine_ticks_per_us();
    has_ymm = ymm_is_enabled();

    struct own_thread keeper = thread_make(TIMEKEEPER_PRIORITY, KEEPER_BUDGET_US, PERIOD_US, true, fault_endpoint);
    struct own_thread witness = thread_make(WITNESS_PRIORITY, WITNESS_BUDGET_US, PERIOD_US, false, fault_endpoint);

    thread_start(&keeper, keeper_main, keeper_stack + STACK_BYTES, &keeper_word, &keeper_word);
    thread_start(&witness, witness_main, witness_stack + STACK_BYTES, &fs_word, &gs_word);
}

struct witness_report witness_report(void)
{
    return report;
}
