/*
 * What init says of the domains: on the kernel's console, and in its own log, if the description has one (pecan/log.h).
 * Lines have at most 160 bytes, the newline included.
 */
#pragma once

/* To both. */
void log_print(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* To the log only. */
void log_note(const char *format, ...) __attribute__((format(printf, 1, 2)));
