/*
 * ps, top and outages: a line for each component; memory: what init has left, and what devices reach.
 */
#include "servers/supervisor/commands.h"
#include "servers/supervisor/domains.h"

#include "lib/print.h"
#include "lib/string.h"

#include <pecan/component.h>

enum { FAILURE_BYTES = 64, TOP_INTERVAL_US = 2000000, KIB = 1024, PERCENT = 100 };

static const char *const state_names[] = {"stopped", "waits", "runs"};

static const char *failure_text(const seL4_Word *account, char *text)
{
    switch (account[PECAN_ACCOUNT_FAILURE]) {
    case PECAN_FAILURE_FAULT:
        snprintf(text, FAILURE_BYTES, "%s 0x%lx at 0x%lx",
                 account[PECAN_ACCOUNT_FAULT] == seL4_Fault_UserException ? "exception" : "fault",
                 account[PECAN_ACCOUNT_FAULT_ADDRESS], account[PECAN_ACCOUNT_FAULT_INSTRUCTION]);
        return text;
    case PECAN_FAILURE_OVERRUN:
        return "budget used up";
    case PECAN_FAILURE_HEARTBEAT:
        return "no heartbeat";
    case PECAN_FAILURE_KILLED:
        return "killed";
    case PECAN_FAILURE_GAVE_UP:
        return "gave up";
    default:
        return "-";
    }
}

/* Microseconds as seconds with six decimals. */
static const char *seconds_text(seL4_Word us, char *text)
{
    snprintf(text, FAILURE_BYTES, "%lu.%06lu", us / 1000000, us % 1000000);
    return text;
}

static void print_heading(struct session *session)
{
    session_print(session, "%-16s %-8s %4s %8s %10s %9s %8s %9s %9s %9s %9s  %s\n", "COMPONENT", "STATE", "PRIO",
                  "RESTARTS", "CPU s", "PRIVATE K", "SHARED K", "SERVED", "WAKES", "CALLS", "NOTIFIES", "LAST FAILURE");
}

static void print_line(struct session *session, unsigned index)
{
    seL4_Word account[PECAN_ACCOUNT_WORDS];
    char failure[FAILURE_BYTES], seconds[FAILURE_BYTES];
    if (!domain_account(index, account))
        return;
    session_print(session, "%-16s %-8s %4lu %8lu %10s %9lu %8lu %9lu %9lu %9lu %9lu  %s\n", domain_name(index),
                  state_names[account[PECAN_ACCOUNT_STATE] % 3], account[PECAN_ACCOUNT_PRIORITY],
                  account[PECAN_ACCOUNT_RESTARTS], seconds_text(account[PECAN_ACCOUNT_CPU_TIME_US], seconds),
                  (account[PECAN_ACCOUNT_PRIVATE_BYTES] + account[PECAN_ACCOUNT_BUDGET_BYTES]) / KIB,
                  account[PECAN_ACCOUNT_REGION_BYTES] / KIB, account[PECAN_ACCOUNT_CALLS_SERVED],
                  account[PECAN_ACCOUNT_WAKES], account[PECAN_ACCOUNT_CALLS_MADE],
                  account[PECAN_ACCOUNT_NOTIFICATIONS_SENT], failure_text(account, failure));
}

enum step step_ps(struct session *session)
{
    if (session->index == 0)
        print_heading(session);
    if (session->index < domains_count())
        print_line(session, session->index++);
    return session->index < domains_count() ? STEP_MORE : STEP_DONE;
}

/* Counters are those of the processor; where instructions are counted (QEMU's -icount), so are these. */
static void print_outage(struct session *session, unsigned index)
{
    seL4_Word account[PECAN_ACCOUNT_WORDS];
    if (!domain_account(index, account))
        return;
    seL4_Word out = account[PECAN_ACCOUNT_OUT_SINCE], back = account[PECAN_ACCOUNT_BACK_SINCE];
    session_print(session, "%-16s %-8s %8lu %20lu %20lu ", domain_name(index),
                  state_names[account[PECAN_ACCOUNT_STATE] % 3], account[PECAN_ACCOUNT_RESTARTS], out, back);
    if (out == 0)
        session_print(session, "%20s\n", "-");
    else if (back <= out)
        session_print(session, "%20s\n", "is away");
    else
        session_print(session, "%20lu\n", back - out);
}

