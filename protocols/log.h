/*
 * What components have said, by calls to the log server: line by line, oldest first. A log is named by its component, or "init" for what
 * has happened to them.
 */
#pragma once

enum log_call {
    LOG_LAST = 1, /* lines, name in LOG_NAME_WORDS -> the position where the last so many lines begin */
    LOG_NEXT = 2, /* position, name -> the position behind the line, its time in µs, its text in LOG_TEXT_WORDS */
};
enum log_result {
    LOG_OK,
    LOG_BAD_CALL,
    LOG_UNKNOWN, /* there is no such log */
    LOG_NO_LINE  /* there is none at or after this position yet */
};

/* Names and texts end with a zero; texts are printable. What was overwritten is left out. */
enum { LOG_NAME_WORDS = 8, LOG_TEXT_WORDS = 25 };
enum { LOG_NEXT_POSITION, LOG_NEXT_TIME, LOG_NEXT_TEXT };
