#include "lib/console.h"
#include "lib/print.h"
#include "lib/string.h"
#include "test.h"

#include <limits.h>

static char printed[256];
static size_t printed_length;

static void keep(char character)
{
    printed[printed_length++] = character;
}

void console_put(char character)
{
    keep(character);
}

void console_write(const char *text, size_t length)
{
    for (size_t i = 0; i < length; i++)
        keep(text[i]);
}

#define expect_text(wanted, ...)                                                                                       \
    do {                                                                                                               \
        char text[128];                                                                                                \
        int length = snprintf(text, sizeof(text), __VA_ARGS__);                                                        \
        if (strcmp(text, wanted) || length != (int)strlen(wanted))                                                     \
            test_fail(__FILE__, __LINE__, "printed \"%s\" (%d), not \"%s\"", text, length, wanted);                    \
    } while (0)

TEST(print, decimal_numbers)
{
    expect_text("0 1 -1", "%d %i %d", 0, 1, -1);
    expect_text("-2147483648 4294967295", "%d %u", INT_MIN, UINT_MAX);
    expect_text("-9223372036854775808", "%ld", LONG_MIN);
    expect_text("18446744073709551615 18446744073709551615", "%lu %zu", ULONG_MAX, SIZE_MAX);
    expect_text("+5  7", "%+d % d", 5, 7);
}

TEST(print, short_numbers_are_cut)
{
    expect_text("-1 255 -2 65534", "%hhd %hhu %hd %hu", (signed char)0xff, (unsigned char)0xff, (short)0xfffe,
                (unsigned short)0xfffe);
}

TEST(print, other_bases)
{
    expect_text("ff FF 0xff 0 17", "%x %X %#x %#x %o", 255, 255, 255, 0, 15);
    expect_text("0x1234", "%p", (void *)0x1234);
    expect_text("deadbeefcafe", "%llx", 0xdeadbeefcafell);
}

TEST(print, width_and_padding)
{
    expect_text("   42|42   |00042|-0042", "%5d|%-5d|%05d|%05d", 42, 42, 42, -42);
    expect_text("  007|00000000ff", "%5.3d|%010x", 7, 255);
    expect_text("   42|42   ", "%*d|%*d", 5, 42, -5, 42);
}

TEST(print, text)
{
    expect_text("abc|  abc|abc  |ab", "%s|%5s|%-5s|%.2s", "abc", "abc", "abc", "abc");
    expect_text("x|%", "%c|%%", 'x');
}

TEST(print, precision_bounds_unterminated_text)
{
    char unterminated[3] = {'a', 'b', 'c'};

    expect_text("abc", "%.3s", unterminated);
    expect_text("ab", "%.*s", 2, unterminated);
}

TEST(print, short_buffers_are_terminated)
{
    char text[4] = {'x', 'x', 'x', 'x'};

    expect_eq(snprintf(text, 3, "abcdef"), 6);
    expect(!strcmp(text, "ab"));
    expect_eq(text[3], 'x');
    expect_eq(snprintf(text, 0, "abcdef"), 6);
    expect_eq(text[0], 'a');
    expect_eq(snprintf(NULL, 0, "%d", 1234), 4);
}

TEST(print, console)
{
    printed_length = 0;
    expect_eq(printf("%s %d", "a", 1), 3);
    puts("b");
    expect(!memcmp(printed, "a 1b\n", 5));
    expect_eq(printed_length, 5);
}
