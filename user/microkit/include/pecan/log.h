/*
 * Logs: what each domain says by microkit_dbg_putc and microkit_dbg_puts, kept in a region of bounded size that outlives
 * the domain. The oldest text is overwritten. Domains with pecan:logs="true" may read all logs.
 *
 * A log is a count of all bytes that were ever written, and a ring of the last ones. Each line begins with the time it
 * was begun at: PECAN_LOG_STAMP_DIGITS hexadecimal digits, µs by the processor's counter, and a blank. The writer may
 * write anything at any time: readers check what they take, and replace what is no printable ASCII.
 *
 * Reading needs nothing but this header and log_read.c of the library.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct pecan_log {
    uint64_t written;
    char text[];
};

enum { PECAN_LOG_STAMP_DIGITS = 16, PECAN_LOG_LINE_BYTES = 200, PECAN_LOG_NAME_BYTES = 64, PECAN_LOGS_MOST = 64 };

/* What a reader knows of a log, from the tool. */
struct pecan_log_source {
    char name[PECAN_LOG_NAME_BYTES]; /* of the domain, or "init" */
    uint64_t address, bytes;         /* where the reader maps it; 0: there is none */
};

/* The tool fills this in for domains with pecan:logs="true": domains by their index, "init" behind the last one. */
extern struct pecan_log_source pecan_log_sources[PECAN_LOGS_MOST];

/* Appends to the domain's own log, and to nothing else; without a log nothing happens. */
void pecan_log_puts(const char *text);

struct pecan_log_line {
    uint64_t time_us;                /* 0 if the line has no readable time */
    uint64_t begin;                  /* where the line begins; the next one begins at the position after the call */
    char text[PECAN_LOG_LINE_BYTES]; /* printable, terminated; longer lines come in several pieces */
};

/* The log of a domain, or null. */
const struct pecan_log_source *pecan_log_find(const char *name);

/* The position behind everything that is in the log now. */
uint64_t pecan_log_end(const struct pecan_log_source *source);

/* Where the last `count` lines begin that have ended. */
uint64_t pecan_log_last_lines(const struct pecan_log_source *source, unsigned count);

/*
 * Takes the line at *position, or the oldest one after it that is still there, and moves *position behind it. False: no
 * whole line follows.
 */
bool pecan_log_next(const struct pecan_log_source *source, uint64_t *position, struct pecan_log_line *line);
