#include "lib/string.h"
#include "lib/tls.h"
#include "test.h"

#include <pecan/features.h>
#include <sel4/sel4.h>

/* A program's TLS image as the linker script describes it: 24 bytes of contents, 72 bytes in all, aligned to 32. */
#define IMAGE_BYTES 24
#define BLOCK_BYTES 72
#define ALIGNMENT   32

__asm__(".pushsection .rodata\n"
        ".globl __tls_image_start, __tls_image_end, __tls_memory_size, __tls_alignment\n"
        "__tls_image_start: .ascii \"contents of the image...\"\n"
        "__tls_image_end:\n"
        ".set __tls_memory_size, 72\n"
        ".set __tls_alignment, 32\n"
        ".popsection\n");

void tls_set_base(uintptr_t base)
{
    (void)base;
}

TEST(tls, storage_ends_at_the_thread_pointer)
{
    char memory[256 + 64];

    for (unsigned shift = 0; shift < 64; shift++) {
        uintptr_t pointer = tls_init(memory + shift);
        const char *block = (const char *)(pointer - (BLOCK_BYTES + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT);

        expect_eq(pointer % ALIGNMENT, 0);
        expect_eq(*(uintptr_t *)pointer, pointer);
        expect(block >= memory + shift);
        expect(pointer + 16 <= (uintptr_t)memory + shift + tls_size());
        expect(!memcmp(block, "contents of the image...", IMAGE_BYTES));
        for (unsigned i = IMAGE_BYTES; i < BLOCK_BYTES; i++)
            expect_eq(block[i], 0);
    }
}

struct chunks {
    _Alignas(4096) seL4_BootInfo info;
    char rest[4096 - sizeof(seL4_BootInfo)];
    seL4_BootInfoHeader first;
    char contents[20];
    char second[24];
};

static struct chunks boot;

static void boot_with(seL4_Word second_id, seL4_Word second_length, seL4_Word features)
{
    seL4_Word words[3] = {second_id, second_length, features};

    boot.first = (seL4_BootInfoHeader){SEL4_BOOTINFO_HEADER_X86_ACPI_RSDP, sizeof(boot.first) + sizeof(boot.contents)};
    memcpy(boot.second, words, sizeof(words));
    boot.info.extraLen = sizeof(boot.first) + sizeof(boot.contents) + sizeof(boot.second);
}

TEST(bootinfo, chunks_are_found)
{
    boot_with(PECAN_BOOTINFO_HEADER_FEATURES, 24, PECAN_FEATURE_FOREIGN_THREADS);
    expect_ptr_eq(pecan_boot_chunk(&boot.info, SEL4_BOOTINFO_HEADER_X86_ACPI_RSDP), &boot.first);
    expect_ptr_eq(pecan_boot_chunk(&boot.info, PECAN_BOOTINFO_HEADER_FEATURES), boot.second);
    expect_ptr_eq(pecan_boot_chunk(&boot.info, SEL4_BOOTINFO_HEADER_FDT), NULL);
    expect_eq(pecan_features(&boot.info), PECAN_FEATURE_FOREIGN_THREADS);
}

TEST(bootinfo, no_features_without_the_chunk)
{
    boot_with(SEL4_BOOTINFO_HEADER_PADDING, 24, 1);
    expect_eq(pecan_features(&boot.info), 0);
    boot_with(PECAN_BOOTINFO_HEADER_FEATURES, 16, 1);
    expect_eq(pecan_features(&boot.info), 0);
}

TEST(bootinfo, a_chunk_without_length_ends_the_search)
{
    boot_with(SEL4_BOOTINFO_HEADER_PADDING, 0, 1);
    expect_ptr_eq(pecan_boot_chunk(&boot.info, SEL4_BOOTINFO_HEADER_FDT), NULL);
}
