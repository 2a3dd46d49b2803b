/*
 * The supervisor's side of protocols/control.h: one session at a time, of a program that is not trusted with more than commands.
 */
#pragma once

#include "protocols/control.h"
#include "servers/supervisor/session.h"

struct control {
    struct stream stream;
    struct session session;
    char line[SESSION_LINE_BYTES];
    uint32_t number;     /* of the session */
    bool is_answering;   /* the last frame of its answer is still to be sent */
    bool has_told_start; /* CONTROL_STARTED is sent */
    bool takes_file;     /* an update waits for its file: */
    size_t file_bytes, file_came;
    struct update_file *file; /* is put here */
    uint64_t typed_count;     /* what the room's was when it began */
};

/* The areas may hold anything. The caller notifies the peer. */
void control_start(struct control *control, void *own_area, const void *peer_area, struct update_file *file);

/* Does all that can be done now; true: notify the peer. */
bool control_serve(struct control *control);

/* Asks for the notification to go on at; false: there is something to do at once. */
bool control_waits(struct control *control);