enum step step_outages(struct session *session)
{
    if (session->index == 0)
        session_print(session, "%-16s %-8s %8s %20s %20s %20s\n", "COMPONENT", "STATE", "RESTARTS", "OUT SINCE",
                      "BACK SINCE", "COUNTS AWAY");
    if (session->index < domains_count())
        print_outage(session, session->index++);
    return session->index < domains_count() ? STEP_MORE : STEP_DONE;
}

/* What the next component's device reaches, if there is one. */
static enum step print_dma_line(struct session *session)
{
    seL4_Word account[PECAN_ACCOUNT_WORDS];
    unsigned index = session->index++;
    if (domain_account(index, account) && account[PECAN_ACCOUNT_DMA_BYTES])
        session_print(session, "%-16s %9lu bytes for its device\n", domain_name(index),
                      account[PECAN_ACCOUNT_DMA_BYTES]);
    return session->index < domains_count() ? STEP_MORE : STEP_DONE;
}

enum step step_memory(struct session *session)
{
    if (session->part)
        return print_dma_line(session);
    if (pecan_supervisor_call(PECAN_SUPERVISOR_ACCOUNTS, 0) != PECAN_SUPERVISOR_OK)
        return session_fail(session, "init does not tell");
    session_print(session, "%lu bytes free, %lu capability slots in use, %lu bytes left in components\n", seL4_GetMR(0),
                  seL4_GetMR(1), seL4_GetMR(2));
    session->part++;
    return STEP_MORE;
}

/* The CPU times of the screen before, to show what part of the time between went where. */
static struct {
    seL4_Word cpu_time_us[DOMAINS_MOST];
    uint64_t shown_us, interval_us;
} last;

static void print_top_line(struct session *session, unsigned index)
{
    seL4_Word account[PECAN_ACCOUNT_WORDS];
    if (!domain_account(index, account))
        return;
    uint64_t used_us = account[PECAN_ACCOUNT_CPU_TIME_US] - last.cpu_time_us[index];
    uint64_t tenths = last.interval_us ? used_us * PERCENT * 10 / last.interval_us : 0;
    last.cpu_time_us[index] = account[PECAN_ACCOUNT_CPU_TIME_US];
    session_print(session, "%-16s %-8s %5lu.%lu%% %9lu %9lu %9lu %9lu\x1b[K\n", domain_name(index),
                  state_names[account[PECAN_ACCOUNT_STATE] % 3], tenths / 10, tenths % 10,
                  account[PECAN_ACCOUNT_RESTARTS], account[PECAN_ACCOUNT_CALLS_SERVED], account[PECAN_ACCOUNT_WAKES],
                  account[PECAN_ACCOUNT_CALLS_MADE]);
}

static void begin_screen(struct session *session)
{
    uint64_t now_us = pecan_time_us();
    last.interval_us = last.shown_us ? now_us - last.shown_us : 0;
    last.shown_us = now_us;
    session_print(session, "\x1b[H%-16s %-8s %7s %9s %9s %9s %9s\x1b[K\n", "COMPONENT", "STATE", "CPU", "RESTARTS",
                  "SERVED", "WAKES", "CALLS");
}

enum step step_top(struct session *session)
{
    if (!session->is_terminal)
        return session_fail(session, "top needs a terminal");
    if (session->key == 'q' || session->key == 'Q')
        return STEP_DONE;
    session->key = 0;
    if (session->part++ == 0)
        session_print(session, "\x1b[2J");
    if (session->index == 0)
        begin_screen(session);
    if (session->index < domains_count()) {
        print_top_line(session, session->index++);
        return STEP_MORE;
    }
    session_print(session, "(q ends, any other key shows anew)\x1b[J\n");
    session->index = 0;
    session->wake_us = pecan_time_us() + TOP_INTERVAL_US;
    return STEP_WAITS;
}
