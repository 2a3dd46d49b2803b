#include "personality/linux/memory/user_memory.h"

#include "lib/string.h"
#include "personality/linux/abi/errno.h"
#include "personality/linux/support/frame.h"

void *user_piece(struct address_space *space, uint64_t address, size_t *bytes, enum access access, int64_t *error)
{
    struct page_entry *entry;
    enum access_result result = address_space_touch(space, address, access, &entry);
    if (result != ACCESS_GRANTED) {
        *error = result == ACCESS_NO_MEMORY ? -ENOMEM : -EFAULT;
        return NULL;
    }
    size_t offset = address % PAGE_SIZE;
    if (*bytes > PAGE_SIZE - offset)
        *bytes = PAGE_SIZE - offset;
    return (char *)frame_data(entry->frame) + offset;
}

size_t user_readable_bytes(struct address_space *space, uint64_t address, size_t bytes, int64_t *error)
{
    size_t readable = 0, piece;
    for (; readable < bytes; readable += piece) {
        piece = bytes - readable;
        if (!user_piece(space, address + readable, &piece, ACCESS_READ, error))
            break;
    }
    return readable;
}

int64_t user_read(struct address_space *space, void *to, uint64_t address, size_t bytes)
{
    while (bytes) {
        size_t piece = bytes;
        int64_t error;
        const void *from = user_piece(space, address, &piece, ACCESS_READ, &error);
        if (!from)
            return error;
        memcpy(to, from, piece);
        to = (char *)to + piece;
        address += piece;
        bytes -= piece;
    }
    return 0;
}

int64_t user_write(struct address_space *space, uint64_t address, const void *from, size_t bytes)
{
    while (bytes) {
        size_t piece = bytes;
        int64_t error;
        void *to = user_piece(space, address, &piece, ACCESS_WRITE, &error);
        if (!to)
            return error;
        memcpy(to, from, piece);
        from = (const char *)from + piece;
        address += piece;
        bytes -= piece;
    }
    return 0;
}

int64_t user_clear(struct address_space *space, uint64_t address, size_t bytes)
{
    while (bytes) {
        size_t piece = bytes;
        int64_t error;
        void *to = user_piece(space, address, &piece, ACCESS_WRITE, &error);
        if (!to)
            return error;
        memset(to, 0, piece);
        address += piece;
        bytes -= piece;
    }
    return 0;
}

int64_t user_string_length(struct address_space *space, uint64_t address, size_t limit)
{
    size_t length = 0;
    while (length < limit) {
        size_t piece = limit - length;
        int64_t error;
        const char *from = user_piece(space, address + length, &piece, ACCESS_READ, &error);
        if (!from)
            return error;
        const char *end = memchr(from, 0, piece);
        if (end)
            return (int64_t)(length + (size_t)(end - from));
        length += piece;
    }
    return -E2BIG;
}

int64_t user_read_string(struct address_space *space, char *to, uint64_t address, size_t room)
{
    int64_t length = user_string_length(space, address, room);
    if (length < 0)
        return length == -E2BIG ? -ENAMETOOLONG : length;
    int64_t error = user_read(space, to, address, (size_t)length);
    to[error ? 0 : length] = 0;
    return error ? error : length;
}
