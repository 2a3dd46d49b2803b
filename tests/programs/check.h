/* What the test programs share: a check that says where it failed, and a list of named tests. */
#pragma once

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static int failures;

#define CHECK(condition)                                                                                               \
    do {                                                                                                               \
        if (!(condition)) {                                                                                            \
            printf("%s:%d: not true: %s (errno %d)\n", __FILE__, __LINE__, #condition, errno);                         \
            failures++;                                                                                                \
        }                                                                                                              \
    } while (0)

struct test {
    const char *name;
    void (*run)(void);
};

#define TEST(function)                                                                                                 \
    {                                                                                                                  \
#function, function                                                                                            \
    }

/* Runs each test and says how it went; the program's exit status is the number of tests that failed. */
static int run_tests(const struct test *tests, unsigned count)
{
    int failed = 0;
    for (unsigned i = 0; i < count; i++) {
        failures = 0;
        tests[i].run();
        printf(failures ? "not ok %s\n" : "ok %s\n", tests[i].name);
        fflush(stdout);
        failed += failures != 0;
    }
    return failed;
}

#define RUN_TESTS(tests) run_tests((tests), sizeof(tests) / sizeof(tests)[0])

/* Runs a function in a child process; its wait status. */
__attribute__((unused)) static int status_of_child(void (*child)(void))
{
    fflush(stdout);
    pid_t pid = fork();
    if (pid == 0) {
        child();
        _exit(0);
    }
    int status = -1;
    CHECK(pid > 0 && waitpid(pid, &status, 0) == pid);
    return status;
}
