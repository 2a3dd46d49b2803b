/*
 * Tests on the host: TEST(group, name) { ... } registers itself; the program that links test.c runs all of them, or those
 * whose "group.name" contains the argument. A check that fails ends its test.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

struct test {
    const char *name;
    void (*run)(void);
    struct test *next;
};

void test_add(struct test *test);
/* Reports the failure and ends the running test. */
void test_fail(const char *file, int line, const char *format, ...) __attribute__((noreturn, format(printf, 3, 4)));

#define TEST(group, test_name)                                                                                         \
    static void group##_##test_name(void);                                                                             \
    __attribute__((constructor)) static void group##_##test_name##_add(void)                                           \
    {                                                                                                                  \
        static struct test test = {#group "." #test_name, group##_##test_name, 0};                                     \
        test_add(&test);                                                                                               \
    }                                                                                                                  \
    static void group##_##test_name(void)

#define expect(condition)                                                                                              \
    do {                                                                                                               \
        if (!(condition))                                                                                              \
            test_fail(__FILE__, __LINE__, "%s", #condition);                                                           \
    } while (0)

/* Numbers of up to 64 bits, reported in hexadecimal. */
#define expect_eq(actual, wanted)                                                                                      \
    do {                                                                                                               \
        unsigned long long actual_value = (unsigned long long)(actual), wanted_value = (unsigned long long)(wanted);   \
        if (actual_value != wanted_value)                                                                              \
            test_fail(__FILE__, __LINE__, "%s is 0x%llx, not 0x%llx", #actual, actual_value, wanted_value);            \
    } while (0)

#define expect_ptr_eq(actual, wanted)                                                                                  \
    do {                                                                                                               \
        const void *actual_value = (actual), *wanted_value = (wanted);                                                 \
        if (actual_value != wanted_value)                                                                              \
            test_fail(__FILE__, __LINE__, "%s is %p, not %p", #actual, actual_value, wanted_value);                    \
    } while (0)
