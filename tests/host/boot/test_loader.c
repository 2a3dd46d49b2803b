/* Information from loaders: as they give it, cut short, and hostile. */
#include "fake_boot.h"
#include "machine/layout.h"
#include "platform/pc/boot_acpi.h"
#include "platform/pc/boot_loader.h"
#include "test.h"

#include <string.h>

#define MAGIC1 0x2badb002u
#define MAGIC2 0x36d76289u
#define INFO   0x9000u
#define MAP    0x9200u
#define MODULE 0x9400u
#define LINE   0x9500u

static struct loader_facts facts;

static void start(void)
{
    fake_memory_clear(4ull << 30);
    memset(&facts, 0, sizeof(facts));
}

/* One entry with `size` as its size field. */
static void put_map1(unsigned index, uint32_t size, uint64_t base, uint64_t length, uint32_t type)
{
    uint64_t at = MAP + index * 24;
    fake_memory_write32(at, size);
    fake_memory_write(at + 4, &base, 8);
    fake_memory_write(at + 12, &length, 8);
    fake_memory_write32(at + 20, type);
}

static void make_info1(const char *line)
{
    start();
    fake_memory_write32(INFO, 1 << 2 | 1 << 3 | 1 << 6);
    fake_memory_write32(INFO + 16, LINE);
    fake_memory_write(LINE, line, strlen(line) + 1);
    fake_memory_write32(INFO + 20, 2);
    fake_memory_write32(INFO + 24, MODULE);
    fake_memory_write32(MODULE, 0x200000);
    fake_memory_write32(MODULE + 4, 0x212345);
    fake_memory_write32(MODULE + 16, 0x300000);
    fake_memory_write32(INFO + 44, 48);
    fake_memory_write32(INFO + 48, MAP);
    put_map1(0, 20, 0, 0x9fc00, 1);
    put_map1(1, 20, 0x100000, 0x3f00000, 1);
}

TEST(multiboot1, is_read)
{
    make_info1("kernel32.elf");
    loader_read(MAGIC1, INFO, &facts);
    expect_eq(facts.region_count, 2);
    expect_eq(facts.region[1].start, 0x100000);
    expect_eq(facts.region[1].length, 0x3f00000);
    expect(facts.has_module && !facts.has_vbe && !facts.has_framebuffer && !facts.rsdp.is_present);
    expect_eq(facts.module_start, 0x200000);
    expect_eq(facts.module_end, 0x212345);
    expect_eq(facts.map.bytes, 48);
    expect_eq(facts.map.entry[1].size, 20);
    expect_eq(facts.map.entry[1].start, 0x100000);
}

TEST(multiboot1, vbe_is_copied)
{
    make_info1("");
    fake_memory_write32(INFO, 1 << 6 | 1 << 11);
    fake_memory_write32(INFO + 72, 0x8000);
    fake_memory_write32(INFO + 76, 0x8200);
    fake_memory_write32(INFO + 80, 0xc0000118);
    fake_memory_write32(INFO + 84, 0x00300020);
    fake_memory_write(0x8000, "VESA", 4);
    fake_memory_write(0x8200 + 255, "x", 1);
    loader_read(MAGIC1, INFO, &facts);
    expect(facts.has_vbe && !facts.has_module);
    expect(!memcmp(facts.vbe.control, "VESA", 4));
    expect_eq(facts.vbe.mode_information[255], 'x');
    expect_eq(facts.vbe.mode, 0x118);
    expect_eq(facts.vbe.interface_segment, 0xc000);
    expect_eq(facts.vbe.interface_offset, 0x20);
    expect_eq(facts.vbe.interface_length, 0x30);
}

TEST(multiboot1, more_entries_than_the_chunk_holds)
{
    make_info1("");
    fake_memory_write32(INFO + 48, 0x20000);
    fake_memory_write32(INFO + 44, 24 * 200);
    for (unsigned i = 0; i < 200; i++) {
        fake_memory_write32(0x20000 + i * 24, 20);
        fake_memory_write32(0x20000 + i * 24 + 20, 2);
    }
    loader_read(MAGIC1, INFO, &facts);
    expect_eq(facts.region_count, LOADER_MAP_MAX);
    expect_eq(facts.map.bytes, 50 * 24);
}

TEST(multiboot1, no_map_is_refused)
{
    make_info1("");
    fake_memory_write32(INFO, 1 << 3);
    expect(REFUSES(loader_read(MAGIC1, INFO, &facts)));
    make_info1("");
    fake_memory_write32(INFO + 44, 0xffffffff);
    expect(REFUSES(loader_read(MAGIC1, INFO, &facts)));
    make_info1("");
    put_map1(0, 19, 0, 0, 1);
    expect(REFUSES(loader_read(MAGIC1, INFO, &facts)));
    expect(REFUSES(loader_read(12345, INFO, &facts)));
    expect(REFUSES(loader_read(MAGIC1, 0xfffffff0, &facts)));
}

