#include "servers/supervisor/timeline.h"

enum { NS_PER_US = 1000 };

static struct {
    uint64_t first, ticks_per_us;
    bool has_events;
} timeline;

/* A text inside of a JSON string; what comes here is printable, or a name from the description. */
static void print_text(struct session *session, const char *text)
{
    for (; *text; text++) {
        if (*text == '"' || *text == '\\')
            session_print(session, "\\%c", *text);
        else if ((unsigned char)*text >= ' ')
            session_print(session, "%c", *text);
    }
}

static void print_us(struct session *session, const char *field, uint64_t ticks)
{
    uint64_t ns = ticks * NS_PER_US / timeline.ticks_per_us;
    session_print(session, ",\"%s\":%lu.%03lu", field, ns / NS_PER_US, ns % NS_PER_US);
}

static void separate(struct session *session)
{
    session_print(session, timeline.has_events ? ",\n" : "");
    timeline.has_events = true;
}

void timeline_begin(struct session *session, uint64_t first, uint64_t ticks_per_us)
{
    timeline.first = first;
    timeline.ticks_per_us = ticks_per_us;
    timeline.has_events = false;
    session_print(session, "{\"displayTimeUnit\":\"ns\",\"traceEvents\":[\n");
}

void timeline_end(struct session *session)
{
    session_print(session, "\n]}\n");
}

void timeline_track(struct session *session, enum timeline_group group, unsigned track, const char *name)
{
    separate(session);
    session_print(session, "{\"ph\":\"M\",\"pid\":%u,\"tid\":%u,\"name\":\"thread_name\",\"args\":{\"name\":\"",
                  (unsigned)group, track);
    print_text(session, name);
    session_print(session, "\"}}");
}

void timeline_event_begin(struct session *session, const char *phase, enum timeline_group group, unsigned track,
                          uint64_t time)
{
    separate(session);
    session_print(session, "{\"ph\":\"%s\",\"pid\":%u,\"tid\":%u", phase, (unsigned)group, track);
    print_us(session, "ts", time - timeline.first);
}

void timeline_event_duration(struct session *session, uint64_t ticks)
{
    print_us(session, "dur", ticks);
}

void timeline_event_name(struct session *session, const char *what, const char *whom)
{
    session_print(session, ",\"name\":\"%s", what);
    print_text(session, whom);
    session_print(session, "\"");
}

void timeline_event_end(struct session *session)
{
    session_print(session, "}");
}
