#include "personality/component/events.h"

#include "personality/component/slots.h"
#include "personality/component/untyped.h"

#include <microkit.h>
#include <pecan/component.h>

enum { REPLY_COUNT = THREAD_LIMIT + 1 };

/* Who calls, in traces, is a program and no channel. */
enum { PROGRAM = PECAN_TRACE_NO_CHANNEL };

static seL4_CPtr endpoint;
static uint32_t replies[REPLY_COUNT]; /* reply objects at hand, as a stack */
static unsigned reply_count;
static seL4_CPtr reply_in_use; /* for the next receive */
static seL4_Word signals;      /* that came while something else was collected: a bit for each id */

static struct machine_thread *first_report, **last_report = &first_report;

/* An answer that is sent when the component waits again, or before if that would be too late. */
static struct {
    seL4_CPtr reply; /* 0: none */
    seL4_Word length, word;
} answer;

bool events_initialise(void)
{
    endpoint = untyped_make_new(seL4_EndpointObject, 0);
    reply_in_use = untyped_make_new(seL4_ReplyObject, 0);
    return endpoint && reply_in_use;
}

seL4_CPtr events_endpoint(void)
{
    return endpoint;
}

void reply_give_back(seL4_CPtr reply)
{
    replies[reply_count++] = (uint32_t)reply;
}

bool reply_add(void)
{
    seL4_CPtr reply = untyped_make_new(seL4_ReplyObject, 0);
    if (reply)
        reply_give_back(reply);
    return reply;
}

void events_flush_answer(void)
{
    if (!answer.reply)
        return;
    seL4_SetMR(0, answer.word);
    seL4_Send(answer.reply, seL4_MessageInfo_new(0, 0, 0, answer.length));
    reply_give_back(answer.reply);
    answer.reply = 0;
}

void events_answer(seL4_CPtr reply, unsigned length, seL4_Word word)
{
    events_flush_answer();
    answer.reply = reply;
    answer.length = length;
    answer.word = word;
}

/* Copies a message that has just been received to its thread; the thread goes to the end of the queue. */
static void report_take(seL4_MessageInfo_t info, seL4_Word badge)
{
    struct machine_thread *thread = thread_from_badge(badge);
    if (!thread)
        return; /* of a thread that is gone: nobody waits for an answer */
    struct thread_report *report = &thread->report;
    report->label = seL4_MessageInfo_get_label(info);
    if (report->label == seL4_Fault_UnknownSyscall) {
        report->call.number = seL4_GetMR(seL4_UnknownSyscall_RAX);
        report->call.arguments[0] = seL4_GetMR(seL4_UnknownSyscall_RDI);
        report->call.arguments[1] = seL4_GetMR(seL4_UnknownSyscall_RSI);
        report->call.arguments[2] = seL4_GetMR(seL4_UnknownSyscall_RDX);
        report->call.arguments[3] = seL4_GetMR(seL4_UnknownSyscall_R10);
        report->call.arguments[4] = seL4_GetMR(seL4_UnknownSyscall_R8);
        report->call.arguments[5] = seL4_GetMR(seL4_UnknownSyscall_R9);
    } else {
        for (int i = 0; i < 4; i++)
            report->fault[i] = seL4_GetMR(i);
        if (report->label == seL4_Fault_UserException)
            report->fault[0] = seL4_GetMR(seL4_UserException_Code);
    }
    thread->reply = reply_in_use;
    reply_in_use = replies[--reply_count]; /* there is one for each thread, and one to receive with */
    thread->has_report = true;
    thread->next_report = NULL;
    *last_report = thread;
    last_report = &thread->next_report;
}

static void arrived(seL4_MessageInfo_t info, seL4_Word badge)
{
    if (badge & BADGE_THREAD) {
        pecan_component_page->counts.calls_served++;
        report_take(info, badge);
    } else {
        pecan_component_page->counts.wakes++;
        signals |= badge;
    }
}

void events_wait_for_signal(void)
{
    seL4_Word badge;
    pecan_component_page->rounds++;
    seL4_Wait(PECAN_NOTIFICATION_CAP, &badge);
    arrived(seL4_MessageInfo_new(0, 0, 0, 0), badge);
}

void events_collect(void)
{
    /* Where there always is a report, nobody waits: this is a sign of life too. */
    pecan_component_page->rounds++;
    events_flush_answer();
    /* The empty signal by which init asks for a sign of life looks like nothing, once; there may be reports behind it. */
    for (unsigned nothing = 0; nothing < 2;) {
        seL4_Word badge = 0;
        seL4_MessageInfo_t info = seL4_NBRecv(endpoint, &badge, reply_in_use);
        nothing = badge ? 0 : nothing + 1;
        if (badge)
            arrived(info, badge);
    }
}

void events_forget(struct machine_thread *thread)
{
    events_flush_answer();
    if (!thread->has_report)
        return;
    struct machine_thread **place = &first_report;
    while (*place != thread)
        place = &(*place)->next_report;
    *place = thread->next_report;
    if (!*place)
        last_report = place;
}

static void event_wait(void)
{
    seL4_Word badge = 0;
    seL4_MessageInfo_t info;
    pecan_component_page->rounds++;
    if (answer.reply) {
        reply_give_back(reply_in_use);
        reply_in_use = answer.reply;
        answer.reply = 0;
        seL4_SetMR(0, answer.word);
        info = seL4_ReplyRecv(endpoint, seL4_MessageInfo_new(0, 0, 0, answer.length), &badge, reply_in_use);
    } else {
        info = seL4_Recv(endpoint, &badge, reply_in_use);
    }
    arrived(info, badge);
}

static void report_pass_on(struct machine_thread *thread)
{
    const struct thread_report report = thread->report;
    thread->has_report = false;
    switch (report.label) {
    case seL4_Fault_UnknownSyscall:
        personality_system_call(thread->owner, &report.call);
        break;
    case seL4_Fault_VMFault: {
        enum { STATUS_WRITE = 2 };
        personality_page_fault(thread->owner, report.fault[seL4_VMFault_Addr],
                               report.fault[seL4_VMFault_FSR] & STATUS_WRITE, report.fault[seL4_VMFault_PrefetchFault]);
        break;
    }
    case seL4_Fault_UserException:
        personality_exception(thread->owner, (uint32_t)report.fault[seL4_UserException_Number], report.fault[0]);
        break;
    default: {
        enum { VECTOR_PROTECTION = 13 };
        personality_exception(thread->owner, VECTOR_PROTECTION, report.label);
    }
    }
}

_Noreturn void events_run(void)
{
    for (;;) {
        if (signals) {
            seL4_Word bits = signals;
            signals = 0;
            for (unsigned id = 0; bits; id++, bits >>= 1)
                if (bits & 1) {
                    pecan_trace(PECAN_TRACE_NOTIFIED, id);
                    notified(id);
                    pecan_trace(PECAN_TRACE_NOTIFIED_END, id);
                }
        } else if (first_report) {
            struct machine_thread *thread = first_report;
            first_report = thread->next_report;
            if (!first_report)
                last_report = &first_report;
            pecan_trace(PECAN_TRACE_PROTECTED, PROGRAM);
            report_pass_on(thread);
            pecan_trace(PECAN_TRACE_PROTECTED_END, PROGRAM);
        } else {
            event_wait();
        }
    }
}
