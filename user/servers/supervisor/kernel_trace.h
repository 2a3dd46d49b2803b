/*
 * The kernel's trace as two tracks of the timeline: who runs on the processor, and what the kernel does for whom in between.
 */
#pragma once

#include "servers/supervisor/session.h"

struct pecan_trace_event;

/* The tracks; then the events, as they follow each other; then the end, at `last`. */
void kernel_trace_begin(struct session *session);
void kernel_trace_event(struct session *session, const struct pecan_trace_event *event);
void kernel_trace_end(struct session *session, uint64_t last);
