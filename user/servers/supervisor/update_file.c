#include "servers/supervisor/update_file.h"

enum { GROUP_DIGITS = 4, GROUP_BYTES = 3, DIGIT_BITS = 6, BYTE_BITS = 8, NO_DIGIT = 64 };

void update_file_begin(struct update_file *file)
{
    *file = (struct update_file){
        .bytes = file->bytes, .room = file->room, .typed_count = file->typed_count + 1, .is_typed = true};
}

static void refuse(struct update_file *file, const char *problem)
{
    if (!file->problem)
        file->problem = problem;
}

static unsigned digit_value(char digit)
{
    if (digit >= 'A' && digit <= 'Z')
        return (unsigned)(digit - 'A');
    if (digit >= 'a' && digit <= 'z')
        return (unsigned)(digit - 'a') + 26;
    if (digit >= '0' && digit <= '9')
        return (unsigned)(digit - '0') + 52;
    return digit == '+' ? 62 : digit == '/' ? 63 : NO_DIGIT;
}

/* A group is whole. Only the last one has padding, and the bits that it leaves over are 0. */
static void take_group(struct update_file *file)
{
    unsigned count = GROUP_BYTES - file->padding;
    if (file->group & ((1u << file->padding * BYTE_BITS) - 1)) {
        refuse(file, "the last digit in front of the '=' is not one that base64 writes");
    } else if (count > file->room - file->count) {
        refuse(file, "it is longer than the supervisor has room for");
    } else {
        for (unsigned i = 0; i < count; i++)
            file->bytes[file->count++] = (char)(file->group >> (GROUP_BYTES - 1 - i) * BYTE_BITS);
        file->digits = 0;
        file->group = 0;
    }
}

static void take_digit(struct update_file *file, char digit)
{
    unsigned value = digit_value(digit);
    if (digit == '=' && file->digits + 1 >= GROUP_BYTES)
        file->padding++;
    else if (value == NO_DIGIT)
        refuse(file, digit == '=' ? "a '=' where none can be" : "a character that is not base64");
    else if (file->padding)
        refuse(file, "text after a '='");
    if (file->problem)
        return;
    file->group = file->group << DIGIT_BITS | (digit == '=' ? 0 : value);
    if (++file->digits == GROUP_DIGITS)
        take_group(file);
}

static void end(struct update_file *file)
{
    file->has_ended = true;
    if (file->digits)
        refuse(file, "it ends within a group of four characters: some are lost");
    else if (file->count == 0)
        refuse(file, "there is nothing in it");
}

void update_file_key(struct update_file *file, char key)
{
    bool is_line_end = key == '\r' || key == '\n';
    if (!file->is_typed || file->has_ended)
        return;
    if (is_line_end && file->place == PLACE_DOT) {
        end(file);
    } else if (is_line_end) {
        file->place = PLACE_LINE_BEGIN;
    } else if (key == '.' && file->place == PLACE_LINE_BEGIN) {
        file->place = PLACE_DOT;
    } else {
        if (file->place == PLACE_DOT)
            refuse(file, "a character that is not base64");
        file->place = PLACE_LINE;
        if (!file->problem)
            take_digit(file, key);
    }
}
