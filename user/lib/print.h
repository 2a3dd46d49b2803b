/*
 * Formatted output. Conversions: d i u x X o c s p %, with flags (- 0 + space #), width, precision, * and the length
 * modifiers hh h l ll z t j. No floating point.
 */
#pragma once

#include <stdarg.h>
#include <stddef.h>

/* Formats into `buffer` (always terminated if size > 0); returns the length without a limit. */
int snprintf(char *buffer, size_t size, const char *format, ...) __attribute__((format(printf, 3, 4)));
int vsnprintf(char *buffer, size_t size, const char *format, va_list arguments) __attribute__((format(printf, 3, 0)));

/* Formats to the console (console.h). */
int printf(const char *format, ...) __attribute__((format(printf, 1, 2)));
int vprintf(const char *format, va_list arguments) __attribute__((format(printf, 1, 0)));
int puts(const char *text);
int putchar(int character);
