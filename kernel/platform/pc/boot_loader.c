#include "platform/pc/boot_loader.h"

#include "arch/x86_64/boot.h"
#include "hal/hal.h"
#include "lib/memory.h"
#include "lib/print.h"

#define LOADER_MAGIC1 0x2badb002u
#define LOADER_MAGIC2 0x36d76289u

/* Before the kernel has page tables of its own the window holds one GiB, later four. */
#define EARLY_WINDOW BIT(30)
#define WINDOW       ((uint64_t)BOOT_WINDOW_GIB << 30)

#define BIOS_COM1_WORD 0x400

/* --- Multiboot 1 ---------------------------------------------------------------------------------------------------- */
struct multiboot1 {
    uint32_t flags, memory_lower, memory_upper, boot_device, command_line, module_count, modules;
    uint32_t symbols[4];
    uint32_t map_length, map;
    uint32_t drives_length, drives, configuration, loader_name, apm;
    uint32_t vbe_control, vbe_mode_information;
    uint16_t vbe_mode, vbe_interface_segment, vbe_interface_offset, vbe_interface_length;
} PACKED;
#define MULTIBOOT1_COMMAND_LINE BIT(2)
#define MULTIBOOT1_MODULES      BIT(3)
#define MULTIBOOT1_MAP          BIT(6)
#define MULTIBOOT1_VBE          BIT(11)
#define MAP_ENTRY_SIZE          20u

struct multiboot1_module {
    uint32_t start, end, command_line, reserved;
};

/* --- Multiboot 2: tags on 8-byte boundaries ------------------------------------------------------------------------------ */
struct multiboot2 {
    uint32_t size, reserved;
};
struct multiboot2_tag {
    uint32_t type, size;
};
enum {
    TAG_END = 0,
    TAG_COMMAND_LINE = 1,
    TAG_MODULE = 3,
    TAG_MAP = 6,
    TAG_FRAMEBUFFER = 8,
    TAG_RSDP1 = 14,
    TAG_RSDP2 = 15
};
struct multiboot2_module {
    struct multiboot2_tag tag;
    uint32_t start, end;
};
struct multiboot2_map {
    struct multiboot2_tag tag;
    uint32_t entry_size, version;
};
struct multiboot2_map_entry {
    uint64_t start, length;
    uint32_t type, reserved;
};
struct multiboot2_framebuffer {
    struct multiboot2_tag tag;
    struct framebuffer_chunk chunk;
} PACKED;
#define RSDP1_BYTES 20u

/* What lies at [paddr, paddr + size), or null when that is not in the part of the window below `limit`. */
static const void *loader_memory(uint64_t paddr, uint64_t size, uint64_t limit)
{
    return paddr <= limit && size <= limit - paddr ? hal_window(paddr) : NULL;
}

/* --- the command line ----------------------------------------------------------------------------------------------- */

/* Digits from `text` on, decimal or with 0x hexadecimal; ends at a space or the end. False when it is no number up to 65535. */
static bool parse_port(const char *text, uint16_t *port)
{
    unsigned base = 10;
    uint32_t value = 0;
    if (text[0] == '0' && (text[1] == 'x' || text[1] == 'X')) {
        base = 16;
        text += 2;
    }
    const char *start = text;
    for (; *text && *text != ' '; text++) {
        unsigned digit = *text >= '0' && *text <= '9'   ? (unsigned)(*text - '0')
                         : *text >= 'a' && *text <= 'f' ? (unsigned)(*text - 'a') + 10
                         : *text >= 'A' && *text <= 'F' ? (unsigned)(*text - 'A') + 10
                                                        : base;
        value = value * base + digit;
        if (digit >= base || value > UINT16_MAX)
            return false;
    }
    *port = (uint16_t)value;
    return text != start;
}

/* The value of `name` (with its '=') as a word of the line; null when it is not there. */
static const char *find_option(const char *line, const char *name)
{
    for (const char *at = line; *at; at++) {
        if (at != line && at[-1] != ' ')
            continue;
        unsigned length = 0;
        while (name[length] && at[length] == name[length])
            length++;
        if (!name[length])
            return at + length;
    }
    return NULL;
}

