#include "servers/supervisor/session.h"

#include "lib/print.h"
#include "lib/string.h"

#include <stdarg.h>

enum { PIECE_BYTES = 512 };

void session_write(struct session *session, const char *text, size_t length)
{
    if (session->begin + session->count + length > SESSION_BYTES) {
        memmove(session->out, session->out + session->begin, session->count);
        session->begin = 0;
    }
    if (length > SESSION_BYTES - session->count)
        length = SESSION_BYTES - session->count;
    memcpy(session->out + session->begin + session->count, text, length);
    session->count += length;
}

__attribute__((format(printf, 2, 0))) static void print_list(struct session *session, const char *format,
                                                             va_list arguments)
{
    char text[PIECE_BYTES];
    int length = vsnprintf(text, sizeof(text), format, arguments);
    size_t count = length < PIECE_BYTES ? (size_t)length : PIECE_BYTES - 1;
    const char *rest = text, *end = text + count;
    /* A terminal wants a carriage return in front of each newline. */
    while (session->is_terminal && rest < end) {
        const char *newline = memchr(rest, '\n', (size_t)(end - rest));
        if (!newline)
            break;
        session_write(session, rest, (size_t)(newline - rest));
        session_write(session, "\r\n", 2);
        rest = newline + 1;
    }
    session_write(session, rest, (size_t)(end - rest));
}

void session_print(struct session *session, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    print_list(session, format, arguments);
    va_end(arguments);
}

enum step session_fail(struct session *session, const char *format, ...)
{
    va_list arguments;
    session->has_failed = true;
    va_start(arguments, format);
    print_list(session, format, arguments);
    va_end(arguments);
    session_print(session, "\n");
    return STEP_DONE;
}

bool session_run(struct session *session)
{
    enum step step = STEP_MORE;
    while (session->step && step == STEP_MORE && session->count <= SESSION_BYTES - SESSION_STEP_BYTES) {
        step = session->step(session);
        if (step == STEP_DONE)
            session->step = NULL;
    }
    return session->count > 0;
}

const char *session_text(const struct session *session, size_t *count)
{
    *count = session->count;
    return session->out + session->begin;
}

void session_sent(struct session *session, size_t count)
{
    session->begin += count;
    session->count -= count;
}
