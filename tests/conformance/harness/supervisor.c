/* The initial thread: runs one test after the other, listens, cleans up, prints. */
#include "supervisor.h"

#include "initial.h"
#include "lib/console.h"
#include "lib/print.h"
#include "lib/start.h"
#include "timing.h"
#include "worker.h"

#include <stdarg.h>

#define WATCHDOG_PRIORITY  254
#define WATCHDOG_BUDGET_US 1000
#define WATCHDOG_PERIOD_US 250000
/* Periods without progress after which a test has failed. */
#define WATCHDOG_PATIENCE 4

extern const struct test *const __start_test_cases[], *const __stop_test_cases[];

seL4_CPtr report_endpoint, report_cap;

static seL4_CPtr report_reply, watchdog_cap;
static volatile unsigned progress;
static char failure_text[400], figure_text[200];

/* --- called by tests -------------------------------------------------------------------------------------------------- */

_Noreturn void test_fail(const char *file, int line, const char *format, ...)
{
    va_list arguments;
    size_t at = (size_t)snprintf(failure_text, sizeof(failure_text), "%s:%d: ", file, line);

    va_start(arguments, format);
    vsnprintf(failure_text + at, sizeof(failure_text) - at, format, arguments);
    va_end(arguments);
    for (;;)
        seL4_Send(report_cap, seL4_MessageInfo_new(REPORT_FAILED, 0, 0, 0));
}

void test_is_alive(void)
{
    progress++;
}

void test_figure(const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(figure_text, sizeof(figure_text), format, arguments);
    va_end(arguments);
}

/* --- the watchdog ------------------------------------------------------------------------------------------------------ */

/* A thread with a period of its own and neither IPC buffer nor thread-local storage. */
static _Noreturn void watchdog_main(void)
{
    static const seL4_Word no_words[seL4_FastMessageRegisters];
    unsigned last = 0, unchanged = 0;

    for (;;) {
        seL4_Yield(); /* until the next period */
        unchanged = progress == last ? unchanged + 1 : 0;
        last = progress;
        if (unchanged == WATCHDOG_PATIENCE) {
            pecan_syscall_send((seL4_Word)seL4_SysSend, watchdog_cap, 0, no_words);
            unchanged = 0;
        }
    }
}

static bool watchdog_start(void)
{
    static char stack[2048] __attribute__((aligned(16)));
    seL4_CPtr schedctx = supervisor_object(seL4_SchedContextObject, seL4_MinSchedContextBits);
    seL4_CPtr tcb = supervisor_object(seL4_TCBObject, 0);
    seL4_UserContext registers = {.rip = (uintptr_t)watchdog_main, .rsp = (uintptr_t)stack + sizeof(stack) - 8};

    watchdog_cap = supervisor_slot();
    return tcb && schedctx &&
           !seL4_CNode_Mint(ROOT, watchdog_cap, ROOT_DEPTH, ROOT, report_endpoint, ROOT_DEPTH, seL4_AllRights,
                            REPORT_WATCHDOG) &&
           !seL4_SchedControl_ConfigureFlags(pecan_boot_info()->schedcontrol.start, schedctx, WATCHDOG_BUDGET_US,
                                             WATCHDOG_PERIOD_US, 0, 0, 0) &&
           !seL4_TCB_SetSpace(tcb, 0, ROOT, 0, seL4_CapInitThreadVSpace, 0) &&
           !seL4_TCB_SetSchedParams(tcb, seL4_CapInitThreadTCB, WATCHDOG_PRIORITY, WATCHDOG_PRIORITY, schedctx, 0) &&
           !seL4_TCB_WriteRegisters(tcb, 1, 0, sizeof(registers) / sizeof(seL4_Word), &registers);
}

/* --- the initial thread ----------------------------------------------------------------------------------------------------- */

static seL4_Word slice_us;

seL4_Word initial_slice_us(void)
{
    return slice_us;
}

