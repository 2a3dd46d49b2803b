/*
 * The room for the file of an update: a region, which is handed to init. A file comes from a program (control.h) as it is, or is typed on the
 * console as text, in base64 (RFC 4648) with line ends anywhere, and a line with a '.' at its end. There is one file at a time. The console's goes
 * first, because it must work when the program is out of order: it ends a program's that is on its way, and a program's that comes later is
 * refused.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum update_place { PLACE_LINE_BEGIN, PLACE_LINE, PLACE_DOT /* the only character of its line so far */ };

struct update_file {
    char *bytes; /* room for so many; null and 0: there is none */
    size_t room;
    uint64_t typed_count; /* typed files that were begun */
    bool is_typed;        /* one was begun, and its update is not yet done: */
    bool has_ended;       /* its last line has come */
    const char *problem;  /* what is wrong with it, or null; what comes is dropped, up to the last line */
    size_t count;         /* bytes of it that lie in the room */
    enum update_place place;
    unsigned digits, padding; /* of a group of four */
    uint32_t group;
};

/* Begins to take a file that is typed. */
void update_file_begin(struct update_file *file);

/* Takes one byte of the text, if a file is being taken and has not ended. */
void update_file_key(struct update_file *file, char key);
