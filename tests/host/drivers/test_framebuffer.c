#include "drivers/framebuffer/bochs_display.h"
#include "drivers/framebuffer/loader_screen.h"

#include "machine.h"
#include "test.h"
#include <stdlib.h>

enum { MEMORY_BYTES = 2 << 20, REGISTERS = 11 };

/* A simulated display. */
static struct {
    uint16_t registers[REGISTERS];
    bool is_wild;
    uint16_t most_width;
} display;

static uint32_t display_read(void *device, size_t offset, unsigned bytes)
{
    (void)device;
    unsigned number = (unsigned)(offset - 0x500) / 2;
    expect(bytes == 2 && number < REGISTERS);
    if (display.is_wild && number)
        return machine_random() & (machine_random() % 2 ? 0xffff : 0xff);
    return display.registers[number];
}

static void display_write(void *device, size_t offset, unsigned bytes, uint32_t value)
{
    (void)device;
    unsigned number = (unsigned)(offset - 0x500) / 2;
    expect(bytes == 2 && number < REGISTERS);
    if (number == 1 && value > display.most_width)
        return;
    display.registers[number] = (uint16_t)value;
}

static struct mmio display_start(void)
{
    machine_reset();
    display.registers[0] = 0xb0c5;
    display.registers[10] = MEMORY_BYTES / 65536;
    display.most_width = 1920;
    display.is_wild = false;
    struct machine_registers registers = {0, display_read, display_write};
    return (struct mmio){machine_add_registers(BOCHS_DISPLAY_REGISTER_BYTES, registers), BOCHS_DISPLAY_REGISTER_BYTES};
}

TEST(bochs_display, the_screen_gets_the_size_that_is_asked_for)
{
    struct mmio registers = display_start();
    uint64_t address;
    uint32_t *pixels = machine_add_memory(MEMORY_BYTES, &address);
    pixels[800 * 600 - 1] = 7;
    pixels[800 * 600] = 7;
    struct framebuffer screen;
    expect(bochs_display_set_size((struct mmio){pixels, MEMORY_BYTES}, registers, 800, 600, &screen));
    expect_eq(screen.width, 800);
    expect_eq(screen.height, 600);
    expect_eq(screen.stride, 800);
    expect_eq(display.registers[3], 32);
    expect_eq(display.registers[4], 0x41);
    expect_eq(pixels[800 * 600 - 1], 0);
    expect_eq(pixels[800 * 600], 7);
}

TEST(bochs_display, sizes_that_do_not_fit_are_refused)
{
    struct mmio registers = display_start();
    uint64_t address;
    struct mmio memory = {machine_add_memory(MEMORY_BYTES, &address), MEMORY_BYTES};
    struct framebuffer screen;
    expect(!bochs_display_set_size(memory, registers, 0, 600, &screen));
    expect(!bochs_display_set_size(memory, registers, 65536, 1, &screen));
    expect(!bochs_display_set_size(memory, registers, 1024, 768, &screen)); /* 3 MiB */
    expect_eq(display.registers[4], 0);
    expect(!bochs_display_set_size(memory, registers, 1921, 1, &screen)); /* the device does not take it */
    expect(!bochs_display_set_size((struct mmio){memory.base, 4095}, registers, 32, 32, &screen));
    expect(!bochs_display_set_size(memory, (struct mmio){registers.base, 0x500}, 32, 32, &screen));
    expect(bochs_display_set_size((struct mmio){memory.base, 4096}, registers, 32, 32, &screen));
    display.registers[0] = 0xffff;
    expect(!bochs_display_set_size(memory, registers, 32, 32, &screen));
}

TEST(bochs_display, a_device_that_answers_anything_does_no_harm)
{
    struct mmio registers = display_start();
    uint64_t address;
    struct mmio memory = {machine_add_memory(4096, &address), 4096};
    display.is_wild = true;
    for (int i = 0; i < 20000; i++) {
        struct framebuffer screen;
        if (bochs_display_set_size(memory, registers, 1 + machine_random() % 64, 1 + machine_random() % 64, &screen))
            framebuffer_fill(&screen, (struct rectangle){0, 0, UINT32_MAX, UINT32_MAX}, 1);
    }
}

/* What a boot loader may say. */
enum { SCREEN_BYTES = 64 * 40 * 4, SCREEN_ADDRESS = 0xfd000000 };

static seL4_X86_BootInfo_fb_t loader_facts(uint32_t width, uint32_t height, uint32_t pitch)
{
    return (seL4_X86_BootInfo_fb_t){.header = {SEL4_BOOTINFO_HEADER_X86_FRAMEBUFFER, sizeof(seL4_X86_BootInfo_fb_t)},
                                    .addr = SCREEN_ADDRESS,
                                    .pitch = pitch,
                                    .width = width,
                                    .height = height,
                                    .bpp = 32,
                                    .type = 1};
}

static bool loader_open(seL4_X86_BootInfo_fb_t facts, struct mmio memory, struct framebuffer *screen)
{
    return loader_screen_open(&facts, memory, 32, 20, screen);
}

