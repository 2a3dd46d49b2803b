#include "program.h"

#include <elf.h>
#include <errno.h>
#include <gelf.h>
#include <libelf.h>
#include <stdlib.h>
#include <string.h>

#define PAGE_BYTES        4096ul
#define PROGRAM_BYTES_MAX (1ul << 30)

static _Noreturn void bad_file(const struct program *program, const char *path, const char *reason)
{
    fail_at(program->place, "failed to parse ELF '%s' for PD '%s': %s @ ", path, program->domain_name, reason);
}

static _Noreturn void bad(const struct program *program, const char *reason)
{
    bad_file(program, program->path, reason);
}

static Elf *open_elf(const struct program *program, const char *path, const struct file_bytes *bytes, GElf_Ehdr *header)
{
    elf_version(EV_CURRENT);
    Elf *elf = elf_memory((char *)bytes->data, bytes->size);
    if (!elf || elf_kind(elf) != ELF_K_ELF || !gelf_getehdr(elf, header))
        bad_file(program, path, "it is not an ELF file");
    if (header->e_ident[EI_CLASS] != ELFCLASS64)
        bad_file(program, path, "it is not a 64-bit ELF file");
    if (header->e_ident[EI_DATA] != ELFDATA2LSB)
        bad_file(program, path, "it is not a little-endian ELF file");
    if (header->e_machine != EM_X86_64)
        bad_file(program, path, "it is an ELF file for another machine than x86_64");
    return elf;
}

static int compare_addresses(const void *a, const void *b)
{
    uint64_t x = ((const GElf_Phdr *)a)->p_vaddr, y = ((const GElf_Phdr *)b)->p_vaddr;
    return x < y ? -1 : x > y;
}

static GElf_Phdr *read_segments(const struct program *program, Elf *elf, const struct file_bytes *bytes, size_t *count,
                                uint64_t limit)
{
    size_t header_count;
    GElf_Phdr *segments = NULL;
    if (elf_getphdrnum(elf, &header_count) || header_count == 0)
        bad(program, "it has no program headers");
    for (size_t i = 0; i < header_count; i++) {
        GElf_Phdr segment;
        if (!gelf_getphdr(elf, (int)i, &segment))
            bad(program, "its program headers lie outside the file");
        if (segment.p_type == PT_INTERP)
            bad(program, "it needs a dynamic linker");
        if (segment.p_type != PT_LOAD || segment.p_memsz == 0)
            continue;
        if (segment.p_filesz > segment.p_memsz)
            bad(program, "a segment is larger in the file than in memory");
        if (segment.p_offset > bytes->size || segment.p_filesz > bytes->size - segment.p_offset)
            bad(program, "a segment lies outside the file");
        if (segment.p_vaddr > limit || segment.p_memsz > limit - segment.p_vaddr)
            bad(program, "a segment lies outside the addresses below the stack");
        *(GElf_Phdr *)ADD(segments, *count) = segment;
    }
    if (*count == 0)
        bad(program, "it has no segment to load");
    qsort(segments, *count, sizeof(*segments), compare_addresses);
    for (size_t i = 1; i < *count; i++)
        if (segments[i].p_vaddr < segments[i - 1].p_vaddr + segments[i - 1].p_memsz)
            bad(program, "two segments overlap");
    return segments;
}

/* A part for each run of pages; segments that share a page share a part. */
static void make_parts(struct program *program, const GElf_Phdr *segments, size_t count)
{
    uint64_t total = 0;
    for (size_t i = 0; i < count; i++) {
        uint64_t start = segments[i].p_vaddr / PAGE_BYTES * PAGE_BYTES;
        uint64_t end = round_up(segments[i].p_vaddr + segments[i].p_memsz, PAGE_BYTES);
        struct program_part *last = program->part_count ? &program->parts[program->part_count - 1] : NULL;
        if (!last || start >= last->address + last->memory_bytes) {
            last = ADD(program->parts, program->part_count);
            last->address = start;
        }
        last->memory_bytes = end - last->address;
        last->is_writable |= (segments[i].p_flags & PF_W) != 0;
    }
    for (size_t i = 0; i < program->part_count; i++)
        total += program->parts[i].memory_bytes;
    if (total > PROGRAM_BYTES_MAX)
        bad(program, "it takes more than 1 GiB of memory");
}

static void fill_parts(struct program *program, const GElf_Phdr *segments, size_t count, const struct file_bytes *bytes)
{
    for (size_t i = 0; i < program->part_count; i++) {
        program->parts[i].contents = allocate(program->parts[i].memory_bytes);
        program->parts[i].used = allocate(program->parts[i].memory_bytes / PAGE_BYTES * sizeof(uint16_t));
    }
    for (size_t i = 0; i < count; i++) {
        if (segments[i].p_filesz == 0)
            continue;
        uint8_t *to = program_bytes(program, segments[i].p_vaddr, segments[i].p_filesz, program->place);
        memcpy(to, bytes->data + segments[i].p_offset, segments[i].p_filesz);
    }
}

