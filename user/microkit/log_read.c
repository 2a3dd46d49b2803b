/*
 * Reading logs whose writers are not trusted: `written` is read once for each attempt, and indices are made from it
 * modulo the capacity, so that nothing outside of the log is ever read.
 */
#include <pecan/log.h>

enum { ATTEMPTS_MOST = 4, DECIMAL = 10, HEXADECIMAL = 16 };

struct pecan_log_source pecan_log_sources[PECAN_LOGS_MOST] __attribute__((section(".data.patched"))) = {{{0}, 0, 0}};

struct view {
    const volatile struct pecan_log *log;
    uint64_t capacity, written, oldest;
};

/* False: there is no log. */
static bool view_take(struct view *view, const struct pecan_log_source *source)
{
    if (source->bytes <= sizeof(struct pecan_log))
        return false;
    view->log = (const volatile struct pecan_log *)(uintptr_t)source->address;
    view->capacity = source->bytes - sizeof(struct pecan_log);
    view->written = __atomic_load_n(&view->log->written, __ATOMIC_ACQUIRE);
    view->oldest = view->written > view->capacity ? view->written - view->capacity : 0;
    return true;
}

static char character_at(const struct view *view, uint64_t position)
{
    return view->log->text[position % view->capacity];
}

const struct pecan_log_source *pecan_log_find(const char *name)
{
    for (unsigned i = 0; i < PECAN_LOGS_MOST; i++) {
        const struct pecan_log_source *source = &pecan_log_sources[i];
        unsigned k = 0;
        while (k < PECAN_LOG_NAME_BYTES - 1 && name[k] && name[k] == source->name[k])
            k++;
        if (source->bytes && name[k] == source->name[k])
            return source;
    }
    return NULL;
}

uint64_t pecan_log_end(const struct pecan_log_source *source)
{
    struct view view;
    return view_take(&view, source) ? view.written : 0;
}

uint64_t pecan_log_last_lines(const struct pecan_log_source *source, unsigned count)
{
    struct view view;
    if (!view_take(&view, source))
        return 0;
    /* A line that has not ended is none yet; and the newline that ends the last line is not in front of a line. */
    uint64_t position = view.written;
    while (position > view.oldest && character_at(&view, position - 1) != '\n')
        position--;
    uint64_t end = position;
    while (position > view.oldest) {
        if (character_at(&view, position - 1) == '\n' && position != end && count-- <= 1)
            break;
        position--;
    }
    return position;
}

static unsigned digit_value(char character)
{
    if (character >= '0' && character <= '9')
        return (unsigned)(character - '0');
    if (character >= 'a' && character <= 'f')
        return (unsigned)(character - 'a') + DECIMAL;
    return HEXADECIMAL;
}

/* Takes the time off the front of a line's text, if there is one. */
static uint64_t take_stamp(char *text, unsigned length)
{
    uint64_t time_us = 0;
    for (unsigned i = 0; i < PECAN_LOG_STAMP_DIGITS; i++) {
        unsigned digit = i < length ? digit_value(text[i]) : HEXADECIMAL;
        if (digit == HEXADECIMAL)
            return 0;
        time_us = time_us * HEXADECIMAL + digit;
    }
    if (length == PECAN_LOG_STAMP_DIGITS || text[PECAN_LOG_STAMP_DIGITS] != ' ')
        return 0;
    for (unsigned i = PECAN_LOG_STAMP_DIGITS + 1; i <= length; i++)
        text[i - PECAN_LOG_STAMP_DIGITS - 1] = text[i];
    return time_us;
}

/* Copies one line, or a piece of one that is too long; false: it does not end yet. */
static bool copy_line(const struct view *view, uint64_t *position, struct pecan_log_line *line)
{
    unsigned length = 0;
    uint64_t next = *position;
    for (;;) {
        if (next >= view->written)
            return false;
        char character = character_at(view, next++);
        if (character == '\n')
            break;
        line->text[length++] = character >= ' ' && character <= '~' ? character : '?';
        if (length == PECAN_LOG_LINE_BYTES - 1)
            break;
    }
    line->text[length] = '\0';
    line->begin = *position;
    line->time_us = take_stamp(line->text, length);
    *position = next;
    return true;
}

/* The oldest whole line, when the one that was wanted is overwritten. */
static uint64_t oldest_line(const struct view *view)
{
    uint64_t position = view->oldest;
    while (position > 0 && position < view->written && character_at(view, position++) != '\n')
        ;
    return position;
}

bool pecan_log_next(const struct pecan_log_source *source, uint64_t *position, struct pecan_log_line *line)
{
    for (unsigned i = 0; i < ATTEMPTS_MOST; i++) {
        struct view before, after;
        if (!view_take(&before, source))
            return false;
        if (*position < before.oldest)
            *position = oldest_line(&before);
        if (*position > before.written)
            *position = before.written; /* the count went back: the writer breaks the rules */
        uint64_t next = *position;
        if (!copy_line(&before, &next, line))
            return false;
        /* What was copied must not have been overwritten meanwhile. */
        __atomic_thread_fence(__ATOMIC_ACQUIRE);
        if (view_take(&after, source) && after.oldest <= *position && after.written >= before.written) {
            *position = next;
            return true;
        }
    }
    return false;
}