static void copy_line(char *line, const char *from, uint64_t size)
{
    unsigned i = 0;
    for (; from && i < size && i < LOADER_LINE_MAX - 1 && from[i]; i++)
        line[i] = from[i];
    line[i] = '\0';
}

/* The next tag behind `tag` (the first for null), or null at the end or when it does not fit. */
static const struct multiboot2_tag *next_tag(const struct multiboot2 *information, const struct multiboot2_tag *tag)
{
    uint64_t offset = sizeof(*information);
    if (tag)
        offset = align_up((uint64_t)((const char *)tag - (const char *)information) + tag->size, 3);
    if (offset + sizeof(*tag) > information->size)
        return NULL;
    tag = (const struct multiboot2_tag *)((const char *)information + offset);
    if (tag->type == TAG_END || tag->size < sizeof(*tag) || tag->size > information->size - offset)
        return NULL;
    return tag;
}

static const struct multiboot2 *multiboot2_at(uint32_t paddr, uint64_t limit)
{
    const struct multiboot2 *information = loader_memory(paddr, sizeof(*information), limit);
    return information && loader_memory(paddr, information->size, limit) ? information : NULL;
}

static void read_command_line(uint32_t magic, uint32_t information, char *line)
{
    line[0] = '\0';
    if (magic == LOADER_MAGIC1) {
        const struct multiboot1 *one = loader_memory(information, sizeof(*one), EARLY_WINDOW);
        if (one && (one->flags & MULTIBOOT1_COMMAND_LINE) && one->command_line < EARLY_WINDOW)
            copy_line(line, hal_window(one->command_line), EARLY_WINDOW - one->command_line);
    } else if (magic == LOADER_MAGIC2) {
        const struct multiboot2 *two = multiboot2_at(information, EARLY_WINDOW);
        const struct multiboot2_tag *tag = NULL;
        while (two && (tag = next_tag(two, tag)))
            if (tag->type == TAG_COMMAND_LINE)
                copy_line(line, (const char *)(tag + 1), tag->size - sizeof(*tag));
    }
}

uint16_t loader_console_port(uint32_t magic, uint32_t information)
{
    static char line[LOADER_LINE_MAX];
    uint16_t port;
    read_command_line(magic, information, line);
    const char *option = find_option(line, "console_port=");
    if (option && parse_port(option, &port))
        return port;
    memcpy(&port, hal_window(BIOS_COM1_WORD), sizeof(port));
    return port ? port : CONSOLE_DEFAULT_PORT;
}

/* --- the rest -------------------------------------------------------------------------------------------------------- */

static void add_region(struct loader_facts *facts, uint64_t start, uint64_t length, uint32_t type)
{
    if (facts->region_count == LOADER_MAP_MAX) {
        print("Pecan: more than %u memory regions: the rest is left alone\n", LOADER_MAP_MAX);
        return;
    }
    facts->region[facts->region_count++] = (struct loader_region){.start = start, .length = length, .type = type};
    unsigned index = facts->map.bytes / sizeof(struct map_entry);
    if (index == ABI_BOOT_MULTIBOOT_MAP_ENTRIES)
        return;
    facts->map.entry[index] =
        (struct map_entry){.size = MAP_ENTRY_SIZE, .start = start, .length = length, .type = type};
    facts->map.bytes += sizeof(struct map_entry);
}

static void set_module(struct loader_facts *facts, uint32_t start, uint32_t end)
{
    if (facts->has_module)
        return; /* only the first is the root task */
    facts->has_module = true;
    facts->module_start = start;
    facts->module_end = end;
}

static void read_map1(const struct multiboot1 *one, struct loader_facts *facts)
{
    const char *map = loader_memory(one->map, one->map_length, WINDOW);
    if (!(one->flags & MULTIBOOT1_MAP) || !map)
        boot_refuse("the boot loader gave no memory map");
    /* An entry's size does not count the size field itself. */
    uint64_t offset = 0;
    while (offset + sizeof(struct map_entry) <= one->map_length) {
        struct map_entry entry;
        memcpy(&entry, map + offset, sizeof(entry));
        if (entry.size < MAP_ENTRY_SIZE)
            boot_refuse("the boot loader's memory map has an entry of %u bytes", entry.size);
        add_region(facts, entry.start, entry.length, entry.type);
        offset += (uint64_t)entry.size + sizeof(entry.size);
    }
}

