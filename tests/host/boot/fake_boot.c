#define _GNU_SOURCE
#include "fake_boot.h"

#include "arch/x86_64/boot.h"
#include "lib/print.h"
#include "machine/layout.h"
#include "test.h"

#include <stdio.h>
#include <string.h>
#include <sys/mman.h>

#define MEMORY_BYTES (UINT64_C(4) << 30)

unsigned char *fake_memory;
char fake_refusal[256];
jmp_buf fake_refusal_jump;
bool fake_refusal_expected;

__attribute__((constructor(101))) static void make_memory(void)
{
    fake_memory = mmap(NULL, MEMORY_BYTES, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
}

void fake_memory_clear(uint64_t bytes)
{
    madvise(fake_memory, bytes, MADV_DONTNEED);
}

void fake_memory_write(uint64_t paddr, const void *data, uint64_t size)
{
    memcpy(fake_memory + paddr, data, size);
}

void fake_memory_write32(uint64_t paddr, uint32_t value)
{
    fake_memory_write(paddr, &value, sizeof(value));
}

void boot_refuse(const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(fake_refusal, sizeof(fake_refusal), format, arguments);
    va_end(arguments);
    if (!fake_refusal_expected)
        test_fail(__FILE__, __LINE__, "unexpected refusal: %s", fake_refusal);
    longjmp(fake_refusal_jump, 1);
}

void print(const char *format, ...)
{
    (void)format;
}

uint64_t fake_random(void)
{
    static uint64_t state = 0x9e3779b97f4a7c15;
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    return state;
}
