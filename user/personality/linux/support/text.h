/* Text built piece by piece into a fixed buffer; what does not fit is dropped and the text stays terminated. */
#pragma once

#include <stdarg.h>
#include <stddef.h>

struct text {
    char *bytes;
    size_t room; /* with the terminating zero */
    size_t length;
};

#define TEXT_IN(array) ((struct text){(array), sizeof(array), 0})

/* The conversions of printf's that are used here: %s %c %d %i %u %x %o %ld %lu %lx %%, width and zero padding, '-'. */
__attribute__((format(printf, 2, 3))) void text_add(struct text *text, const char *format, ...);
void text_add_list(struct text *text, const char *format, va_list arguments);

/* How many bytes at the start of `text` are (not) in `set`. */
size_t text_span(const char *text, const char *set);
size_t text_until(const char *text, const char *set);

/* A line for the log of the machine and for the ring that the `dmesg` command reads. */
__attribute__((format(printf, 1, 2))) void log_line(const char *format, ...);
size_t log_size(void);
size_t log_read(size_t offset, char *bytes, size_t room);
