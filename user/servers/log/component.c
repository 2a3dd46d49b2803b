/*
 * The log server: lines of the logs, by calls (protocols/log.h), and all of them on a terminal, if the description gives it one and the time.
 */
#include "protocols/log.h"
#include "protocols/time.h"
#include "servers/log/terminal.h"
#include <microkit.h>
#include <pecan/log.h>

/* Channels; those of clients are lower. */
enum { TERMINAL = 40, TIME = 41 };

/* Nobody tells of a new line: the logs are looked at so often. */
#define LOOK_NS 250000000ul

/* Filled in from the description; 0 for what there is not. */
uintptr_t terminal_region, own_terminal_region, time_region;

_Static_assert(LOG_NAME_WORDS * sizeof(seL4_Word) == PECAN_LOG_NAME_BYTES, "a name is a name");
_Static_assert(LOG_TEXT_WORDS * sizeof(seL4_Word) == PECAN_LOG_LINE_BYTES, "a line is a line");

union name {
    seL4_Word words[LOG_NAME_WORDS];
    char text[PECAN_LOG_NAME_BYTES];
};

union text {
    seL4_Word words[LOG_TEXT_WORDS];
    char text[PECAN_LOG_LINE_BYTES];
};

static microkit_msginfo answer_next(const struct pecan_log_source *source, uint64_t position)
{
    struct pecan_log_line line;
    union text text = {{0}};
    if (!pecan_log_next(source, &position, &line))
        return microkit_msginfo_new(LOG_NO_LINE, 0);
    for (unsigned i = 0; line.text[i]; i++)
        text.text[i] = line.text[i];
    microkit_mr_set(LOG_NEXT_POSITION, position);
    microkit_mr_set(LOG_NEXT_TIME, line.time_us);
    for (unsigned i = 0; i < LOG_TEXT_WORDS; i++)
        microkit_mr_set((seL4_Uint8)(LOG_NEXT_TEXT + i), text.words[i]);
    return microkit_msginfo_new(LOG_OK, LOG_NEXT_TEXT + LOG_TEXT_WORDS);
}

static void show(void)
{
    do {
        if (log_terminal_show())
            microkit_notify(TERMINAL);
    } while (!log_terminal_waits());
    microkit_mr_set(0, time_now_ns((const struct time_page *)time_region) + LOOK_NS);
    microkit_ppcall(TIME, microkit_msginfo_new(TIME_WAKE_AT, 1));
}

void init(void)
{
    if (!terminal_region)
        return;
    log_terminal_start((const void *)terminal_region, (void *)own_terminal_region);
    microkit_notify(TERMINAL);
    show();
}

void notified(microkit_channel ch)
{
    (void)ch;
    if (terminal_region)
        show();
}

microkit_msginfo protected(microkit_channel ch, microkit_msginfo msginfo)
{
    (void)ch;
    seL4_Word call = microkit_msginfo_get_label(msginfo), argument = microkit_mr_get(0);
    union name name;
    if ((call != LOG_LAST && call != LOG_NEXT) || microkit_msginfo_get_count(msginfo) < 1 + LOG_NAME_WORDS)
        return microkit_msginfo_new(LOG_BAD_CALL, 0);
    for (unsigned i = 0; i < LOG_NAME_WORDS; i++)
        name.words[i] = microkit_mr_get((seL4_Uint8)(1 + i));
    name.text[PECAN_LOG_NAME_BYTES - 1] = '\0';
    const struct pecan_log_source *source = pecan_log_find(name.text);
    if (!source)
        return microkit_msginfo_new(LOG_UNKNOWN, 0);
    if (call == LOG_NEXT)
        return answer_next(source, argument);
    microkit_mr_set(0, pecan_log_last_lines(source, argument < UINT32_MAX ? (unsigned)argument : UINT32_MAX));
    return microkit_msginfo_new(LOG_OK, 1);
}