static _Noreturn void spin_beside(void)
{
    for (;;)
        ;
}

/* Runs beside a thread of the same priority with a short slice, and sees how long its own is. */
static bool slice_measure(void)
{
    static char stack[256] __attribute__((aligned(16)));
    seL4_CPtr schedctx = supervisor_object(seL4_SchedContextObject, seL4_MinSchedContextBits);
    seL4_CPtr tcb = supervisor_object(seL4_TCBObject, 0);
    seL4_UserContext registers = {.rip = (uintptr_t)spin_beside, .rsp = (uintptr_t)stack + sizeof(stack) - 8};
    struct runs runs = {0};

    if (!tcb || !schedctx ||
        seL4_SchedControl_ConfigureFlags(pecan_boot_info()->schedcontrol.start, schedctx, 100, 100, 0, 0, 0) ||
        seL4_TCB_SetSpace(tcb, 0, ROOT, 0, seL4_CapInitThreadVSpace, 0) ||
        seL4_TCB_SetSchedParams(tcb, seL4_CapInitThreadTCB, 0, seL4_MaxPrio, schedctx, 0) ||
        seL4_TCB_WriteRegisters(tcb, 1, 0, sizeof(registers) / sizeof(seL4_Word), &registers))
        return false;
    runs_record(&runs, 2);
    slice_us = (seL4_Word)(runs.end[1] - runs.begin[1]);
    return !seL4_TCB_Suspend(tcb);
}

/* --- one test ----------------------------------------------------------------------------------------------------------- */

/* Runs the test to its end; says whether it passed, else failure_text says why. */
static bool run(const struct test *test)
{
    seL4_Word badge;

    failure_text[0] = figure_text[0] = '\0';
    progress++;
    runner_start(test);
    seL4_MessageInfo_t info = seL4_Recv(report_endpoint, &badge, report_reply);
    seL4_Word label = seL4_MessageInfo_get_label(info);
    if (badge == REPORT_TEST)
        return label == REPORT_DONE;
    if (badge == REPORT_WATCHDOG)
        snprintf(failure_text, sizeof(failure_text), "no end and no progress");
    else
        snprintf(failure_text, sizeof(failure_text), "thread %lu has fault %lu (0x%lx, 0x%lx, 0x%lx, 0x%lx)",
                 badge - REPORT_FAULT, label, seL4_GetMR(0), seL4_GetMR(1), seL4_GetMR(2), seL4_GetMR(3));
    return false;
}

static bool open_everything(void)
{
    if (console_open(supervisor_slot()) || !objects_open())
        return false;
    report_endpoint = supervisor_object(seL4_EndpointObject, 0);
    report_reply = supervisor_object(seL4_ReplyObject, 0);
    report_cap = supervisor_slot();
    return report_endpoint && report_reply &&
           !seL4_CNode_Mint(ROOT, report_cap, ROOT_DEPTH, ROOT, report_endpoint, ROOT_DEPTH, seL4_AllRights,
                            REPORT_TEST) &&
           slice_measure() && watchdog_start();
}

int main(void)
{
    unsigned passed = 0, failed = 0;

    if (!open_everything()) {
        printf("not ok start: the harness cannot be set up\n");
        return 1;
    }
    for (const struct test *const *test = __start_test_cases; test < __stop_test_cases; test++) {
        printf("# %s\n", (*test)->name);
        if (run(*test)) {
            printf("ok %s\n", (*test)->name);
            passed++;
        } else {
            printf("not ok %s: %s\n", (*test)->name, failure_text);
            failed++;
        }
        if (figure_text[0])
            printf("figure %s\n", figure_text);
        runner_stop();
        if (!objects_clean()) {
            printf("not ok clean-up after %s: a capability cannot be deleted\n", (*test)->name);
            failed++;
        }
    }
    printf("%u passed, %u failed\n", passed, failed);
    return failed ? 1 : 0;
}
