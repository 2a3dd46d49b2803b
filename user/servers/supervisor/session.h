/*
 * One conversation with the supervisor: text that waits to go out, and the command that is being carried out. A command works in steps, each
 * of which writes a bounded piece of text, so that it is never ahead of whoever reads by more than the buffer.
 */
#pragma once

#include "servers/supervisor/update_file.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { SESSION_BYTES = 8192, SESSION_STEP_BYTES = 4096, SESSION_WORDS = 4, SESSION_LINE_BYTES = 128 };

/* What a step says of the command. */
enum step { STEP_DONE, STEP_MORE, STEP_WAITS /* for a key, or for `wake_us` */ };

struct session;
typedef enum step (*session_step)(struct session *session);

struct session {
    char out[SESSION_BYTES];
    size_t begin, count;
    session_step step;             /* of the command that is carried out, or null */
    char line[SESSION_LINE_BYTES]; /* its words are in here */
    char *words[SESSION_WORDS];
    unsigned word_count;
    bool is_terminal; /* a user looks at a screen, and can press keys */
    bool has_failed;  /* the last command */
    uint64_t
        wake_us; /* STEP_WAITS: when the command goes on (pecan_time_us), if no key comes before; UINT64_MAX: at once */
    char key;    /* one that was pressed while the command waits, or 0 */
    struct update_file *file; /* where the console's updates are typed to; null: not in this session */
    const char *update;       /* the file that came with the command, or null */
    size_t update_bytes;
    unsigned index, part; /* the command's own, 0 at first */
    uint64_t position, end;
};

/* Appends text. What does not fit is lost, which cannot happen to a step that writes at most SESSION_STEP_BYTES. */
void session_write(struct session *session, const char *text, size_t length);
void session_print(struct session *session, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* The command cannot be done: says why, on a line. */
enum step session_fail(struct session *session, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Goes on with the command while there is room for the text; true: something is to be sent. */
bool session_run(struct session *session);

/* Takes text that goes out: at most `most` bytes, in one piece. */
const char *session_text(const struct session *session, size_t *count);
void session_sent(struct session *session, size_t count);
