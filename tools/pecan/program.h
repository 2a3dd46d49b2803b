/*
 * A program image (an ELF file) as whole pages, and the variables that it lets the tool set.
 */
#pragma once

#include "support.h"

/* Pages with the same rights, one behind the other. */
struct program_part {
    uint64_t address, memory_bytes;
    uint8_t *contents;       /* memory_bytes of them */
    uint64_t contents_bytes; /* all behind these are 0; known after program_cut */
    uint16_t *used;          /* of each page, how many bytes are contents */
    bool is_writable;
};

struct program {
    const char *path;
    const char *domain_name; /* for errors */
    struct place place;
    uint64_t entry;
    struct program_part *parts;
    size_t part_count;
    struct file_bytes symbols_file;
    const char *symbols_path;
};

/*
 * Reads the file at `path`, with the symbols of the one at `symbols_path` (the same, mostly). Fails with `place` if it
 * is not a program for this machine that can be loaded below `limit`.
 */
struct program *program_read(const char *path, const char *symbols_path, const char *domain_name, struct place place,
                             uint64_t limit);

struct program_variable {
    uint64_t address, size;
};

/* Looks a variable up; fails with `place` unless the program has exactly one of this name. */
struct program_variable program_variable(const struct program *program, const char *name, struct place place);

/* Where `size` bytes at an address of the program lie, to be written; fails if they are in no part. */
uint8_t *program_bytes(struct program *program, uint64_t address, uint64_t size, struct place place);

/*
 * When all is written: cuts parts where contents begin again behind pages without, so that each part is contents
 * and then zeros. A part's first pages may have none.
 */
void program_cut(struct program *program);

/* The part whose contents are at an address. */
const struct program_part *program_part_at(const struct program *program, uint64_t address);
