/* Root task files: right ones, wrong in each single way, and wrong at random. */
#include "fake_boot.h"
#include "machine/layout.h"
#include "platform/pc/boot_root_task.h"
#include "test.h"

#include <elf.h>
#include <string.h>

#define KERNEL_END 0x140000u
#define FILE_BYTES 0x3000u

static struct {
    Elf64_Ehdr header;
    Elf64_Phdr segment[2];
} elf;

static struct loader_facts loader;
static struct region_list ram;

/* A file with code at 0x400000 and data with bss at 0x402000, in memory at `paddr`. */
static void make_file(uint64_t paddr)
{
    fake_memory_clear(64 << 20);
    elf.header = (Elf64_Ehdr){.e_ident = {0x7f, 'E', 'L', 'F', ELFCLASS64, ELFDATA2LSB, EV_CURRENT},
                              .e_type = ET_EXEC,
                              .e_machine = EM_X86_64,
                              .e_version = EV_CURRENT,
                              .e_entry = 0x400100,
                              .e_phoff = sizeof(Elf64_Ehdr),
                              .e_ehsize = sizeof(Elf64_Ehdr),
                              .e_phentsize = sizeof(Elf64_Phdr),
                              .e_phnum = 2};
    elf.segment[0] =
        (Elf64_Phdr){.p_type = PT_LOAD, .p_offset = 0x1000, .p_vaddr = 0x400000, .p_filesz = 0x800, .p_memsz = 0x800};
    elf.segment[1] =
        (Elf64_Phdr){.p_type = PT_LOAD, .p_offset = 0x2000, .p_vaddr = 0x402010, .p_filesz = 0x100, .p_memsz = 0x5000};
    memset(fake_memory + paddr, 0xee, FILE_BYTES);
    memset(fake_memory + paddr + 0x1000, 0xc0, 0x800);
    memset(fake_memory + paddr + 0x2000, 0xda, 0x100);
    loader = (struct loader_facts){.has_module = true, .module_start = paddr, .module_end = paddr + FILE_BYTES};
    ram = (struct region_list){.count = 0};
    region_list_add(&ram, KERNEL_END, 32 << 20);
}

static struct boot_image load(void)
{
    fake_memory_write(loader.module_start, &elf, sizeof(elf));
    return root_task_load(&loader, &ram, KERNEL_END, USER_TOP);
}

static void expect_image(const struct boot_image *image, uint64_t start)
{
    expect_eq(image->memory.start, start);
    expect_eq(image->memory.end, start + 0x8000);
    expect_eq(image->virtual_start, 0x400000);
    expect_eq(image->entry, 0x400100);
    for (uint64_t i = 0; i < 0x8000; i++)
        expect_eq(fake_memory[start + i], i < 0x800 ? 0xc0 : i >= 0x2010 && i < 0x2110 ? 0xda : 0);
}

TEST(root_task, is_copied_behind_the_kernel)
{
    make_file(16 << 20);
    struct boot_image image = load();
    expect_image(&image, KERNEL_END);
}

TEST(root_task, moves_out_of_its_own_way)
{
    static const uint64_t places[] = {KERNEL_END, KERNEL_END + 0x1000, KERNEL_END + 0x7000};
    for (unsigned i = 0; i < 3; i++) {
        make_file(places[i]);
        struct boot_image image = load();
        expect_image(&image, KERNEL_END);
    }
}

TEST(root_task, goes_to_a_later_region_when_the_first_is_small)
{
    make_file(16 << 20);
    region_list_remove(&ram, KERNEL_END + 0x4000, 0x800000);
    struct boot_image image = load();
    expect_image(&image, 0x800000);
}

TEST(root_task, unaligned_end_of_memory_counts_as_a_page)
{
    make_file(16 << 20);
    elf.segment[1].p_memsz = 1;
    elf.segment[1].p_filesz = 0;
    struct boot_image image = load();
    expect_eq(image.memory.end - image.memory.start, 0x3000);
}

/* Each way to be wrong, and a part of what the refusal says. */
#define REFUSED(name, change, text)                                                                                    \
    TEST(root_task_refused, name)                                                                                      \
    {                                                                                                                  \
        make_file(16 << 20);                                                                                           \
        change;                                                                                                        \
        expect(REFUSES(load()));                                                                                       \
        expect(strstr(fake_refusal, text));                                                                            \
    }

