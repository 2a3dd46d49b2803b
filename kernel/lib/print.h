/* Formatted printing on the debug console. Silent when the build has no CONFIG_PRINTING, except for print_always. */
#pragma once

#include "lib/compiler.h"
#include <stdarg.h>

/* %s %c %d %u %x %lx %lu %ld %p %%, with width and zero padding. */
void print(const char *format, ...) __attribute__((format(printf, 1, 2)));
/* For panics and refusals at boot: printed whatever the build. */
void print_always(const char *format, ...) __attribute__((format(printf, 1, 2)));
void print_always_list(const char *format, va_list arguments);
/* Supplied by who links this: sends one character to the console. */
void print_character(char character);
