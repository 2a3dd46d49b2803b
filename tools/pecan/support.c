#include "support.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

_Noreturn void fail(const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    fputs("Error: ", stderr);
    vfprintf(stderr, format, arguments);
    fputc('\n', stderr);
    exit(STATUS_ERROR);
}

_Noreturn void fail_at(struct place place, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    fputs("Error: ", stderr);
    vfprintf(stderr, format, arguments);
    fprintf(stderr, "%s:%lu:%lu\n", place.file, place.line, place.column);
    exit(STATUS_ERROR);
}

void *allocate(size_t bytes)
{
    void *memory = calloc(1, bytes ? bytes : 1);
    if (!memory)
        fail("out of memory");
    return memory;
}

char *text_format(const char *format, ...)
{
    va_list arguments;
    char *text = NULL;
    va_start(arguments, format);
    if (vasprintf(&text, format, arguments) < 0)
        fail("out of memory");
    va_end(arguments);
    return text;
}

char *text_copy(const char *text)
{
    return text_format("%s", text);
}

bool text_is(const char *a, const char *b)
{
    return strcmp(a, b) == 0;
}

void *array_add(void **items, size_t *count, size_t item_bytes)
{
    /* Room is doubled at each power of two. */
    if ((*count & (*count - 1)) == 0) {
        *items = reallocarray(*items, *count ? *count * 2 : 1, item_bytes);
        if (!*items)
            fail("out of memory");
    }
    void *item = (char *)*items + *count * item_bytes;
    memset(item, 0, item_bytes);
    ++*count;
    return item;
}

bool file_read(const char *path, struct file_bytes *bytes)
{
    FILE *file = fopen(path, "rb");
    struct stat status;
    if (!file)
        return false;
    if (fstat(fileno(file), &status) || S_ISDIR(status.st_mode)) {
        errno = errno ? errno : EISDIR;
        fclose(file);
        return false;
    }
    size_t room = (size_t)status.st_size + 1;
    bytes->data = allocate(room);
    bytes->size = fread(bytes->data, 1, room - 1, file);
    bool is_good = !ferror(file);
    fclose(file);
    return is_good;
}

void file_write(const char *path, const void *data, size_t size)
{
    FILE *file = fopen(path, "wb");
    if (!file)
        fail("cannot write '%s': %s", path, strerror(errno));
    if (fwrite(data, 1, size, file) != size || fclose(file))
        fail("cannot write '%s': %s", path, strerror(errno));
}

char *search(const struct search_path *path, const char *name)
{
    struct stat status;
    if (*name == '\0')
        return NULL;
    if (*name != '/')
        for (size_t i = 0; i < path->count; i++) {
            char *candidate = text_format("%s/%s", path->folders[i], name);
            if (!stat(candidate, &status))
                return candidate;
            free(candidate);
        }
    return stat(name, &status) ? NULL : text_copy(name);
}

uint64_t round_up(uint64_t value, uint64_t unit)
{
    return (value + unit - 1) / unit * unit;
}
