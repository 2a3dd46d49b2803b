/* The kernel's own memory functions, under other names, against loops. */
#include "test.h"

#include <stddef.h>

#define memcpy  kernel_memcpy
#define memmove kernel_memmove
#define memset  kernel_memset
#define memcmp  kernel_memcmp
#include "../../../kernel/lib/memory.c"

enum { BYTES = 64 };

static void fill(unsigned char *bytes)
{
    for (unsigned i = 0; i < BYTES; i++)
        bytes[i] = (unsigned char)((i * 7 + 3) % 200);
}

TEST(memory, copies_and_moves_exactly_what_is_asked)
{
    for (unsigned from = 0; from < 20; from++)
        for (unsigned to = 0; to < 20; to++)
            for (unsigned size = 0; size < 40; size++) {
                unsigned char moved[BYTES], copied[BYTES], source[BYTES];
                fill(moved);
                fill(source);
                for (unsigned i = 0; i < BYTES; i++)
                    copied[i] = 0;
                expect(kernel_memmove(moved + to, moved + from, size) == moved + to);
                expect(kernel_memcpy(copied + to, source + from, size) == copied + to);
                for (unsigned i = 0; i < BYTES; i++) {
                    bool is_inside = i >= to && i < to + size;
                    expect_eq(moved[i], is_inside ? source[i - to + from] : source[i]);
                    expect_eq(copied[i], is_inside ? source[i - to + from] : 0);
                }
            }
}

TEST(memory, sets_and_compares_exactly_what_is_asked)
{
    for (unsigned start = 0; start < 20; start++)
        for (unsigned size = 0; size < 40; size++) {
            unsigned char bytes[BYTES], other[BYTES];
            fill(bytes);
            fill(other);
            expect(kernel_memset(bytes + start, 0x1a5, size) == bytes + start);
            for (unsigned i = 0; i < BYTES; i++)
                expect_eq(bytes[i], i >= start && i < start + size ? 0xa5 : other[i]);
            expect_eq(kernel_memcmp(bytes + start, bytes + start, size), 0);
            if (size == 0)
                continue;
            fill(bytes);
            bytes[start + size - 1]++;
            expect(kernel_memcmp(bytes + start, other + start, size) > 0);
            expect(kernel_memcmp(other + start, bytes + start, size) < 0);
            expect_eq(kernel_memcmp(other + start, bytes + start, size - 1), 0);
        }
}
