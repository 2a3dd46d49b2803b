#include "lib/string.h"

int memcmp(const void *a, const void *b, size_t byte_count)
{
    const unsigned char *left = a;
    const unsigned char *right = b;

    for (size_t i = 0; i < byte_count; i++)
        if (left[i] != right[i])
            return left[i] - right[i];
    return 0;
}

void *memchr(const void *memory, int byte, size_t byte_count)
{
    const unsigned char *bytes = memory;

    for (size_t i = 0; i < byte_count; i++)
        if (bytes[i] == (unsigned char)byte)
            return (void *)(bytes + i);
    return NULL;
}

size_t strnlen(const char *text, size_t limit)
{
    size_t length = 0;

    while (length < limit && text[length])
        length++;
    return length;
}

size_t strlen(const char *text)
{
    return strnlen(text, (size_t)-1);
}

int strncmp(const char *a, const char *b, size_t limit)
{
    for (size_t i = 0; i < limit; i++)
        if (a[i] != b[i] || !a[i])
            return (unsigned char)a[i] - (unsigned char)b[i];
    return 0;
}

int strcmp(const char *a, const char *b)
{
    return strncmp(a, b, (size_t)-1);
}

char *strchr(const char *text, int character)
{
    for (;; text++) {
        if (*text == (char)character)
            return (char *)text;
        if (!*text)
            return NULL;
    }
}

char *strrchr(const char *text, int character)
{
    const char *found = NULL;

    for (;; text++) {
        if (*text == (char)character)
            found = text;
        if (!*text)
            return (char *)found;
    }
}

char *strstr(const char *text, const char *part)
{
    size_t length = strlen(part);

    for (;; text++) {
        if (!strncmp(text, part, length))
            return (char *)text;
        if (!*text)
            return NULL;
    }
}

size_t strlcpy(char *dst, const char *src, size_t dst_bytes)
{
    size_t length = strlen(src);

    if (dst_bytes) {
        size_t copied = length < dst_bytes ? length : dst_bytes - 1;

        memcpy(dst, src, copied);
        dst[copied] = 0;
    }
    return length;
}