static void read_vbe1(const struct multiboot1 *one, struct loader_facts *facts)
{
    if (!(one->flags & MULTIBOOT1_VBE))
        return;
    const void *control = loader_memory(one->vbe_control, sizeof(facts->vbe.control), WINDOW);
    const void *mode = loader_memory(one->vbe_mode_information, sizeof(facts->vbe.mode_information), WINDOW);
    if (!one->vbe_control || !one->vbe_mode_information || !control || !mode)
        return;
    memcpy(facts->vbe.control, control, sizeof(facts->vbe.control));
    memcpy(facts->vbe.mode_information, mode, sizeof(facts->vbe.mode_information));
    facts->vbe.mode = one->vbe_mode;
    facts->vbe.interface_segment = one->vbe_interface_segment;
    facts->vbe.interface_offset = one->vbe_interface_offset;
    facts->vbe.interface_length = one->vbe_interface_length;
    facts->has_vbe = true;
}

static void read_multiboot1(uint32_t information, struct loader_facts *facts)
{
    const struct multiboot1 *one = loader_memory(information, sizeof(*one), WINDOW);
    if (!one)
        boot_refuse("the boot loader's information lies at %x, out of reach", information);
    read_map1(one, facts);
    read_vbe1(one, facts);
    const struct multiboot1_module *module = loader_memory(one->modules, sizeof(*module), WINDOW);
    if ((one->flags & MULTIBOOT1_MODULES) && one->module_count > 0 && module)
        set_module(facts, module->start, module->end);
}

static void read_map2(const struct multiboot2_map *map, struct loader_facts *facts)
{
    if (map->tag.size < sizeof(*map) || map->entry_size < sizeof(struct multiboot2_map_entry))
        boot_refuse("the boot loader's memory map has entries of %u bytes", map->entry_size);
    for (uint64_t offset = sizeof(*map); offset + map->entry_size <= map->tag.size; offset += map->entry_size) {
        struct multiboot2_map_entry entry;
        memcpy(&entry, (const char *)map + offset, sizeof(entry));
        add_region(facts, entry.start, entry.length, entry.type);
    }
}

static void read_rsdp2(const struct multiboot2_tag *tag, unsigned size, struct loader_facts *facts)
{
    if (tag->size - sizeof(*tag) < size)
        return;
    memset(facts->rsdp.bytes, 0, RSDP_BYTES);
    memcpy(facts->rsdp.bytes, tag + 1, size);
    facts->rsdp.is_present = true;
}

static void read_multiboot2(uint32_t information, struct loader_facts *facts)
{
    const struct multiboot2 *two = multiboot2_at(information, WINDOW);
    if (!two)
        boot_refuse("the boot loader's information at %x goes out of reach", information);
    const struct multiboot2_tag *tag = NULL;
    while ((tag = next_tag(two, tag))) {
        const void *content = tag;
        if (tag->type == TAG_MODULE && tag->size >= sizeof(struct multiboot2_module)) {
            const struct multiboot2_module *module = content;
            set_module(facts, module->start, module->end);
        } else if (tag->type == TAG_MAP && facts->region_count == 0) {
            read_map2(content, facts);
        } else if (tag->type == TAG_FRAMEBUFFER && tag->size >= sizeof(struct multiboot2_framebuffer)) {
            memcpy(&facts->framebuffer, tag + 1, sizeof(facts->framebuffer));
            facts->has_framebuffer = true;
        } else if (tag->type == TAG_RSDP1 && !facts->rsdp.is_present) {
            read_rsdp2(tag, RSDP1_BYTES, facts);
        } else if (tag->type == TAG_RSDP2) {
            read_rsdp2(tag, RSDP_BYTES, facts);
        }
    }
}

void loader_read(uint32_t magic, uint32_t information, struct loader_facts *facts)
{
    if (magic == LOADER_MAGIC1)
        read_multiboot1(information, facts);
    else if (magic == LOADER_MAGIC2)
        read_multiboot2(information, facts);
    else
        boot_refuse("the boot loader speaks neither Multiboot 1 nor 2 (it left %x)", magic);
    if (facts->region_count == 0)
        boot_refuse("the boot loader gave no memory map");
}
