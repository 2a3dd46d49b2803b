#include "personality/linux/file/cpio.h"

#include "lib/string.h"

enum {
    MAGIC_LENGTH = 6,
    FIELD_LENGTH = 8,
    FIELD_COUNT = 13,
    HEADER_LENGTH = MAGIC_LENGTH + FIELD_LENGTH * FIELD_COUNT
};
enum field {
    INODE,
    MODE,
    UID,
    GID,
    LINKS,
    MODIFIED,
    FILE_SIZE,
    MAJOR,
    MINOR,
    DEVICE_MAJOR,
    DEVICE_MINOR,
    NAME_SIZE,
    CHECK
};

static bool field_parse(const char *text, uint32_t *value)
{
    *value = 0;
    for (int i = 0; i < FIELD_LENGTH; i++) {
        char c = text[i];
        uint32_t digit = c >= '0' && c <= '9'   ? (uint32_t)(c - '0')
                         : c >= 'a' && c <= 'f' ? (uint32_t)(c - 'a' + 10)
                         : c >= 'A' && c <= 'F' ? (uint32_t)(c - 'A' + 10)
                                                : 16;
        if (digit == 16)
            return false;
        *value = *value << 4 | digit;
    }
    return true;
}

static size_t round_up_to_4(size_t value)
{
    return (value + 3) & ~(size_t)3;
}

static bool refuse(struct cpio_reader *reader, const char *problem)
{
    reader->problem = problem;
    return false;
}

bool cpio_next(struct cpio_reader *reader, struct cpio_entry *entry)
{
    size_t left = reader->size - reader->offset;
    const char *header = reader->archive + reader->offset;
    if (left < HEADER_LENGTH)
        return refuse(reader, "the archive ends inside a header (or before its TRAILER!!! entry)");
    if (memcmp(header, "070701", MAGIC_LENGTH) != 0)
        return refuse(reader, "no newc header (magic 070701) where an entry should start");

    uint32_t fields[FIELD_COUNT];
    for (int i = 0; i < FIELD_COUNT; i++) {
        if (!field_parse(header + MAGIC_LENGTH + FIELD_LENGTH * i, &fields[i]))
            return refuse(reader, "a header field is not a hexadecimal number");
    }

    size_t name_size = fields[NAME_SIZE];
    if (name_size == 0 || name_size > left - HEADER_LENGTH)
        return refuse(reader, "the name of an entry reaches beyond the end of the archive");
    const char *name = header + HEADER_LENGTH;
    if (name[name_size - 1] != 0 || memchr(name, 0, name_size) != name + name_size - 1)
        return refuse(reader, "the name of an entry is not ended by its one zero byte");

    if (strcmp(name, "TRAILER!!!") == 0)
        return false;

    size_t data_offset = round_up_to_4(HEADER_LENGTH + name_size);
    size_t data_size = fields[FILE_SIZE];
    if (data_offset > left || data_size > left - data_offset)
        return refuse(reader, "the contents of an entry reach beyond the end of the archive");

    *entry = (struct cpio_entry){
        .name = name,
        .data = header + data_offset,
        .data_size = data_size,
        .inode = fields[INODE],
        .mode = fields[MODE],
        .uid = fields[UID],
        .gid = fields[GID],
        .links = fields[LINKS],
        .modified = fields[MODIFIED],
        .device_major = fields[DEVICE_MAJOR],
        .device_minor = fields[DEVICE_MINOR],
    };
    size_t total = round_up_to_4(data_offset + data_size);
    reader->offset += total < left ? total : left;
    return true;
}