TEST(command_line, port_is_found)
{
    static const struct {
        const char *line;
        uint16_t port;
    } cases[] = {{"console_port=0x2f8", 0x2f8},
                 {"kernel debug_port=0x3e8 console_port=760 x", 760},
                 {"console_port=0X2F8", 0x2f8},
                 {"xconsole_port=0x2f8", 0x3e8},
                 {"console_port=", 0x3e8},
                 {"console_port=0x", 0x3e8},
                 {"console_port=12g", 0x3e8},
                 {"console_port=65536", 0x3e8},
                 {"console_port=99999999999999999999", 0x3e8},
                 {"console_por", 0x3e8},
                 {"", 0x3e8}};
    for (unsigned i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        make_info1(cases[i].line);
        fake_memory_write32(0x400, 0x3e8);
        expect_eq(loader_console_port(MAGIC1, INFO), cases[i].port);
    }
    make_info1("");
    expect_eq(loader_console_port(MAGIC1, INFO), 0x3f8);
    expect_eq(loader_console_port(1, 2), 0x3f8);
}

/* --- Multiboot 2 ---------------------------------------------------------------------------------------------------- */

static uint32_t tag_at;

static void put_tag(uint32_t type, const void *content, uint32_t size)
{
    fake_memory_write32(tag_at, type);
    fake_memory_write32(tag_at + 4, size + 8);
    fake_memory_write(tag_at + 8, content, size);
    tag_at = (tag_at + 8 + size + 7) & ~7u;
    fake_memory_write32(INFO, tag_at + 8 - INFO);
}

static void make_info2(void)
{
    static const struct {
        uint32_t entry_size, version;
        uint64_t base, length;
        uint32_t type, reserved;
    } map = {24, 0, 0x100000, 0x7f00000, 1, 0};
    static const uint32_t module[] = {0x200000, 0x201000, 0};
    start();
    tag_at = INFO + 8;
    put_tag(1, "console_port=0x2f8", 19);
    put_tag(3, module, sizeof(module));
    put_tag(6, &map, sizeof(map));
}

TEST(multiboot2, is_read)
{
    uint8_t framebuffer[24] = {1, 2, 3, 4, 5, 6, 7, 8};
    make_info2();
    put_tag(8, framebuffer, sizeof(framebuffer));
    put_tag(14, "RSD PTR old.........", 20);
    put_tag(15, "RSD PTR new.........................", 36);
    put_tag(14, "RSD PTR old.........", 20);
    expect_eq(loader_console_port(MAGIC2, INFO), 0x2f8);
    loader_read(MAGIC2, INFO, &facts);
    expect_eq(facts.region_count, 1);
    expect_eq(facts.region[0].length, 0x7f00000);
    expect(facts.has_module && facts.has_framebuffer && facts.rsdp.is_present);
    expect_eq(facts.module_end, 0x201000);
    expect_eq(facts.framebuffer.address, 0x0807060504030201);
    expect(!memcmp(facts.rsdp.bytes, "RSD PTR new", 11));
}

TEST(multiboot2, cut_short_anywhere)
{
    make_info2();
    uint32_t whole = tag_at + 8 - INFO;
    for (uint32_t size = 0; size < whole; size++) {
        make_info2();
        fake_memory_write32(INFO, size);
        memset(fake_memory + INFO + size, 0xff, 4096);
        if (!REFUSES(loader_read(MAGIC2, INFO, &facts)))
            expect_eq(facts.region_count, 1);
    }
}

TEST(multiboot2, hostile_sizes)
{
    static const uint32_t sizes[] = {0, 7, 8, 9, 0x7fffffff, 0xfffffff8, 0xffffffff};
    for (unsigned i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
        make_info2();
        fake_memory_write32(INFO + 12, sizes[i]);
        REFUSES(loader_read(MAGIC2, INFO, &facts));
        make_info2();
        fake_memory_write32(INFO, sizes[i]);
        REFUSES(loader_read(MAGIC2, INFO, &facts));
        loader_console_port(MAGIC2, INFO);
    }
    make_info2();
    expect(REFUSES(loader_read(MAGIC2, 0xfffffffc, &facts)));
}

TEST(loader, random_damage_ends)
{
    for (unsigned round = 0; round < 3000; round++) {
        bool is_second = fake_random() & 1;
        if (is_second)
            make_info2();
        else
            make_info1("kernel console_port=0x3f8");
        for (unsigned i = 0; i <= fake_random() % 4; i++)
            fake_memory[INFO + fake_random() % 0x600] = (uint8_t)fake_random();
        loader_console_port(is_second ? MAGIC2 : MAGIC1, INFO);
        if (REFUSES(loader_read(is_second ? MAGIC2 : MAGIC1, INFO, &facts)))
            continue;
        expect(facts.region_count > 0 && facts.region_count <= LOADER_MAP_MAX);
        expect(facts.map.bytes <= 50 * 24);
    }
}