TEST(loader_screen, a_picture_is_in_the_middle_of_a_larger_one)
{
    uint32_t *pixels = calloc(1, SCREEN_BYTES);
    struct mmio memory = {pixels, SCREEN_BYTES};
    struct framebuffer screen;
    pixels[0] = pixels[39 * 64 + 59] = pixels[60] = 7;
    expect(loader_open(loader_facts(60, 40, 256), memory, &screen));
    expect_eq(pixels[0], 0);
    expect_eq(pixels[39 * 64 + 59], 0);
    expect_eq(pixels[60], 7); /* behind the line's end */
    expect_eq(screen.width, 32);
    expect_eq(screen.height, 20);
    expect_eq(screen.stride, 64);
    expect_eq(screen.pixels - pixels, 10 * 64 + 14);

    expect(loader_open(loader_facts(31, 19, 124), memory, &screen));
    expect_eq(screen.width, 31);
    expect_eq(screen.height, 19);
    expect_eq(screen.pixels - pixels, 0);

    seL4_X86_BootInfo_fb_t facts = loader_facts(32, 20, 128);
    facts.addr += 8;
    expect(loader_open(facts, memory, &screen));
    expect_eq(screen.pixels - pixels, 2);
    free(pixels);
}

TEST(loader_screen, what_is_none_or_not_all_there_is_refused)
{
    uint32_t *pixels = calloc(1, SCREEN_BYTES);
    struct mmio memory = {pixels, SCREEN_BYTES};
    struct framebuffer screen;
    expect(loader_open(loader_facts(64, 40, 256), memory, &screen));
    expect(!loader_open((seL4_X86_BootInfo_fb_t){0}, memory, &screen));
    expect(!loader_open(loader_facts(0, 40, 256), memory, &screen));
    expect(!loader_open(loader_facts(64, 0, 256), memory, &screen));
    expect(!loader_open(loader_facts(64, 41, 256), memory, &screen));
    expect(!loader_open(loader_facts(64, 40, 255), memory, &screen));
    expect(!loader_open(loader_facts(64, 39, 258), memory, &screen));
    expect(!loader_open(loader_facts(0x40000001, 1, 4), memory, &screen)); /* 4 bytes each: 4 in 32 bits */
    expect(!loader_open(loader_facts(1, 0x80000001, 0x80000000), memory, &screen));
    expect(!loader_open(loader_facts(1, 0xffffffff, 0xfffffffc), memory, &screen));
    const seL4_X86_BootInfo_fb_t good = loader_facts(32, 20, 128);
    seL4_X86_BootInfo_fb_t facts[9] = {good, good, good, good, good, good, good, good, good};
    facts[0].header.id = SEL4_BOOTINFO_HEADER_X86_VBE;
    facts[1].header.len--;
    facts[2].bpp = 24;
    facts[3].type = 0;  /* a palette */
    facts[4].type = 2;  /* text */
    facts[5].addr -= 4; /* in the page before */
    facts[6].addr += 2;
    facts[7].addr += SCREEN_BYTES;
    facts[8].addr = UINT64_MAX - 3;
    for (unsigned i = 0; i < sizeof facts / sizeof *facts; i++)
        expect(!loader_open(facts[i], memory, &screen));
    free(pixels);
}

TEST(loader_screen, facts_that_say_anything_do_no_harm)
{
    machine_reset();
    uint32_t *pixels = calloc(1, SCREEN_BYTES);
    struct mmio memory = {pixels, SCREEN_BYTES};
    unsigned opened = 0;
    for (int i = 0; i < 100000; i++) {
        struct framebuffer screen;
        seL4_X86_BootInfo_fb_t facts =
            loader_facts(machine_random() % 80, machine_random() % 60, 4 * (machine_random() % 80));
        if (machine_random() % 4 == 0)
            facts.addr += 4 * (machine_random() % SCREEN_BYTES);
        if (machine_random() % 4 == 0)
            facts.pitch = machine_random();
        if (machine_random() % 4 == 0)
            facts.height = machine_random();
        if (!loader_open(facts, memory, &screen))
            continue;
        opened++;
        framebuffer_fill(&screen, (struct rectangle){0, 0, UINT32_MAX, UINT32_MAX}, 1);
    }
    expect(opened > 1000);
    free(pixels);
}

TEST(framebuffer, only_what_is_on_the_screen_is_drawn)
{
    enum { WIDTH = 8, HEIGHT = 4, STRIDE = 10 };
    uint32_t *pixels = calloc(STRIDE * HEIGHT, sizeof *pixels);
    struct framebuffer screen = {pixels, WIDTH, HEIGHT, STRIDE};
    framebuffer_fill(&screen, (struct rectangle){6, 1, 100, UINT32_MAX}, 5);
    for (unsigned y = 0; y < HEIGHT; y++) {
        for (unsigned x = 0; x < STRIDE; x++)
            expect_eq(pixels[y * STRIDE + x], x >= 6 && x < WIDTH && y >= 1 ? 5 : 0);
    }
    static const uint32_t glyph[] = {1, 2, 99, 3, 4, 99};
    framebuffer_draw(&screen, (struct rectangle){7, 3, 2, 2}, glyph, 3);
    expect_eq(pixels[3 * STRIDE + 7], 1);
    framebuffer_draw(&screen, (struct rectangle){0, 0, 2, 2}, glyph, 3);
    expect_eq(pixels[1], 2);
    expect_eq(pixels[STRIDE], 3);
    framebuffer_draw(&screen, (struct rectangle){UINT32_MAX, 0, 2, 2}, glyph, 3);
    framebuffer_fill(&screen, (struct rectangle){0, HEIGHT, 1, 1}, 9);
    free(pixels);
}
