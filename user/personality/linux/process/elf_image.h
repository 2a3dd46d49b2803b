/*
 * Reading an ELF program's headers: which part of the file goes where. Nothing in the file is trusted; what is wrong
 * with it is said in words.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { ELF_SEGMENT_LIMIT = 16, ELF_INTERPRETER_LIMIT = 256, ELF_HEADER_BYTES = 64, ELF_PROGRAM_HEADER_BYTES = 56 };

struct elf_segment {
    uint64_t address, memory_size; /* where it lies, before the bias of a position independent program */
    uint64_t offset, file_size;    /* what of the file it holds; zeros follow */
    bool readable, writable, executable;
};

struct elf_image {
    uint64_t entry;
    bool is_position_independent;
    uint64_t start, end;              /* lowest and highest address, page aligned */
    uint64_t program_headers_address; /* where a program finds them in its memory; 0: nowhere */
    uint16_t program_header_count;
    uint64_t interpreter_offset, interpreter_size; /* name of the interpreter in the file; size 0: none */
    unsigned segment_count;
    struct elf_segment segments[ELF_SEGMENT_LIMIT];
};

/*
 * Checks the first `available` bytes of a file of `file_size` bytes (which must hold the program headers: one page is
 * enough for all real programs). Addresses have to be below `address_end`. Null, or what is wrong.
 */
const char *elf_image_read(struct elf_image *image, const void *bytes, size_t available, uint64_t file_size,
                           uint64_t address_end);
