/*
 * log NAME [LINES]
 */
#include "servers/supervisor/commands.h"

#include <pecan/log.h>

enum { LINES_NORMAL = 20, LINES_MOST = 100000, DECIMAL = 10 };

static unsigned lines_wanted(const struct session *session)
{
    unsigned lines = 0;
    if (session->word_count < 3)
        return LINES_NORMAL;
    for (const char *digit = session->words[2]; *digit; digit++) {
        if (*digit < '0' || *digit > '9' || lines > LINES_MOST)
            return 0;
        lines = lines * DECIMAL + (unsigned)(*digit - '0');
    }
    return lines;
}

enum step step_log(struct session *session)
{
    const struct pecan_log_source *source = pecan_log_find(session->words[1]);
    struct pecan_log_line line;
    if (!source)
        return session_fail(session, "there is no log of '%s'", session->words[1]);
    if (session->part++ == 0) {
        unsigned lines = lines_wanted(session);
        if (lines == 0)
            return session_fail(session, "'%s' is no number of lines", session->words[2]);
        session->position = pecan_log_last_lines(source, lines);
        session->end = pecan_log_end(source);
    }
    if (session->position >= session->end || !pecan_log_next(source, &session->position, &line))
        return STEP_DONE;
    session_print(session, "[%5lu.%06lu] %s\n", line.time_us / 1000000, line.time_us % 1000000, line.text);
    return STEP_MORE;
}
