/*
 * What init says of the domains: in its own log, if the description has one (pecan/log.h), else on the kernel's console.
 * Lines have at most 160 bytes, the newline included.
 */
#pragma once

/* To both: something has come to its end. */
void log_alarm(const char *format, ...) __attribute__((format(printf, 1, 2)));

void log_print(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* To the log only. */
void log_note(const char *format, ...) __attribute__((format(printf, 1, 2)));
