#include "module.h"

#include "program.h"

#include <elf.h>
#include <string.h>

#define PAGE_BYTES 4096ul
#define INIT_LIMIT 0x40000000ul

static uint64_t file_place(uint64_t *end, uint64_t bytes)
{
    uint64_t offset = round_up(*end, PAGE_BYTES);
    *end = offset + bytes;
    return offset;
}

struct file_bytes module_make(const char *init_path, const struct compiled *compiled)
{
    const struct file_bytes *description = &compiled->description;
    struct program *init = program_read(init_path, init_path, "init", (struct place){init_path, 1, 1}, INIT_LIMIT);
    program_cut(init);
    struct program_part *parts = init->parts;
    size_t count = init->part_count;
    struct program_part behind = {.address =
                                      round_up(parts[count - 1].address + parts[count - 1].memory_bytes, PAGE_BYTES),
                                  .memory_bytes = description->size + compiled_description(compiled)->stage_bytes,
                                  .contents = description->data,
                                  .contents_bytes = description->size,
                                  .is_writable = true};
    Elf64_Ehdr header = {.e_ident = {ELFMAG0, ELFMAG1, ELFMAG2, ELFMAG3, ELFCLASS64, ELFDATA2LSB, EV_CURRENT},
                         .e_type = ET_EXEC,
                         .e_machine = EM_X86_64,
                         .e_version = EV_CURRENT,
                         .e_entry = init->entry,
                         .e_phoff = sizeof(header),
                         .e_ehsize = sizeof(header),
                         .e_phentsize = sizeof(Elf64_Phdr),
                         .e_phnum = (Elf64_Half)(count + 1)};
    Elf64_Phdr *segments = allocate((count + 1) * sizeof(*segments));
    uint64_t end = sizeof(header) + (count + 1) * sizeof(*segments);
    for (size_t i = 0; i <= count; i++) {
        const struct program_part *part = i < count ? &parts[i] : &behind;
        segments[i] = (Elf64_Phdr){.p_type = PT_LOAD,
                                   .p_flags = PF_R | (part->is_writable ? PF_W : PF_X),
                                   .p_offset = file_place(&end, part->contents_bytes),
                                   .p_vaddr = part->address,
                                   .p_paddr = part->address,
                                   .p_filesz = part->contents_bytes,
                                   .p_memsz = part->memory_bytes,
                                   .p_align = PAGE_BYTES};
    }
    struct file_bytes module = {allocate(end), end};
    memcpy(module.data, &header, sizeof(header));
    memcpy(module.data + sizeof(header), segments, (count + 1) * sizeof(*segments));
    for (size_t i = 0; i <= count; i++)
        memcpy(module.data + segments[i].p_offset, i < count ? parts[i].contents : description->data,
               segments[i].p_filesz);
    return module;
}