REFUSED(missing, loader.has_module = false, "no root task")
REFUSED(empty, loader.module_end = loader.module_start, "empty")
REFUSED(backwards, loader.module_end = loader.module_start - 1, "empty")
REFUSED(inside_kernel, loader.module_start = 0x100000; loader.module_end = 0x101000, "not in usable memory")
REFUSED(beyond_memory, loader.module_end = 64 << 20, "not in usable memory")
REFUSED(tiny, loader.module_end = loader.module_start + 63, "shorter than an ELF header")
REFUSED(no_elf, elf.header.e_ident[0] = 'x', "not an ELF file")
REFUSED(class_32, elf.header.e_ident[EI_CLASS] = ELFCLASS32, "64-bit")
REFUSED(big_endian, elf.header.e_ident[EI_DATA] = ELFDATA2MSB, "little-endian")
REFUSED(machine, elf.header.e_machine = EM_AARCH64, "another machine")
REFUSED(shared, elf.header.e_type = ET_DYN, "fixed addresses")
REFUSED(object, elf.header.e_type = ET_REL, "fixed addresses")
REFUSED(no_headers, elf.header.e_phnum = 0, "no program headers")
REFUSED(header_size, elf.header.e_phentsize = 32, "unknown size")
REFUSED(many_headers, elf.header.e_phnum = 200, "too many")
REFUSED(headers_outside, elf.header.e_phoff = FILE_BYTES - 100, "outside the file")
REFUSED(headers_far, elf.header.e_phoff = UINT64_MAX, "outside the file")
REFUSED(interpreter, elf.segment[0].p_type = PT_INTERP, "dynamic linker")
REFUSED(larger_in_file, elf.segment[0].p_memsz = 0x7ff, "larger in the file")
REFUSED(truncated, loader.module_end -= 0xf01, "outside the file")
REFUSED(segment_far, elf.segment[0].p_offset = UINT64_MAX - 4, "outside the file")
REFUSED(in_kernel_space, elf.segment[0].p_vaddr = 0xffffffff80000000, "outside the addresses of user")
REFUSED(address_wraps, elf.segment[1].p_memsz = UINT64_MAX - 0x1000, "outside the addresses of user")
REFUSED(overlapping, elf.segment[1].p_vaddr = 0x4007ff, "overlaps")
REFUSED(same_place, elf.segment[1].p_vaddr = 0x400000, "overlaps")
REFUSED(nothing_to_load, elf.segment[0].p_type = elf.segment[1].p_type = PT_NOTE, "no segment to load")
REFUSED(unaligned_start, elf.segment[0].p_vaddr = 0x400010, "page boundary")
REFUSED(entry_below, elf.header.e_entry = 0x3fffff, "entry point")
REFUSED(entry_above, elf.header.e_entry = 0x407010, "entry point")
REFUSED(too_high, elf.segment[1].p_vaddr = 0x7fffffffa000, "no room behind it")
REFUSED(too_large, elf.segment[1].p_vaddr = 0x500000000, "that large")
REFUSED(no_place_for_file, region_list_remove(&ram, KERNEL_END + 0x9000, 32 << 20);
        memmove(fake_memory + KERNEL_END + 0x5000, fake_memory + loader.module_start, FILE_BYTES);
        loader.module_start = KERNEL_END + 0x5000;
        loader.module_end = loader.module_start + FILE_BYTES, "in the way of its image")

TEST(root_task_refused, names_the_segment)
{
    make_file(16 << 20);
    elf.segment[1].p_vaddr = 0x4007ff;
    expect(REFUSES(load()));
    expect(strstr(fake_refusal, "program header 1"));
}

TEST(root_task, random_damage_is_refused_or_harmless)
{
    for (unsigned round = 0; round < 20000; round++) {
        make_file(KERNEL_END + 0x1000 * (fake_random() % 16));
        for (unsigned i = 0; i <= fake_random() % 3; i++)
            ((uint8_t *)&elf)[16 + fake_random() % (sizeof(elf) - 16)] = (uint8_t)fake_random();
        struct boot_image image;
        if (REFUSES(image = load()))
            continue;
        expect(image.memory.start >= KERNEL_END && image.memory.end <= 32 << 20);
        expect(image.memory.start < image.memory.end && image.memory.start % 4096 == 0);
        expect(image.entry >= image.virtual_start);
        expect(image.entry - image.virtual_start < image.memory.end - image.memory.start);
    }
}
