/*
 * Commands of the supervisor's console for a program elsewhere: frames over a stream (user/ring/stream.h) in each direction. Each side writes
 * a region of one page, which the other need only read; its start is the stream's area.
 *
 * The asker numbers its sessions, each of one command. A command of a new session ends what the one before was about, whatever of that
 * is still on its way: so both sides find together again after a restart of either. Frames of other sessions than the present
 * one are dropped by whoever gets them.
 */
#pragma once

#include "ring/stream.h"

enum control_kind {
    CONTROL_COMMAND = 1, /* to the supervisor: a line of text; a file follows `update NAME BYTES` */
    CONTROL_DATA,        /* to the supervisor: a piece of the file */
    CONTROL_TEXT,        /* from the supervisor: a piece of the answer */
    CONTROL_DONE,        /* from the supervisor: the answer is complete, the command was carried out, */
    CONTROL_FAILED,      /* or it was not, and the text says why */
    CONTROL_END,         /* to the supervisor: the session is over, nobody wants the rest */
    CONTROL_STARTED      /* from the supervisor, of no session: it has started, and knows nothing of commands before */
};

struct control_frame {
    uint32_t session;
    uint16_t kind;  /* enum control_kind */
    uint16_t bytes; /* that follow, at most CONTROL_FRAME_BYTES */
};

enum { CONTROL_FRAME_BYTES = 1024, CONTROL_REGION_BYTES = 4096 };
_Static_assert(sizeof(struct control_frame) + CONTROL_FRAME_BYTES <= STREAM_BYTES, "a frame fits");
_Static_assert(sizeof(struct stream_area) <= CONTROL_REGION_BYTES, "a region is a page");
