#include "lib/string.h"
#include "personality/linux/process/elf_image.h"
#include "test.h"

#include <elf.h>
#include <stdlib.h>

enum { ADDRESS_LIMIT = 0x10000000, FILE_BYTES = 0x3000 };

struct program {
    Elf64_Ehdr header;
    Elf64_Phdr segments[3];
};

static struct program sample(void)
{
    struct program program = {
        .header = {.e_type = ET_EXEC,
                   .e_machine = EM_X86_64,
                   .e_version = 1,
                   .e_entry = 0x400100,
                   .e_phoff = sizeof(Elf64_Ehdr),
                   .e_ehsize = sizeof(Elf64_Ehdr),
                   .e_phentsize = sizeof(Elf64_Phdr),
                   .e_phnum = 2},
        .segments =
            {
                {PT_LOAD, PF_R | PF_X, 0, 0x400000, 0x400000, 0x1000, 0x1000, 0x1000},
                {PT_LOAD, PF_R | PF_W, 0x1234, 0x402234, 0x402234, 0x100, 0x5000, 0x1000},
            },
    };
    memcpy(program.header.e_ident, ELFMAG, SELFMAG);
    program.header.e_ident[EI_CLASS] = ELFCLASS64;
    program.header.e_ident[EI_DATA] = ELFDATA2LSB;
    return program;
}

static const char *read_program(const struct program *program, struct elf_image *image)
{
    return elf_image_read(image, program, sizeof *program, FILE_BYTES, ADDRESS_LIMIT);
}

TEST(elf, segments_are_found)
{
    struct program program = sample();
    struct elf_image image;

    expect_ptr_eq(read_program(&program, &image), NULL);
    expect_eq(image.segment_count, 2);
    expect_eq(image.start, 0x400000);
    expect_eq(image.end, 0x408000);
    expect_eq(image.program_headers_address, 0x400000 + sizeof(Elf64_Ehdr));
    expect(image.segments[0].executable && !image.segments[0].writable);
    expect(image.segments[1].writable && image.segments[1].memory_size == 0x5000);
}

#define expect_problem(change, words)                                                                                  \
    do {                                                                                                               \
        struct program program = sample();                                                                             \
        struct elf_image image;                                                                                        \
        change;                                                                                                        \
        const char *problem = read_program(&program, &image);                                                          \
        if (!problem || !strstr(problem, words))                                                                       \
            test_fail(__FILE__, __LINE__, "%s: \"%s\"", #change, problem ? problem : "");                              \
    } while (0)

TEST(elf, mistakes_are_named)
{
    expect_problem(program.header.e_ident[0] = 0, "not an ELF file");
    expect_problem(program.header.e_ident[EI_CLASS] = ELFCLASS32, "64-bit");
    expect_problem(program.header.e_ident[EI_DATA] = ELFDATA2MSB, "little-endian");
    expect_problem(program.header.e_machine = EM_AARCH64, "another machine");
    expect_problem(program.header.e_type = ET_REL, "not a program");
    expect_problem(program.header.e_phentsize = 55, "wrong size");
    expect_problem(program.header.e_phnum = 0, "no program headers");
    expect_problem(program.header.e_phnum = 200, "beginning of the file");
    expect_problem(program.header.e_phoff = -8ull, "beginning of the file");
    expect_problem(program.header.e_entry = 0x402300, "entry");
    expect_problem(program.header.e_entry = 0, "entry");
    expect_problem(program.segments[0].p_type = program.segments[1].p_type = PT_NOTE, "nothing to load");
    expect_problem(program.segments[1].p_vaddr = 0x400234, "overlap");
    expect_problem(program.segments[1].p_vaddr = 0x3f0234, "overlap or are not in ascending order");
    expect_problem(program.segments[1].p_memsz = 0x50, "more bytes in the file");
    expect_problem(program.segments[1].p_filesz = program.segments[1].p_memsz = 0x2000, "end of the file");
    expect_problem(program.segments[1].p_offset = -0x1000ull, "end of the file");
    expect_problem(program.segments[1].p_memsz = -1ull, "outside the addresses");
    expect_problem(program.segments[1].p_vaddr = ADDRESS_LIMIT - 0x1000 + 0x234, "outside the addresses");
    expect_problem(program.segments[1].p_vaddr = 0x402235, "do not agree within a page");
    expect_problem((program.header.e_phnum = 3, program.segments[2] = (Elf64_Phdr){PT_INTERP, 0, 0, 0, 0, 9999, 0, 1}),
                   "interpreter");
}

TEST(elf, every_truncation_is_refused)
{
    struct program program = sample();
    for (size_t size = 0; size < sizeof program - sizeof(Elf64_Phdr); size++) {
        struct elf_image image;
        char *copy = malloc(size);
        memcpy(copy, &program, size);
        expect(elf_image_read(&image, copy, size, FILE_BYTES, ADDRESS_LIMIT) != NULL);
        free(copy);
    }
}

TEST(elf, what_is_accepted_is_sound)
{
    srand(2);
    for (int round = 0; round < 200000; round++) {
        struct program program = sample();
        struct elf_image image;
        for (int i = rand() % 4; i >= 0; i--)
            ((char *)&program)[(unsigned)rand() % sizeof program] = (char)rand();
        if (read_program(&program, &image))
            continue;
        uint64_t end = 0;
        for (unsigned i = 0; i < image.segment_count; i++) {
            const struct elf_segment *segment = &image.segments[i];
            expect(segment->address >= end && segment->memory_size <= ADDRESS_LIMIT);
            expect(segment->file_size <= segment->memory_size && segment->offset + segment->file_size <= FILE_BYTES);
            end = segment->address + segment->memory_size;
            expect(end <= ADDRESS_LIMIT);
        }
    }
}
