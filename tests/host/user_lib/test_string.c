#include "lib/string.h"
#include "test.h"

TEST(string, copies_of_every_length_and_alignment)
{
    char source[80], target[96];

    for (size_t length = 0; length < 40; length++) {
        for (size_t shift = 0; shift < 16; shift++) {
            for (size_t i = 0; i < sizeof(source); i++)
                source[i] = (char)(i + 1);
            memset(target, 0x55, sizeof(target));
            expect_ptr_eq(memcpy(target + shift + 8, source + 3, length), target + shift + 8);
            for (size_t i = 0; i < length; i++)
                expect_eq(target[shift + 8 + i], source[3 + i]);
            expect_eq(target[shift + 7], 0x55);
            expect_eq(target[shift + 8 + length], 0x55);
        }
    }
}

TEST(string, overlapping_moves)
{
    for (int distance = -20; distance <= 20; distance++) {
        unsigned char memory[100];

        for (unsigned i = 0; i < sizeof(memory); i++)
            memory[i] = (unsigned char)i;
        memmove(memory + 40 + distance, memory + 40, 25);
        for (unsigned i = 0; i < 25; i++)
            expect_eq(memory[40 + distance + (int)i], 40 + i);
    }
}

TEST(string, filling)
{
    unsigned char memory[40];

    for (size_t length = 0; length <= 32; length++) {
        memset(memory, 0, sizeof(memory));
        memset(memory + 1, 0x1ff, length);
        expect_eq(memory[0], 0);
        for (size_t i = 1; i <= length; i++)
            expect_eq(memory[i], 0xff);
        expect_eq(memory[length + 1], 0);
    }
}

TEST(string, comparing)
{
    expect(memcmp("abc", "abd", 3) < 0);
    expect(memcmp("\xff", "\x01", 1) > 0);
    expect_eq(memcmp("abc", "abd", 2), 0);
    expect(strcmp("abc", "abcd") < 0);
    expect(strcmp("b", "abcd") > 0);
    expect_eq(strcmp("", ""), 0);
    expect_eq(strncmp("abcx", "abcy", 3), 0);
    expect_eq(strncmp("abc", "abc", 10), 0);
}

TEST(string, searching)
{
    const char *text = "hello";

    expect_ptr_eq(strchr(text, 'l'), text + 2);
    expect_ptr_eq(strrchr(text, 'l'), text + 3);
    expect_ptr_eq(strchr(text, 0), text + 5);
    expect_ptr_eq(strchr(text, 'z'), NULL);
    expect_ptr_eq(strrchr(text, 'z'), NULL);
    expect_ptr_eq(strstr(text, "llo"), text + 2);
    expect_ptr_eq(strstr(text, ""), text);
    expect_ptr_eq(strstr(text, "lloo"), NULL);
    expect_ptr_eq(memchr(text, 'o', 5), text + 4);
    expect_ptr_eq(memchr(text, 'o', 4), NULL);
}

TEST(string, lengths)
{
    char small[4];

    expect_eq(strlen("hello"), 5);
    expect_eq(strnlen("hello", 3), 3);
    expect_eq(strlcpy(small, "hello", sizeof(small)), 5);
    expect(!strcmp(small, "hel"));
    expect_eq(strlcpy(small, "a", sizeof(small)), 1);
    expect(!strcmp(small, "a"));
    expect_eq(strlcpy(small, "abc", 0), 3);
}
