/*
 * Copying and filling memory with the string instructions. Written in assembly because a compiler would turn a loop
 * into a call to the function it is in.
 */
#include "lib/string.h"

#include <stdint.h>

#define WORD_BYTES 8

void *memcpy(void *dst, const void *src, size_t byte_count)
{
    void *to = dst;
    size_t words = byte_count / WORD_BYTES;
    size_t rest = byte_count % WORD_BYTES;

    __asm__ volatile("rep movsq" : "+D"(to), "+S"(src), "+c"(words) : : "memory");
    __asm__ volatile("rep movsb" : "+D"(to), "+S"(src), "+c"(rest) : : "memory");
    return dst;
}

void *memmove(void *dst, const void *src, size_t byte_count)
{
    if ((uintptr_t)dst - (uintptr_t)src >= byte_count)
        return memcpy(dst, src, byte_count);

    /* dst begins inside src: from the end down. */
    void *to = (char *)dst + byte_count - 1;
    const void *from = (const char *)src + byte_count - 1;

    __asm__ volatile("std\n\trep movsb\n\tcld" : "+D"(to), "+S"(from), "+c"(byte_count) : : "memory");
    return dst;
}

void *memset(void *dst, int byte, size_t byte_count)
{
    void *to = dst;
    uint64_t pattern = (uint8_t)byte * UINT64_C(0x0101010101010101);
    size_t words = byte_count / WORD_BYTES;
    size_t rest = byte_count % WORD_BYTES;

    __asm__ volatile("rep stosq" : "+D"(to), "+c"(words) : "a"(pattern) : "memory");
    __asm__ volatile("rep stosb" : "+D"(to), "+c"(rest) : "a"(pattern) : "memory");
    return dst;
}
