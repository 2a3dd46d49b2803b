#include "test.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static struct test *first, **last = &first;
static jmp_buf failed;

void test_add(struct test *test)
{
    *last = test;
    last = &test->next;
}

void test_fail(const char *file, int line, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    printf("  %s:%d: ", file, line);
    vprintf(format, arguments);
    printf("\n");
    va_end(arguments);
    longjmp(failed, 1);
}

int main(int argc, char **argv)
{
    volatile unsigned passed_count = 0, failed_count = 0;
    for (struct test *volatile test = first; test; test = test->next) {
        if (argc > 1 && !strstr(test->name, argv[1]))
            continue;
        if (setjmp(failed) == 0) {
            test->run();
            passed_count++;
        } else {
            printf("not ok %s\n", test->name);
            failed_count++;
        }
    }
    printf("%u passed, %u failed\n", passed_count, failed_count);
    return failed_count != 0;
}
