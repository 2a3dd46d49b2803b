#include "servers/log/terminal.h"

#include "protocols/terminal.h"
#include <pecan/log.h>

struct own_region {
    struct terminal_client_region client;
    uint64_t shown[PECAN_LOGS_MOST]; /* of each log: the position behind what was shown */
};
_Static_assert(sizeof(struct own_region) <= TERMINAL_REGION_BYTES, "a region is a page");

/* A line with its time, its component's name and its end. */
enum { SECONDS_WIDTH = 5, FRACTION_WIDTH = 6, DECIMAL = 10, NUMBER_MOST = 20, US_PER_S = 1000000 };
enum { LINE_MOST = 1 + NUMBER_MOST + 1 + FRACTION_WIDTH + 2 + PECAN_LOG_NAME_BYTES + 2 + PECAN_LOG_LINE_BYTES + 2 };

static struct stream terminal;
static struct own_region *own;

static char *add_number(char *to, uint64_t number, unsigned width, char padding)
{
    char digits[NUMBER_MOST];
    unsigned count = 0;
    do
        digits[count++] = (char)('0' + number % DECIMAL);
    while (number /= DECIMAL);
    for (unsigned i = count; i < width; i++)
        *to++ = padding;
    while (count)
        *to++ = digits[--count];
    return to;
}

static char *add_text(char *to, const char *text)
{
    while (*text)
        *to++ = *text++;
    return to;
}

/* Whether a line begins with the name and a colon, as most do. */
static bool names_itself(const char *text, const char *name)
{
    while (*name && *text == *name)
        text++, name++;
    return !*name && *text == ':';
}

static void send(const struct pecan_log_source *source, const struct pecan_log_line *line)
{
    char text[LINE_MOST], *end = text;
    *end++ = '[';
    end = add_number(end, line->time_us / US_PER_S, SECONDS_WIDTH, ' ');
    *end++ = '.';
    end = add_number(end, line->time_us % US_PER_S, FRACTION_WIDTH, '0');
    end = add_text(end, "] ");
    if (!names_itself(line->text, source->name))
        end = add_text(add_text(end, source->name), ": ");
    end = add_text(add_text(end, line->text), "\r\n");
    stream_write(&terminal, text, (uint32_t)(end - text));
}

/* The log whose next line was written first; PECAN_LOGS_MOST: none has one. */
static unsigned find_first(struct pecan_log_line *first, uint64_t *behind)
{
    unsigned found = PECAN_LOGS_MOST;
    for (unsigned i = 0; i < PECAN_LOGS_MOST; i++) {
        const struct pecan_log_source *source = &pecan_log_sources[i];
        uint64_t position = own->shown[i];
        struct pecan_log_line line;
        if (pecan_log_end(source) == position || !pecan_log_next(source, &position, &line) ||
            (found < PECAN_LOGS_MOST && line.time_us >= first->time_us))
            continue;
        found = i;
        *first = line;
        *behind = position;
    }
    return found;
}

void log_terminal_start(const void *region, void *own_region)
{
    own = own_region;
    stream_start(&terminal, &own->client.stream, &((const struct terminal_region *)region)->stream);
}

bool log_terminal_show(void)
{
    struct pecan_log_line line;
    uint64_t behind = 0;
    unsigned log;
    stream_take(&terminal, stream_waiting(&terminal)); /* what is typed is for nobody */
    while (stream_room(&terminal) >= LINE_MOST && (log = find_first(&line, &behind)) < PECAN_LOGS_MOST) {
        send(&pecan_log_sources[log], &line);
        own->shown[log] = behind;
    }
    return stream_publish(&terminal);
}

bool log_terminal_waits(void)
{
    return stream_waits_for_bytes(&terminal, 1) &&
           (stream_room(&terminal) >= LINE_MOST || stream_waits_for_room(&terminal, LINE_MOST));
}
