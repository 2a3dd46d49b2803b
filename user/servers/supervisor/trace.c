/*
 * trace start, trace stop: what the libraries of all components noted in between, what init did, and what the kernel noted, as a timeline.
 * Components may note nonsense: what is out of order, or ends without having begun, is left out.
 */
#include "servers/supervisor/commands.h"
#include "servers/supervisor/domains.h"
#include "servers/supervisor/kernel_trace.h"
#include "servers/supervisor/timeline.h"

#include "lib/string.h"

#include <pecan/component.h>
#include <pecan/log.h>
#include <pecan/trace.h>

enum { DEPTH_MOST = 16, IDS = 64, NOBODY = DOMAINS_MOST };

/* The file that is being written, for the one session that does so. */
static struct {
    const struct session *owner;
    uint64_t first, last;      /* of the processor's counter */
    uint64_t time;             /* of the event before, in the same component */
    uint32_t open[DEPTH_MOST]; /* what has begun and not ended */
    unsigned depth;
    unsigned char peers[IDS]; /* of the component's channels */
} file;

static void begin_event(struct session *session, const char *phase, unsigned component, uint64_t time)
{
    timeline_event_begin(session, phase, TIMELINE_COMPONENTS, component, time);
}

static const char *peer_name(uint32_t id)
{
    const char *name = domain_name(id < IDS ? file.peers[id] : NOBODY);
    if (id == PECAN_TRACE_NO_CHANNEL)
        return "a program";
    return name ? name : "interrupt";
}

static void begin(struct session *session, const struct pecan_trace_event *event, const char *what, const char *whom)
{
    if (file.depth == DEPTH_MOST)
        return;
    file.open[file.depth++] = event->kind;
    begin_event(session, "B", session->index, event->counter);
    timeline_event_name(session, what, whom);
    timeline_event_end(session);
}

/* The end of what began last, if that is of the kind. */
static void end(struct session *session, const struct pecan_trace_event *event, uint32_t kind)
{
    if (file.depth == 0 || file.open[file.depth - 1] != kind)
        return;
    file.depth--;
    begin_event(session, "E", session->index, event->counter);
    timeline_event_end(session);
}

static void end_all(struct session *session, uint64_t time)
{
    while (file.depth > 0) {
        file.depth--;
        begin_event(session, "E", session->index, time);
        timeline_event_end(session);
    }
}

static void print_event(struct session *session, const struct pecan_trace_event *event)
{
    switch (event->kind) {
    case PECAN_TRACE_START:
        end_all(session, event->counter);
        begin(session, event, "init", "");
        break;
    case PECAN_TRACE_READY:
        end(session, event, PECAN_TRACE_START);
        break;
    case PECAN_TRACE_NOTIFIED:
        begin(session, event, "notified by ", peer_name(event->id));
        break;
    case PECAN_TRACE_PROTECTED:
        begin(session, event, "called by ", peer_name(event->id));
        break;
    case PECAN_TRACE_FAULT:
        begin(session, event, "fault of a child", "");
        break;
    case PECAN_TRACE_CALL:
        begin(session, event, "calls ", peer_name(event->id));
        break;
    case PECAN_TRACE_WAIT:
        begin(session, event, "waits", "");
        break;
    case PECAN_TRACE_NOTIFIED_END:
    case PECAN_TRACE_PROTECTED_END:
    case PECAN_TRACE_FAULT_END:
    case PECAN_TRACE_CALL_END:
    case PECAN_TRACE_WAIT_END:
        end(session, event, event->kind - 1);
        break;
    case PECAN_TRACE_NOTIFY:
        begin_event(session, "i", session->index, event->counter);
        timeline_event_name(session, "notifies ", peer_name(event->id));
        timeline_event_end(session);
        break;
    default:
        break;
    }
}

static void begin_component(struct session *session)
{
    struct domain_channel channel;
    unsigned index = session->index;
    memset(file.peers, NOBODY, sizeof(file.peers));
    for (unsigned i = 0; domain_channel(index, i, &channel); i++)
        if (channel.id < IDS)
            file.peers[channel.id] = (unsigned char)channel.peer;
    file.time = file.first;
    file.depth = 0;
    session->position = 0;
    timeline_track(session, TIMELINE_COMPONENTS, index, domain_name(index));
}

/* One event of the component, or its end. */
static void component_part(struct session *session)
{
    struct pecan_trace_event event;
    if (session->part++ == 0)
        begin_component(session);
    if (!pecan_trace_next(&pecan_trace_sources[session->index], &session->position, &event)) {
        end_all(session, file.last);
        session->index++;
        session->part = 0;
    } else if (event.counter >= file.time && event.counter <= file.last) {
        file.time = event.counter;
        print_event(session, &event);
    }
}

/* What init wrote into its log, and nothing of which is untrue. */
static void init_part(struct session *session)
{
    const struct pecan_log_source *source = pecan_log_find("init");
    struct pecan_log_line line;
    if (session->part++ == 0) {
        session->position = 0;
        timeline_track(session, TIMELINE_COMPONENTS, session->index, "init");
    }
    if (!source || !pecan_log_next(source, &session->position, &line)) {
        session->index++;
        session->part = 0;
        return;
    }
    uint64_t time = line.time_us * pecan_component_page->counter_per_us;
    if (time >= file.first && time <= file.last) {
        begin_event(session, "i", session->index, time);
        timeline_event_name(session, "", line.text);
        timeline_event_end(session);
    }
}

/* One event of the kernel, or its end: that is the end of all. */
static enum step kernel_part(struct session *session)
{
    struct pecan_trace_event event;
    if (session->part++ == 0) {
        session->position = 0;
        kernel_trace_begin(session);
    }
    if (!pecan_trace_next(&pecan_trace_sources[domains_count()], &session->position, &event)) {
        kernel_trace_end(session, file.last);
        timeline_end(session);
        file.owner = NULL;
        return STEP_DONE;
    }
    if (event.counter >= file.first && event.counter <= file.last)
        kernel_trace_event(session, &event);
    return STEP_MORE;
}

static enum step stop(struct session *session)
{
    if (session->end == 0) {
        session->end = 1;
        pecan_supervisor_call(PECAN_SUPERVISOR_TRACE, 0);
        uint64_t since = seL4_GetMR(0);
        if (since == 0)
            return session_fail(session, "no trace has been started");
        memset(&file, 0, sizeof(file));
        file.owner = session;
        file.first = since;
        file.last = pecan_counter();
        timeline_begin(session, file.first, pecan_component_page->counter_per_us);
    }
    if (file.owner != session)
        return session_fail(session, "another `trace stop` has begun");
    if (session->index > domains_count())
        return kernel_part(session);
    if (session->index == domains_count())
        init_part(session);
    else
        component_part(session);
    return STEP_MORE;
}

enum step step_trace(struct session *session)
{
    if (!strcmp(session->words[1], "stop"))
        return stop(session);
    if (strcmp(session->words[1], "start"))
        return session_fail(session, "trace: start or stop, not '%s'", session->words[1]);
    pecan_supervisor_call(PECAN_SUPERVISOR_TRACE, 1);
    if (seL4_GetMR(0))
        return session_fail(session, "a trace has been started already");
    return STEP_DONE;
}
