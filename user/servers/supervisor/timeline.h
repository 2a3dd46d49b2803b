/*
 * The text of a timeline, in the JSON that Perfetto and chrome://tracing open: tracks of events, each with its time. One is written
 * at a time. Who writes an event begins it, adds what it has, and ends it.
 */
#pragma once

#include "servers/supervisor/session.h"

/* Groups of tracks; a track is named by its group and a number. */
enum timeline_group { TIMELINE_COMPONENTS = 1, TIMELINE_PROCESSOR };

/* Times that come count from `first`, `ticks_per_us` of them make a microsecond. */
void timeline_begin(struct session *session, uint64_t first, uint64_t ticks_per_us);
void timeline_end(struct session *session);

void timeline_track(struct session *session, enum timeline_group group, unsigned track, const char *name);

/* `phase` is the format's: "B" and "E" begin and end something, "X" has a duration, "i" takes no time. */
void timeline_event_begin(struct session *session, const char *phase, enum timeline_group group, unsigned track,
                          uint64_t time);
void timeline_event_duration(struct session *session, uint64_t ticks);
void timeline_event_name(struct session *session, const char *what, const char *whom); /* both together */
void timeline_event_end(struct session *session);
