/*
 * Tests on the target: TEST(group, name) { ... } registers itself. Each runs in a fresh thread, the runner (priority 100,
 * CSpace and VSpace of the initial thread), with memory of its own; afterwards everything it made is revoked and deleted.
 *
 * A check that fails ends its test, whichever thread finds it; so does a fault of a thread that has no other handler,
 * and a test that makes no progress for a second. The initial thread supervises and prints (supervisor.c).
 */
#pragma once

#include <sel4/sel4.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct test {
    const char *name;
    void (*run)(void);
};

#define TEST(group, test_name)                                                                                         \
    static void group##_##test_name(void);                                                                             \
    static const struct test group##_##test_name##_test = {#group "." #test_name, group##_##test_name};                \
    static const struct test *const group##_##test_name##_entry __attribute__((used, section("test_cases"))) =         \
        &group##_##test_name##_test;                                                                                   \
    static void group##_##test_name(void)

/* Priority of the runner: helpers above it run at once, those below only while it waits. */
#define RUNNER_PRIORITY 100

/* Reports the failure and ends the running test. Needs the root CSpace and an IPC buffer. */
_Noreturn void test_fail(const char *file, int line, const char *format, ...) __attribute__((format(printf, 3, 4)));

/* Puts the supervisor's limit of one second off: for tests that let much time pass. */
void test_is_alive(void);

/* The running test; only its address matters. */
const struct test *test_current(void);

/* A measurement, printed with the test's result. */
void test_figure(const char *format, ...) __attribute__((format(printf, 1, 2)));

#define expect(condition)                                                                                              \
    do {                                                                                                               \
        if (!(condition))                                                                                              \
            test_fail(__FILE__, __LINE__, "%s", #condition);                                                           \
    } while (0)

/* Words, reported in hexadecimal. */
#define expect_eq(actual, wanted)                                                                                      \
    do {                                                                                                               \
        seL4_Word actual_word = (seL4_Word)(actual), wanted_word = (seL4_Word)(wanted);                                \
        if (actual_word != wanted_word)                                                                                \
            test_fail(__FILE__, __LINE__, "%s is 0x%lx, not 0x%lx", #actual, actual_word, wanted_word);                \
    } while (0)

/* Numbers that may be `tolerance` apart, reported in decimal. */
#define expect_near(actual, wanted, tolerance)                                                                         \
    do {                                                                                                               \
        long actual_number = (long)(actual), wanted_number = (long)(wanted), most = (long)(tolerance);                 \
        if (actual_number < wanted_number - most || actual_number > wanted_number + most)                              \
            test_fail(__FILE__, __LINE__, "%s is %ld, not %ld (within %ld)", #actual, actual_number, wanted_number,    \
                      most);                                                                                           \
    } while (0)
