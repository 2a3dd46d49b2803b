#include "lib/print.h"

#include "lib/console.h"
#include "lib/string.h"

#include <stdbool.h>
#include <stdint.h>

/* Where formatted characters go: a buffer, or the console when there is none. */
struct output {
    char *buffer;
    size_t size;
    size_t length;
};

struct conversion {
    bool left, zero, plus, space, alternate;
    int width;
    int precision; /* negative: none given */
    int size;      /* bytes of an integer argument */
};

static void put(struct output *out, char character)
{
    if (!out->buffer)
        console_put(character);
    else if (out->length + 1 < out->size)
        out->buffer[out->length] = character;
    out->length++;
}

static void put_repeated(struct output *out, char character, int count)
{
    for (; count > 0; count--)
        put(out, character);
}

/* Puts prefix (a sign or 0x) and text with the padding of the conversion between or around them. */
static void put_padded(struct output *out, const struct conversion *c, const char *prefix, const char *text, int length)
{
    int prefix_length = (int)strlen(prefix);
    int padding = c->width - length - prefix_length;

    if (!c->left && !c->zero)
        put_repeated(out, ' ', padding);
    for (int i = 0; i < prefix_length; i++)
        put(out, prefix[i]);
    if (!c->left && c->zero)
        put_repeated(out, '0', padding);
    for (int i = 0; i < length; i++)
        put(out, text[i]);
    if (c->left)
        put_repeated(out, ' ', padding);
}

static void put_number(struct output *out, struct conversion *c, uint64_t value, unsigned base, bool upper,
                       const char *prefix)
{
    const char *digits = upper ? "0123456789ABCDEF" : "0123456789abcdef";
    char text[64];
    char *first = text + sizeof(text);
    int least = c->precision < 0 ? 1 : c->precision;

    for (; value; value /= base)
        *--first = digits[value % base];
    while (text + sizeof(text) - first < least && first > text)
        *--first = '0';
    if (c->precision >= 0)
        c->zero = false;
    put_padded(out, c, prefix, first, (int)(text + sizeof(text) - first));
}

static int64_t signed_argument(const struct conversion *c, va_list *arguments)
{
    switch (c->size) {
    case 1:
        return (int8_t)va_arg(*arguments, int);
    case 2:
        return (int16_t)va_arg(*arguments, int);
    case 4:
        return va_arg(*arguments, int);
    default:
        return va_arg(*arguments, int64_t);
    }
}

static uint64_t unsigned_argument(const struct conversion *c, va_list *arguments)
{
    uint64_t value = (uint64_t)signed_argument(c, arguments);

    return c->size == 8 ? value : value & ((UINT64_C(1) << (8 * c->size)) - 1);
}

static const char *parse_flags(struct conversion *c, const char *format)
{
    for (;; format++) {
        switch (*format) {
        case '-':
            c->left = true;
            break;
        case '0':
            c->zero = true;
            break;
        case '+':
            c->plus = true;
            break;
        case ' ':
            c->space = true;
            break;
        case '#':
            c->alternate = true;
            break;
        default:
            return format;
        }
    }
}

static const char *parse_number(int *number, const char *format, va_list *arguments)
{
    if (*format == '*') {
        *number = va_arg(*arguments, int);
        return format + 1;
    }
    for (*number = 0; *format >= '0' && *format <= '9'; format++)
        *number = *number * 10 + (*format - '0');
    return format;
}

static const char *parse_size(struct conversion *c, const char *format)
{
    c->size = 4;
    for (;; format++) {
        switch (*format) {
        case 'h':
            c->size /= 2;
            break;
        case 'l':
        case 'z':
        case 't':
        case 'j':
            c->size = 8;
            break;
        default:
            return format;
        }
    }
}

static const char *parse_conversion(struct conversion *c, const char *format, va_list *arguments)
{
    *c = (struct conversion){.precision = -1};
    format = parse_flags(c, format);
    format = parse_number(&c->width, format, arguments);
    if (c->width < 0) {
        c->left = true;
        c->width = -c->width;
    }
    if (*format == '.')
        format = parse_number(&c->precision, format + 1, arguments);
    return parse_size(c, format);
}

static void put_signed(struct output *out, struct conversion *c, int64_t value)
{
    const char *sign = value < 0 ? "-" : c->plus ? "+" : c->space ? " " : "";

    put_number(out, c, value < 0 ? -(uint64_t)value : (uint64_t)value, 10, false, sign);
}

static void put_text(struct output *out, struct conversion *c, const char *text)
{
    if (!text)
        text = "(null)";
    c->zero = false;
    put_padded(out, c, "", text, (int)strnlen(text, c->precision < 0 ? SIZE_MAX : (size_t)c->precision));
}

static void put_conversion(struct output *out, struct conversion *c, char letter, va_list *arguments)
{
    char character;
    uint64_t value;

    switch (letter) {
    case 'd':
    case 'i':
        put_signed(out, c, signed_argument(c, arguments));
        break;
    case 'u':
        put_number(out, c, unsigned_argument(c, arguments), 10, false, "");
        break;
    case 'o':
        put_number(out, c, unsigned_argument(c, arguments), 8, false, c->alternate ? "0" : "");
        break;
    case 'x':
    case 'X':
        value = unsigned_argument(c, arguments);
        put_number(out, c, value, 16, letter == 'X', c->alternate && value ? (letter == 'X' ? "0X" : "0x") : "");
        break;
    case 'p':
        put_number(out, c, (uintptr_t)va_arg(*arguments, void *), 16, false, "0x");
        break;
    case 'c':
        character = (char)va_arg(*arguments, int);
        c->zero = false;
        put_padded(out, c, "", &character, 1);
        break;
    case 's':
        put_text(out, c, va_arg(*arguments, const char *));
        break;
    default:
        put(out, letter);
        break;
    }
}

static int format_to(struct output *out, const char *format, va_list arguments)
{
    va_list rest;
    struct conversion c;

    va_copy(rest, arguments);
    for (; *format; format++) {
        if (*format != '%') {
            put(out, *format);
            continue;
        }
        format = parse_conversion(&c, format + 1, &rest);
        if (!*format)
            break;
        put_conversion(out, &c, *format, &rest);
    }
    va_end(rest);
    return (int)out->length;
}

int vsnprintf(char *buffer, size_t size, const char *format, va_list arguments)
{
    char nothing;
    struct output out = {size ? buffer : &nothing, size, 0};
    int length = format_to(&out, format, arguments);

    if (size)
        buffer[out.length < size ? out.length : size - 1] = 0;
    return length;
}

int snprintf(char *buffer, size_t size, const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    int length = vsnprintf(buffer, size, format, arguments);
    va_end(arguments);
    return length;
}

int vprintf(const char *format, va_list arguments)
{
    struct output out = {NULL, 0, 0};

    return format_to(&out, format, arguments);
}

int printf(const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    int length = vprintf(format, arguments);
    va_end(arguments);
    return length;
}

int putchar(int character)
{
    console_put((char)character);
    return (unsigned char)character;
}

int puts(const char *text)
{
    console_write(text, strlen(text));
    console_put('\n');
    return 0;
}