/* --- ACPI --------------------------------------------------------------------------------------------------------------- */

static void fix_sum(uint64_t paddr, uint32_t size, unsigned where)
{
    uint8_t sum = 0;
    fake_memory[paddr + where] = 0;
    for (uint32_t i = 0; i < size; i++)
        sum += fake_memory[paddr + i];
    fake_memory[paddr + where] = (uint8_t)-sum;
}

#define RSDP  0xf1230u
#define RSDT  0x7000000u
#define XSDT  0x7001000u
#define MADT  0x7002000u
#define OTHER 0x7003000u

static void put_table(uint64_t paddr, const char *signature, uint32_t size)
{
    fake_memory_write(paddr, signature, 4);
    fake_memory_write32(paddr + 4, size);
    fix_sum(paddr, size, 9);
}

static void make_acpi(bool is_new)
{
    uint64_t xsdt = XSDT, other = OTHER, madt = MADT;
    start();
    fake_memory_write(RSDP, "RSD PTR ", 8);
    fake_memory[RSDP + 15] = is_new ? 2 : 0;
    fake_memory_write32(RSDP + 16, RSDT);
    fake_memory_write32(RSDP + 20, 36);
    if (is_new)
        fake_memory_write(RSDP + 24, &xsdt, 8);
    fix_sum(RSDP, 20, 8);
    fake_memory_write32(RSDT + 36, OTHER);
    fake_memory_write32(RSDT + 40, MADT);
    put_table(RSDT, "RSDT", 44);
    fake_memory_write(XSDT + 36, &other, 8);
    fake_memory_write(XSDT + 44, &madt, 8);
    put_table(XSDT, "XSDT", 52);
    put_table(OTHER, "FACP", 100);
    /* A local controller, then two I/O APICs. */
    fake_memory_write(MADT + 44, "\0\10\0\0\1\0\0\0", 8);
    fake_memory_write(MADT + 52, "\1\14\0\0\0\0\300\376\0\0\0\0", 12);
    fake_memory_write(MADT + 64, "\1\14\0\0\0\20\300\376\30\0\0\0", 12);
    put_table(MADT, "APIC", 76);
}

TEST(acpi, finds_io_apics)
{
    for (unsigned is_new = 0; is_new < 2; is_new++) {
        struct acpi_interrupts found;
        make_acpi(is_new);
        acpi_search(&facts.rsdp);
        expect(facts.rsdp.is_present);
        acpi_find_interrupts(&facts.rsdp, &found);
        expect_eq(found.ioapic_count, 2);
        expect_eq(found.ioapic[0], 0xfec00000);
        expect_eq(found.ioapic[1], 0xfec01000);
    }
}

TEST(acpi, damaged_tables_are_left_alone)
{
    static const uint32_t damaged[] = {RSDT + 20, MADT + 20, RSDP + 10};
    for (unsigned i = 0; i < 3; i++) {
        struct acpi_interrupts found;
        make_acpi(false);
        fake_memory[damaged[i]]++;
        acpi_search(&facts.rsdp);
        expect_eq(facts.rsdp.is_present, damaged[i] != RSDP + 10);
        acpi_find_interrupts(&facts.rsdp, &found);
        expect_eq(found.ioapic_count, 0);
    }
}

TEST(acpi, hostile_lengths_end)
{
    static const uint32_t lengths[] = {0, 35, 36, 37, 0xfffff, 0x100000, 0x7fffffff, 0xffffffff};
    for (unsigned i = 0; i < 8; i++) {
        struct acpi_interrupts found;
        make_acpi(false);
        fake_memory_write32(MADT + 4, lengths[i]);
        if (lengths[i] <= 0x100000 && lengths[i] > 9)
            fix_sum(MADT, lengths[i], 9);
        acpi_search(&facts.rsdp);
        acpi_find_interrupts(&facts.rsdp, &found);
        expect(found.ioapic_count <= 2);
        make_acpi(false);
        fake_memory[MADT + 53] = (uint8_t)lengths[i];
        fix_sum(MADT, 76, 9);
        acpi_find_interrupts(&facts.rsdp, &found);
        make_acpi(false);
        fake_memory_write32(RSDP + 16, lengths[i]);
        fix_sum(RSDP, 20, 8);
        acpi_search(&facts.rsdp);
        acpi_find_interrupts(&facts.rsdp, &found);
        expect_eq(found.ioapic_count, 0);
    }
}
