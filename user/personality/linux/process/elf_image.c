#include "personality/linux/process/elf_image.h"

#include "lib/string.h"

struct elf_header {
    uint8_t magic[4], class, data, version, abi, padding[8];
    uint16_t type, machine;
    uint32_t file_version;
    uint64_t entry, program_headers, section_headers;
    uint32_t flags;
    uint16_t header_size, program_header_size, program_header_count;
    uint16_t section_header_size, section_header_count, section_names;
};
_Static_assert(sizeof(struct elf_header) == ELF_HEADER_BYTES, "Elf64_Ehdr");

struct elf_program_header {
    uint32_t type, flags;
    uint64_t offset, address, physical_address, file_size, memory_size, alignment;
};
_Static_assert(sizeof(struct elf_program_header) == ELF_PROGRAM_HEADER_BYTES, "Elf64_Phdr");

enum { CLASS_64 = 2, LITTLE_ENDIAN_DATA = 1, TYPE_EXECUTABLE = 2, TYPE_SHARED = 3, MACHINE_X86_64 = 62 };
enum { SEGMENT_LOAD = 1, SEGMENT_INTERPRETER = 3 };
enum { FLAG_EXECUTE = 1, FLAG_WRITE = 2, FLAG_READ = 4, ELF_PAGE = 4096 };

static const char *header_check(const struct elf_header *header)
{
    if (memcmp(header->magic, "\177ELF", sizeof header->magic) != 0)
        return "not an ELF file";
    if (header->class != CLASS_64 || header->data != LITTLE_ENDIAN_DATA)
        return "not a 64-bit little-endian ELF file";
    if (header->machine != MACHINE_X86_64)
        return "an ELF file for another machine";
    if (header->type != TYPE_EXECUTABLE && header->type != TYPE_SHARED)
        return "an ELF file that is not a program";
    if (header->program_header_size != ELF_PROGRAM_HEADER_BYTES)
        return "its program headers have a wrong size";
    if (header->program_header_count == 0)
        return "it has no program headers";
    return NULL;
}

static const char *segment_add(struct elf_image *image, const struct elf_program_header *header, uint64_t file_size,
                               uint64_t address_end)
{
    if (header->memory_size == 0)
        return NULL;
    if (header->file_size > header->memory_size)
        return "a segment has more bytes in the file than in memory";
    if (header->offset > file_size || header->file_size > file_size - header->offset)
        return "a segment reaches beyond the end of the file";
    if (header->memory_size > address_end || header->address > address_end - header->memory_size)
        return "a segment lies outside the addresses of programs";
    if (header->address % ELF_PAGE != header->offset % ELF_PAGE)
        return "a segment's address and file offset do not agree within a page";
    if (image->segment_count == ELF_SEGMENT_LIMIT)
        return "it has too many segments";

    uint64_t start = header->address & ~(uint64_t)(ELF_PAGE - 1);
    uint64_t end = (header->address + header->memory_size + ELF_PAGE - 1) & ~(uint64_t)(ELF_PAGE - 1);
    if (image->segment_count && start < image->end)
        return "its segments overlap or are not in ascending order";
    if (!image->segment_count)
        image->start = start;
    image->end = end;
    image->segments[image->segment_count++] = (struct elf_segment){
        .address = header->address,
        .memory_size = header->memory_size,
        .offset = header->offset,
        .file_size = header->file_size,
        .readable = header->flags & FLAG_READ,
        .writable = header->flags & FLAG_WRITE,
        .executable = header->flags & FLAG_EXECUTE,
    };
    return NULL;
}

static bool entry_is_inside(const struct elf_image *image)
{
    for (unsigned i = 0; i < image->segment_count; i++) {
        const struct elf_segment *segment = &image->segments[i];
        if (segment->executable && image->entry >= segment->address &&
            image->entry - segment->address < segment->memory_size)
            return true;
    }
    return false;
}

static void program_headers_locate(struct elf_image *image, const struct elf_header *header)
{
    for (unsigned i = 0; i < image->segment_count; i++) {
        const struct elf_segment *segment = &image->segments[i];
        if (header->program_headers >= segment->offset &&
            header->program_headers - segment->offset < segment->file_size)
            image->program_headers_address = segment->address + (header->program_headers - segment->offset);
    }
}

const char *elf_image_read(struct elf_image *image, const void *bytes, size_t available, uint64_t file_size,
                           uint64_t address_end)
{
    struct elf_header header;
    *image = (struct elf_image){0};
    if (available < sizeof header)
        return "too short for an ELF file";
    memcpy(&header, bytes, sizeof header);
    const char *problem = header_check(&header);
    if (problem)
        return problem;
    uint64_t table_size = (uint64_t)header.program_header_count * ELF_PROGRAM_HEADER_BYTES;
    if (header.program_headers > available || table_size > available - header.program_headers)
        return "its program headers are not at the beginning of the file";

    image->entry = header.entry;
    image->is_position_independent = header.type == TYPE_SHARED;
    image->program_header_count = header.program_header_count;
    for (unsigned i = 0; i < header.program_header_count; i++) {
        struct elf_program_header program;
        memcpy(&program, (const char *)bytes + header.program_headers + i * sizeof program, sizeof program);
        if (program.type == SEGMENT_LOAD) {
            problem = segment_add(image, &program, file_size, address_end);
            if (problem)
                return problem;
        } else if (program.type == SEGMENT_INTERPRETER) {
            if (program.offset > file_size || program.file_size > file_size - program.offset ||
                program.file_size == 0 || program.file_size > ELF_INTERPRETER_LIMIT)
                return "the name of its interpreter is too long or outside the file";
            image->interpreter_offset = program.offset;
            image->interpreter_size = program.file_size;
        }
    }
    if (!image->segment_count)
        return "it has nothing to load";
    if (!entry_is_inside(image))
        return "its entry is not in executable memory";
    program_headers_locate(image, &header);
    return NULL;
}
