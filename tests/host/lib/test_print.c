/* What the kernel's printing makes of its formats. */
#include "lib/print.h"

#include "hal_host.h"
#include "test.h"

#include <string.h>

#define expect_printed(text, ...)                                                                                      \
    do {                                                                                                               \
        host.is_quiet = true;                                                                                          \
        host.console_length = 0;                                                                                       \
        host.console[0] = 0;                                                                                           \
        print_always(__VA_ARGS__);                                                                                     \
        if (strcmp(host.console, text) != 0)                                                                           \
            test_fail(__FILE__, __LINE__, "\"%s\" is not \"%s\"", host.console, text);                                 \
    } while (0)

TEST(print, numbers_in_their_bases)
{
    expect_printed("0 7 4294967295", "%u %u %u", 0u, 7u, 4294967295u);
    expect_printed("-1 -2147483648 2147483647", "%d %d %d", -1, -2147483647 - 1, 2147483647);
    expect_printed("ff ffffffffffffffff", "%x %lx", 255u, ~0ul);
    expect_printed("-9223372036854775808 18446744073709551615", "%ld %lu", -9223372036854775807l - 1, ~0ul);
}

TEST(print, widths_and_padding)
{
    expect_printed("   42|00042|42", "%5u|%05u|%1u", 42u, 42u, 42u);
    expect_printed("0000000000001000", "%016lx", 0x1000ul);
    expect_printed("ab  |", "%-4s|", "ab");
}

TEST(print, text_and_signs)
{
    expect_printed("abc x 100%\r\n", "%s %c %d%%\n", "abc", 'x', 100);
    expect_printed("", "%s", "");
}
