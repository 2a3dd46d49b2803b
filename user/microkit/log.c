/*
 * A domain's own log: what it says goes to a region that outlives it (pecan/log.h). It may be one that a predecessor of
 * this program left, in any state.
 */
#include "log.h"

#include <pecan/component.h>
#include <pecan/log.h>

enum { DIGIT_BITS = 4, DIGIT_MASK = 15 };

/* The tool writes these into the program. */
__attribute__((section(".data.patched"))) seL4_Word pecan_log_start = 0;
__attribute__((section(".data.patched"))) seL4_Word pecan_log_bytes = 0;

static uint64_t written; /* as in the log; valid once is_open */
static bool is_open, is_inside_line;

static void put(volatile struct pecan_log *log, uint64_t capacity, char character)
{
    log->text[written % capacity] = character;
    __atomic_store_n(&log->written, ++written, __ATOMIC_RELEASE);
}

static void put_stamp(volatile struct pecan_log *log, uint64_t capacity)
{
    uint64_t time_us = pecan_time_us();
    for (int shift = (PECAN_LOG_STAMP_DIGITS - 1) * DIGIT_BITS; shift >= 0; shift -= DIGIT_BITS)
        put(log, capacity, "0123456789abcdef"[time_us >> shift & DIGIT_MASK]);
    put(log, capacity, ' ');
}

bool log_put(char character)
{
    volatile struct pecan_log *log = (volatile struct pecan_log *)pecan_log_start;
    if (pecan_log_bytes <= sizeof(*log))
        return false;
    uint64_t capacity = pecan_log_bytes - sizeof(*log);
    if (!is_open) {
        is_open = true;
        written = log->written;
        if (written > 0 && log->text[(written - 1) % capacity] != '\n')
            put(log, capacity, '\n');
    }
    if (!is_inside_line)
        put_stamp(log, capacity);
    put(log, capacity, character);
    is_inside_line = character != '\n';
    return true;
}

void pecan_log_puts(const char *text)
{
    while (*text)
        log_put(*text++);
}
