/* Floating-point and vector registers: across other processes, and around signal handlers. */

#define _GNU_SOURCE
#include "check.h"

#include <cpuid.h>
#include <fenv.h>
#include <signal.h>
#include <stdint.h>
#include <sys/time.h>

static volatile int handled;

/* Signals every 20 ms, and no more: one alone could come before it is waited for. */
static const struct itimerval often = {{0, 20000}, {0, 20000}}, never;

/* Spoils what a program keeps in its vector registers and the rounding. */
static void spoil(int number)
{
    (void)number;
    __asm__ volatile("pcmpeqd %%xmm7, %%xmm7; pcmpeqd %%xmm15, %%xmm15; fninit; fld1" ::: "xmm7", "xmm15");
    fesetround(FE_UPWARD);
    handled++;
}

static void set_values(uint64_t seed)
{
    __asm__ volatile("movq %0, %%xmm7; pshufd $0x44, %%xmm7, %%xmm7; movq %0, %%xmm15" : : "r"(seed) : "xmm7", "xmm15");
}

static int values_are(uint64_t seed)
{
    uint64_t low, high, last;
    __asm__ volatile("movq %%xmm7, %0; movhlps %%xmm7, %%xmm7; movq %%xmm7, %1; movq %%xmm15, %2"
                     : "=r"(low), "=r"(high), "=r"(last)
                     :
                     : "xmm7");
    return low == seed && high == seed && last == seed;
}

/* Waits for `handled` in one asm block, so that the compiler puts nothing into the registers meanwhile. */
static int values_survive(uint64_t seed)
{
    handled = 0;
    set_values(seed);
    __asm__ volatile("1: cmpl $0, %0; je 1b" : : "m"(handled) : "cc");
    return values_are(seed);
}

static void a_handler_leaves_the_registers_alone(void)
{
    struct sigaction action = {.sa_handler = spoil};
    sigaction(SIGALRM, &action, NULL);
    fesetround(FE_DOWNWARD);
    setitimer(ITIMER_REAL, &often, NULL);
    for (int i = 0; i < 5; i++)
        CHECK(values_survive(0x0123456789abcdefull + (unsigned)i));
    setitimer(ITIMER_REAL, &never, NULL);
    CHECK(fegetround() == FE_DOWNWARD);
    fesetround(FE_TONEAREST);
}

static void count_apart(uint64_t seed)
{
    volatile double sum = 0;
    long double product = 1;
    for (int i = 1; i < 200000; i++) {
        sum += 1.0 / (double)(seed * (unsigned)i);
        product = product * (1.0L + 1.0L / i);
    }
    _exit(product > 199999.0L && product < 200001.0L && sum > 0 ? 0 : 1);
}

static void processes_do_not_mix_their_registers(void)
{
    pid_t pids[6];
    fflush(stdout);
    for (unsigned i = 0; i < 6; i++) {
        pids[i] = fork();
        if (pids[i] == 0)
            count_apart(i + 1);
    }
    for (unsigned i = 0; i < 6; i++) {
        int status = -1;
        CHECK(waitpid(pids[i], &status, 0) == pids[i] && status == 0);
    }
}

/* The upper halves of the AVX registers, where the processor and the kernel have them. */
static int has_avx(void)
{
    unsigned a, b, c, d;
    return __get_cpuid(1, &a, &b, &c, &d) && (c & bit_OSXSAVE) && (c & bit_AVX);
}

__attribute__((target("avx"))) static int avx_survives(uint64_t seed)
{
    uint64_t out[4], in[4] = {seed, ~seed, seed + 1, ~seed + 1};
    handled = 0;
    __asm__ volatile("vmovdqu %1, %%ymm6; 1: cmpl $0, %2; je 1b; vmovdqu %%ymm6, %0"
                     : "=m"(out)
                     : "m"(in), "m"(handled)
                     : "xmm6", "cc");
    return memcmp(in, out, sizeof in) == 0;
}

__attribute__((target("avx"))) static void spoil_avx(int number)
{
    (void)number;
    __asm__ volatile("vxorps %%ymm6, %%ymm6, %%ymm6" ::: "xmm6");
    handled++;
}

static void a_handler_leaves_the_avx_registers_alone(void)
{
    struct sigaction action = {.sa_handler = spoil_avx};
    if (!has_avx())
        return;
    sigaction(SIGALRM, &action, NULL);
    setitimer(ITIMER_REAL, &often, NULL);
    CHECK(avx_survives(0xfedcba9876543210ull));
    setitimer(ITIMER_REAL, &never, NULL);
}

int main(void)
{
    static const struct test tests[] = {
        TEST(a_handler_leaves_the_registers_alone),
        TEST(processes_do_not_mix_their_registers),
        TEST(a_handler_leaves_the_avx_registers_alone),
    };
    return RUN_TESTS(tests);
}
