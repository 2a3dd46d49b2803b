#include "init/log.h"

#include "init/clock.h"
#include "init/system.h"
#include "init/window.h"
#include "lib/print.h"
#include "lib/string.h"
#include "microkit/include/pecan/log.h"

enum { LINE_BYTES = 160 };
#define CAPACITY ((1ul << SMALL_PAGE_BITS) - sizeof(struct pecan_log))

/* Readers map the page read-only, so the count is init's alone. */
static void append(const char *text, size_t length)
{
    uint32_t region = the_system.description->log_region;
    if (region == REGION_NONE)
        return;
    struct pecan_log *log = window_open(the_system.regions[region].frames, SMALL_PAGE_BITS);
    if (!log)
        return;
    uint64_t written = log->written;
    for (size_t i = 0; i < length; i++)
        log->text[written++ % CAPACITY] = text[i];
    __atomic_store_n(&log->written, written, __ATOMIC_RELEASE);
    window_close(the_system.regions[region].frames);
}

static void append_line(const char *text)
{
    char line[LINE_BYTES + PECAN_LOG_STAMP_DIGITS + 2];
    snprintf(line, sizeof(line), "%016lx %s", clock_now_us(), text);
    append(line, strlen(line));
}

__attribute__((format(printf, 1, 0))) static void say(const char *format, va_list arguments, bool is_shown)
{
    char line[LINE_BYTES];
    int length = vsnprintf(line, LINE_BYTES, format, arguments);
    if (length >= LINE_BYTES)
        line[LINE_BYTES - 2] = '\n';
    if (is_shown)
        printf("%s", line);
    append_line(line);
}

void log_alarm(const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    say(format, arguments, true);
    va_end(arguments);
}

void log_print(const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    say(format, arguments, the_system.description->log_region == REGION_NONE);
    va_end(arguments);
}

void log_note(const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    say(format, arguments, false);
    va_end(arguments);
}
