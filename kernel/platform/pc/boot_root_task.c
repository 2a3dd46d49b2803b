#include "platform/pc/boot_root_task.h"

#include "abi/object.h"
#include "arch/x86_64/boot.h"
#include "hal/hal.h"
#include "lib/memory.h"

#define PAGE_BYTES BIT(ABI_PAGE_BITS)

struct elf_header {
    uint8_t magic[4], class, encoding, version, padding[9];
    uint16_t type, machine;
    uint32_t format_version;
    uint64_t entry, program_headers, section_headers;
    uint32_t flags;
    uint16_t header_bytes, program_header_bytes, program_header_count;
    uint16_t section_header_bytes, section_header_count, section_names;
};
static_assert(sizeof(struct elf_header) == 64, "format");
#define ELF_CLASS_64        2
#define ELF_LITTLE_ENDIAN   1
#define ELF_TYPE_EXECUTABLE 2
#define ELF_MACHINE_X86_64  62
#define ELF_SEGMENTS_MAX    128

struct elf_segment {
    uint32_t type, flags;
    uint64_t offset, address, physical_address, file_bytes, memory_bytes, alignment;
};
static_assert(sizeof(struct elf_segment) == 56, "format");
#define SEGMENT_LOAD        1
#define SEGMENT_INTERPRETER 3

static struct elf_segment segment_at(const void *file, const struct elf_header *header, unsigned index)
{
    struct elf_segment segment;
    memcpy(&segment, (const char *)file + header->program_headers + index * sizeof(segment), sizeof(segment));
    return segment;
}

static const char *check_header(const struct elf_header *header, uint64_t size)
{
    static const uint8_t magic[4] = {0x7f, 'E', 'L', 'F'};
    if (memcmp(header->magic, magic, sizeof(magic)))
        return "it is not an ELF file";
    if (header->class != ELF_CLASS_64)
        return "it is not a 64-bit ELF file";
    if (header->encoding != ELF_LITTLE_ENDIAN)
        return "it is not a little-endian ELF file";
    if (header->machine != ELF_MACHINE_X86_64)
        return "it is an ELF file for another machine than x86_64";
    if (header->type != ELF_TYPE_EXECUTABLE)
        return "it is not an executable with fixed addresses";
    if (header->program_header_count == 0)
        return "it has no program headers";
    if (header->program_header_bytes != sizeof(struct elf_segment))
        return "its program headers have an unknown size";
    if (header->program_header_count > ELF_SEGMENTS_MAX)
        return "it has too many program headers";
    if (header->program_headers > size ||
        header->program_header_count * sizeof(struct elf_segment) > size - header->program_headers)
        return "its program headers lie outside the file (is it truncated?)";
    return NULL;
}

static const char *check_segment(const struct elf_segment *segment, uint64_t size, uint64_t user_top)
{
    if (segment->type == SEGMENT_INTERPRETER)
        return "it needs a dynamic linker";
    if (segment->type != SEGMENT_LOAD || segment->memory_bytes == 0)
        return NULL;
    if (segment->file_bytes > segment->memory_bytes)
        return "a segment is larger in the file than in memory";
    if (segment->offset > size || segment->file_bytes > size - segment->offset)
        return "a segment lies outside the file (is it truncated?)";
    if (segment->address >= user_top || segment->memory_bytes > user_top - segment->address)
        return "a segment lies outside the addresses of user programs";
    return NULL;
}

static bool is_loaded(const struct elf_segment *segment)
{
    return segment->type == SEGMENT_LOAD && segment->memory_bytes > 0;
}

/* Whether the segment shares addresses with one before it. */
static bool overlaps_earlier(const void *file, const struct elf_header *header, unsigned index)
{
    struct elf_segment segment = segment_at(file, header, index);
    for (unsigned i = 0; is_loaded(&segment) && i < index; i++) {
        struct elf_segment other = segment_at(file, header, i);
        if (is_loaded(&other) && segment.address < other.address + other.memory_bytes &&
            other.address < segment.address + segment.memory_bytes)
            return true;
    }
    return false;
}

