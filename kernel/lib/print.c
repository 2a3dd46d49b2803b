#include "lib/print.h"

#include "abi/config.h"
#include <stdint.h>

/* How one conversion is to look. */
struct format {
    char filler;
    unsigned width;
    bool is_long;
};

static void put_filled(const struct format *format, unsigned length)
{
    for (; length < format->width; length++)
        print_character(format->filler);
}

static void put_number(const struct format *format, uint64_t value, unsigned base, bool is_negative)
{
    char digits[20];
    unsigned length = 0;
    do {
        digits[length++] = "0123456789abcdef"[value % base];
        value /= base;
    } while (value);
    if (is_negative)
        digits[length++] = '-';
    put_filled(format, length);
    while (length > 0)
        print_character(digits[--length]);
}

static void put_string(const struct format *format, const char *text)
{
    unsigned length = 0;
    for (; text[length]; length++)
        print_character(text[length]);
    put_filled(format, length);
}

/* Reads flags, width and length; returns the conversion's letter's place. */
static const char *read_format(const char *at, struct format *format)
{
    *format = (struct format){.filler = ' '};
    if (*at == '-')
        at++; /* strings are always on the left */
    if (*at == '0')
        format->filler = '0';
    for (; *at >= '0' && *at <= '9'; at++)
        format->width = format->width * 10 + (unsigned)(*at - '0');
    for (; *at == 'l'; at++)
        format->is_long = true;
    return at;
}

void print_always_list(const char *text, va_list arguments)
{
    for (const char *at = text; *at; at++) {
        if (*at != '%') {
            print_character(*at);
            continue;
        }
        struct format format;
        at = read_format(at + 1, &format);
        switch (*at) {
        case 's':
            put_string(&format, va_arg(arguments, const char *));
            break;
        case 'c':
            print_character((char)va_arg(arguments, int));
            break;
        case 'd': {
            int64_t value = format.is_long ? va_arg(arguments, int64_t) : va_arg(arguments, int);
            put_number(&format, value < 0 ? -(uint64_t)value : (uint64_t)value, 10, value < 0);
            break;
        }
        case 'u':
            put_number(&format, format.is_long ? va_arg(arguments, uint64_t) : va_arg(arguments, unsigned), 10, false);
            break;
        case 'x':
            put_number(&format, format.is_long ? va_arg(arguments, uint64_t) : va_arg(arguments, unsigned), 16, false);
            break;
        case 'p':
            print_character('0');
            print_character('x');
            put_number(&format, (uintptr_t)va_arg(arguments, void *), 16, false);
            break;
        case '\0':
            return;
        default:
            print_character(*at);
            break;
        }
    }
}

void print_always(const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    print_always_list(format, arguments);
    va_end(arguments);
}

void print(const char *format, ...)
{
    if (!CONFIG_PRINTING)
        return;
    va_list arguments;
    va_start(arguments, format);
    print_always_list(format, arguments);
    va_end(arguments);
}
