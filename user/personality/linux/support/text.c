#include "personality/linux/support/text.h"

#include "lib/string.h"
#include "personality/linux/machine.h"
#include "personality/linux/support/assert.h"

static void text_add_byte(struct text *text, char byte)
{
    if (text->length + 1 >= text->room)
        return;
    text->bytes[text->length++] = byte;
    text->bytes[text->length] = 0;
}

struct conversion {
    int width;
    char padding;
    bool left, negative;
};

static void text_add_padded(struct text *text, const char *digits, size_t length, struct conversion how)
{
    int missing = how.width - (int)length - how.negative;
    if (how.negative && how.padding == '0')
        text_add_byte(text, '-');
    for (int i = 0; !how.left && i < missing; i++)
        text_add_byte(text, how.padding);
    if (how.negative && how.padding != '0')
        text_add_byte(text, '-');
    for (size_t i = 0; i < length; i++)
        text_add_byte(text, digits[i]);
    for (int i = 0; how.left && i < missing; i++)
        text_add_byte(text, ' ');
}

static void text_add_number(struct text *text, uint64_t value, unsigned base, struct conversion how)
{
    char digits[24];
    size_t at = sizeof digits;
    do {
        digits[--at] = "0123456789abcdef"[value % base];
        value /= base;
    } while (value);
    text_add_padded(text, digits + at, sizeof digits - at, how);
}

void text_add_list(struct text *text, const char *format, va_list arguments)
{
    for (; *format; format++) {
        if (*format != '%') {
            text_add_byte(text, *format);
            continue;
        }
        struct conversion how = {.padding = ' '};
        bool is_long = false;
        format++;
        for (; *format == '-' || *format == '0'; format++)
            *format == '-' ? (how.left = true) : (how.padding = '0');
        for (; *format >= '0' && *format <= '9'; format++)
            how.width = how.width * 10 + (*format - '0');
        for (; *format == 'l' || *format == 'z'; format++)
            is_long = true;

        switch (*format) {
        case 's': {
            const char *string = va_arg(arguments, const char *);
            how.padding = ' ';
            text_add_padded(text, string, strlen(string), how);
            break;
        }
        case 'c':
            text_add_byte(text, (char)va_arg(arguments, int));
            break;
        case 'd':
        case 'i': {
            int64_t value = is_long ? va_arg(arguments, long) : va_arg(arguments, int);
            how.negative = value < 0;
            text_add_number(text, how.negative ? -(uint64_t)value : (uint64_t)value, 10, how);
            break;
        }
        case 'u':
        case 'x':
        case 'o': {
            uint64_t value = is_long ? va_arg(arguments, unsigned long) : va_arg(arguments, unsigned);
            text_add_number(text, value, *format == 'u' ? 10 : *format == 'x' ? 16 : 8, how);
            break;
        }
        default:
            text_add_byte(text, *format);
        }
    }
}

void text_add(struct text *text, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    text_add_list(text, format, arguments);
    va_end(arguments);
}

size_t text_span(const char *text, const char *set)
{
    size_t length = 0;
    while (text[length] && strchr(set, text[length]))
        length++;
    return length;
}

size_t text_until(const char *text, const char *set)
{
    size_t length = 0;
    while (text[length] && !strchr(set, text[length]))
        length++;
    return length;
}

void assertion_failed(const char *condition, const char *file, int line)
{
    log_line("%s:%d: it does not hold that %s", file, line, condition);
    __builtin_trap();
}

/* The newest bytes of the log; `log_written` counts all that ever were. */
static char log_ring[8192];
static size_t log_written;

static void log_keep(const char *text)
{
    for (; *text; text++)
        log_ring[log_written++ % sizeof log_ring] = *text;
}

void log_line(const char *format, ...)
{
    char line[240];
    struct text text = TEXT_IN(line);
    va_list arguments;
    va_start(arguments, format);
    text_add_list(&text, format, arguments);
    va_end(arguments);

    machine_log(line);
    log_keep(line);
    log_keep("\n");
}

size_t log_size(void)
{
    return log_written < sizeof log_ring ? log_written : sizeof log_ring;
}

size_t log_read(size_t offset, char *bytes, size_t room)
{
    size_t count = 0;
    for (size_t at = log_written - log_size() + offset; at < log_written && count < room; at++)
        bytes[count++] = log_ring[at % sizeof log_ring];
    return count;
}