const char *root_task_check(const void *file, uint64_t size, uint64_t user_top, unsigned *segment_number,
                            struct boot_image *image)
{
    struct elf_header header;
    if (size < sizeof(header))
        return "it is shorter than an ELF header";
    memcpy(&header, file, sizeof(header));
    const char *problem = check_header(&header, size);
    uint64_t start = UINT64_MAX, end = 0;
    for (unsigned i = 0; !problem && i < header.program_header_count; i++) {
        struct elf_segment segment = segment_at(file, &header, i);
        problem = check_segment(&segment, size, user_top);
        if (!problem && overlaps_earlier(file, &header, i))
            problem = "a segment overlaps an earlier one";
        if (problem)
            *segment_number = i;
        if (problem || !is_loaded(&segment))
            continue;
        if (segment.address < start)
            start = segment.address;
        if (segment.address + segment.memory_bytes > end)
            end = segment.address + segment.memory_bytes;
    }
    if (problem)
        return problem;
    if (start >= end)
        return "it has no segment to load";
    if (!is_aligned(start, ABI_PAGE_BITS))
        return "its lowest segment does not begin on a page boundary";
    if (header.entry < start || header.entry >= end)
        return "its entry point lies outside its segments";
    if (align_up(end, ABI_PAGE_BITS) > user_top - 2 * PAGE_BYTES)
        return "it leaves no room behind it for its IPC buffer and boot information";
    *image = (struct boot_image){
        .memory = {0, align_up(end, ABI_PAGE_BITS) - start}, .virtual_start = start, .entry = header.entry};
    return NULL;
}

/* --- placing -------------------------------------------------------------------------------------------------------- */

static bool overlap(struct boot_region a, struct boot_region b)
{
    return a.start < b.end && b.start < a.end;
}

/* Where `size` bytes go: right behind the kernel, or in the lowest free region with room. */
static struct boot_region find_place(const struct region_list *ram, uint64_t kernel_end, uint64_t size)
{
    for (unsigned i = 0; i < ram->count; i++) {
        const struct boot_region *region = &ram->region[i];
        if (region->start >= kernel_end && region->end - region->start >= size)
            return (struct boot_region){region->start, region->start + size};
    }
    boot_refuse("the root task takes %lu KiB of memory, and no free region behind the kernel is that large",
                size >> 10);
}

/* The highest place for `size` bytes that does not overlap `taken`. */
static struct boot_region find_refuge(const struct region_list *ram, struct boot_region taken, uint64_t size)
{
    for (unsigned i = ram->count; i > 0; i--) {
        struct boot_region region = ram->region[i - 1];
        if (overlap(region, taken))
            region.start = taken.end;
        if (region.start < region.end && region.end - region.start >= size)
            return (struct boot_region){region.end - size, region.end};
    }
    boot_refuse("the root task's file of %lu KiB is in the way of its image, and there is no other place for it",
                size >> 10);
}

static void copy_segments(char *to, const void *file, const struct boot_image *image)
{
    struct elf_header header;
    memcpy(&header, file, sizeof(header));
    memset(to, 0, image->memory.end - image->memory.start);
    for (unsigned i = 0; i < header.program_header_count; i++) {
        struct elf_segment segment = segment_at(file, &header, i);
        if (is_loaded(&segment))
            memcpy(to + (segment.address - image->virtual_start), (const char *)file + segment.offset,
                   segment.file_bytes);
    }
}

/* The file must lie in memory that is free; else it is not what the loader loaded. */
static void check_module(const struct loader_facts *loader, const struct region_list *ram)
{
    if (!loader->has_module)
        boot_refuse("there is no root task: give it as the first module (QEMU: -initrd)");
    if (loader->module_start >= loader->module_end)
        boot_refuse("the root task's file is empty");
    for (unsigned i = 0; i < ram->count; i++)
        if (ram->region[i].start <= loader->module_start && loader->module_end <= ram->region[i].end)
            return;
    boot_refuse("the root task's file, said to be at %lx..%lx, is not in usable memory behind the kernel",
                loader->module_start, loader->module_end);
}

struct boot_image root_task_load(const struct loader_facts *loader, const struct region_list *ram, uint64_t kernel_end,
                                 uint64_t user_top)
{
    check_module(loader, ram);
    uint64_t size = loader->module_end - loader->module_start;
    const void *file = hal_window(loader->module_start);
    struct boot_image image;
    unsigned segment = ELF_SEGMENTS_MAX;
    const char *problem = root_task_check(file, size, user_top, &segment, &image);
    if (problem && segment < ELF_SEGMENTS_MAX)
        boot_refuse("the root task cannot be loaded: %s (program header %u)", problem, segment);
    if (problem)
        boot_refuse("the root task cannot be loaded: %s", problem);

    image.memory = find_place(ram, kernel_end, image.memory.end);
    if (overlap(image.memory, (struct boot_region){loader->module_start, loader->module_end})) {
        struct boot_region refuge = find_refuge(ram, image.memory, align_up(size, ABI_PAGE_BITS));
        file = memmove(hal_window(refuge.start), file, size);
    }
    copy_segments(hal_window(image.memory.start), file, &image);
    return image;
}
