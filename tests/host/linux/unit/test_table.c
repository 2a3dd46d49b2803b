#include "fake_machine.h"
#include "lib/string.h"
#include "personality/linux/abi/errno.h"
#include "personality/linux/calls/table.h"
#include "test.h"

static struct process process = {.pid = 7, .name = "asker"};
static struct thread thread = {.process = &process};

static void expect_absent(uint64_t number)
{
    thread.call.number = number;
    expect_eq(system_call_perform(&thread), -ENOSYS);
}

TEST(table, a_call_that_is_not_there_is_logged_once)
{
    fake_machine_reset();
    for (int i = 0; i < 3; i++)
        expect_absent(500);
    expect_eq(fake_log_lines, 1);
    expect(!strcmp(fake_log, "asker[7] wanted system call 500, which is not there"));

    /* Each number by itself, of which those behind the table are one. */
    for (int i = 0; i < 3; i++) {
        expect_absent(501);
        expect_absent(500);
    }
    expect_eq(fake_log_lines, 2);
    expect(!strcmp(fake_log, "asker[7] wanted system call 501, which is not there"));
    expect_absent(512);
    expect_eq(fake_log_lines, 3);
    expect(!strcmp(fake_log, "asker[7] wanted system call 512, which is not there"));
    expect_absent(UINT64_MAX);
    expect_eq(fake_log_lines, 3);
}