struct program *program_read(const char *path, const char *symbols_path, const char *domain_name, struct place place,
                             uint64_t limit)
{
    struct program *program = allocate(sizeof(*program));
    struct file_bytes bytes;
    GElf_Ehdr header;
    size_t count = 0;
    *program = (struct program){.path = path, .domain_name = domain_name, .place = place, .symbols_path = symbols_path};
    if (!file_read(path, &bytes))
        bad(program, strerror(errno));
    Elf *elf = open_elf(program, path, &bytes, &header);
    if (header.e_type != ET_EXEC)
        bad(program, "it is not an executable with fixed addresses");
    GElf_Phdr *segments = read_segments(program, elf, &bytes, &count, limit);
    make_parts(program, segments, count);
    fill_parts(program, segments, count, &bytes);
    program->entry = header.e_entry;
    bool has_entry = false;
    for (size_t i = 0; i < count; i++)
        has_entry |=
            header.e_entry >= segments[i].p_vaddr && header.e_entry - segments[i].p_vaddr < segments[i].p_memsz;
    if (!has_entry)
        bad(program, "its entry point lies outside its segments");
    elf_end(elf);
    if (!file_read(symbols_path, &program->symbols_file))
        bad_file(program, symbols_path, strerror(errno));
    return program;
}

uint8_t *program_bytes(struct program *program, uint64_t address, uint64_t size, struct place place)
{
    for (size_t i = 0; i < program->part_count; i++) {
        struct program_part *part = &program->parts[i];
        uint64_t offset = address - part->address;
        if (address < part->address || offset > part->memory_bytes || size > part->memory_bytes - offset)
            continue;
        for (uint64_t start = offset / PAGE_BYTES * PAGE_BYTES; start < offset + size; start += PAGE_BYTES) {
            uint64_t used = offset + size - start < PAGE_BYTES ? offset + size - start : PAGE_BYTES;
            if (part->used[start / PAGE_BYTES] < used)
                part->used[start / PAGE_BYTES] = (uint16_t)used;
        }
        return part->contents + offset;
    }
    fail_at(place, "0x%lx is outside the segments of '%s' for PD '%s' @ ", address, program->path,
            program->domain_name);
}

void program_cut(struct program *program)
{
    struct program_part *parts = NULL;
    size_t count = 0;
    for (size_t i = 0; i < program->part_count; i++) {
        const struct program_part *whole = &program->parts[i];
        struct program_part *part = NULL;
        for (uint64_t page = 0; page < whole->memory_bytes / PAGE_BYTES; page++) {
            if (!part || (whole->used[page] && !whole->used[page - 1])) {
                part = ADD(parts, count);
                *part = (struct program_part){.address = whole->address + page * PAGE_BYTES,
                                              .contents = whole->contents + page * PAGE_BYTES,
                                              .is_writable = whole->is_writable};
            }
            if (whole->used[page])
                part->contents_bytes = part->memory_bytes + whole->used[page];
            part->memory_bytes += PAGE_BYTES;
        }
    }
    program->parts = parts;
    program->part_count = count;
}

const struct program_part *program_part_at(const struct program *program, uint64_t address)
{
    const struct program_part *part = program->parts;
    while (address < part->address || address - part->address >= part->contents_bytes)
        part++;
    return part;
}

/* The symbols of a table that have the name; the last one goes to *found. */
static size_t count_symbols(Elf *elf, Elf_Scn *section, const GElf_Shdr *header, const char *name, GElf_Sym *found)
{
    Elf_Data *data = elf_getdata(section, NULL);
    size_t matches = 0, count = header->sh_entsize ? header->sh_size / header->sh_entsize : 0;
    for (size_t i = 0; data && i < count; i++) {
        GElf_Sym symbol;
        const char *candidate;
        if (!gelf_getsym(data, (int)i, &symbol) || symbol.st_shndx == SHN_UNDEF)
            continue;
        candidate = elf_strptr(elf, header->sh_link, symbol.st_name);
        if (candidate && text_is(candidate, name)) {
            *found = symbol;
            matches++;
        }
    }
    return matches;
}

struct program_variable program_variable(const struct program *program, const char *name, struct place place)
{
    GElf_Ehdr header;
    Elf *elf = open_elf(program, program->symbols_path, &program->symbols_file, &header);
    Elf_Scn *section = NULL;
    GElf_Sym found = {0};
    size_t matches = 0;
    bool has_table = false;
    while ((section = elf_nextscn(elf, section))) {
        GElf_Shdr section_header;
        if (!gelf_getshdr(section, &section_header) || section_header.sh_type != SHT_SYMTAB)
            continue;
        has_table = true;
        matches += count_symbols(elf, section, &section_header, name, &found);
    }
    elf_end(elf);
    if (!has_table)
        bad_file(program, program->symbols_path, "it has no symbol table");
    if (matches != 1)
        fail_at(place, "%s symbol named '%s' in ELF '%s' for PD '%s' @ ", matches ? "found more than one" : "no", name,
                program->symbols_path, program->domain_name);
    return (struct program_variable){found.st_value, found.st_size};
}
