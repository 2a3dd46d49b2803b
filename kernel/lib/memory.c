#include "lib/memory.h"

#include <stdint.h>

/* Keeps compilers from recognising the loops below as the very functions that they implement. */
#define KEEP_LOOP __asm__ volatile("" ::: "memory")

/* Memory read or written a word at a time, whatever its type. */
typedef uint64_t __attribute__((may_alias, aligned(1))) word;

void *memcpy(void *restrict dst, const void *restrict src, size_t size)
{
    unsigned char *to = dst;
    const unsigned char *from = src;
    for (; size >= sizeof(word); size -= sizeof(word), to += sizeof(word), from += sizeof(word)) {
        *(word *)to = *(const word *)from;
        KEEP_LOOP;
    }
    while (size-- > 0) {
        *to++ = *from++;
        KEEP_LOOP;
    }
    return dst;
}

void *memmove(void *dst, const void *src, size_t size)
{
    unsigned char *to = dst;
    const unsigned char *from = src;
    if ((uintptr_t)to - (uintptr_t)from >= size)
        return memcpy(dst, src, size); /* never overwrites what it has yet to read: ascending is right */
    for (; size >= sizeof(word); size -= sizeof(word)) {
        *(word *)(to + size - sizeof(word)) = *(const word *)(from + size - sizeof(word));
        KEEP_LOOP;
    }
    while (size-- > 0) {
        to[size] = from[size];
        KEEP_LOOP;
    }
    return dst;
}

void *memset(void *dst, int value, size_t size)
{
    unsigned char *to = dst;
    uint64_t pattern = (uint64_t)(unsigned char)value * UINT64_C(0x0101010101010101);
    for (; size >= sizeof(word); size -= sizeof(word), to += sizeof(word)) {
        *(word *)to = pattern;
        KEEP_LOOP;
    }
    while (size-- > 0) {
        *to++ = (unsigned char)value;
        KEEP_LOOP;
    }
    return dst;
}

int memcmp(const void *a, const void *b, size_t size)
{
    const unsigned char *left = a, *right = b;
    for (size_t i = 0; i < size; i++)
        if (left[i] != right[i])
            return left[i] < right[i] ? -1 : 1;
    return 0;
}
