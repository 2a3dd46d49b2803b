/* What the processor can do, and what it must. */
#include "arch/x86_64/boot.h"
#include "core/cpu.h"
#include "lib/print.h"
#include "machine/instructions.h"

/* The leaves that are looked at. */
#define LEAF_BASIC       0x1u
#define LEAF_FEATURES    0x7u
#define LEAF_XSAVE       0xdu
#define LEAF_EXTENDED    0x80000001u
#define XSAVE_AVX_OFFSET 576
#define XSAVE_AVX_SIZE   256

struct requirement {
    uint32_t leaf;
    uint8_t bit;
    const char *name;
};

/* Bits of register d. */
static const struct requirement requirements[] = {
    {LEAF_BASIC, 4, "time-stamp counter"},
    {LEAF_BASIC, 5, "model-specific registers"},
    {LEAF_BASIC, 9, "local APIC"},
    {LEAF_BASIC, 13, "global pages"},
    {LEAF_BASIC, 16, "page attribute table"},
    {LEAF_BASIC, 24, "FXSAVE"},
    {LEAF_BASIC, 26, "SSE2"},
    {LEAF_EXTENDED, 11, "SYSCALL"},
    {LEAF_EXTENDED, 26, "1 GiB pages"},
};

static struct cpuid leaf(uint32_t number, uint32_t subleaf)
{
    uint32_t highest = cpuid_read(number & 0x80000000u, 0).a;
    return number <= highest ? cpuid_read(number, subleaf) : (struct cpuid){0};
}

static bool bit(uint32_t word, unsigned number)
{
    return word >> number & 1;
}

/* Some processors' programs can read what the kernel has mapped, by speculation: docs/security.md. */
static bool leaks_supervisor_memory(void)
{
    struct cpuid vendor = cpuid_read(0, 0);
    if (vendor.b != 0x756e6547) /* "Genu"ineIntel; others are not known to */
        return false;
    return !(bit(leaf(LEAF_FEATURES, 0).d, 29) && (msr_read(MSR_ARCH_CAPABILITIES) & BIT(0)));
}

void boot_check_features(void)
{
    bool is_complete = true;
    for (unsigned i = 0; i < ARRAY_LENGTH(requirements); i++) {
        if (bit(leaf(requirements[i].leaf, 0).d, requirements[i].bit))
            continue;
        print_always("%s%s", is_complete ? "\nPecan cannot run on this processor. It lacks: " : ", ",
                     requirements[i].name);
        is_complete = false;
    }
    if (!is_complete) {
        print_always("\n");
        hal_halt(1);
    }

    struct cpuid basic = leaf(LEAF_BASIC, 0), features = leaf(LEAF_FEATURES, 0), extended = leaf(LEAF_EXTENDED, 0);
    bool has_xsave = bit(basic.c, 26);
    struct cpuid avx = has_xsave ? leaf(LEAF_XSAVE, 2) : (struct cpuid){0};
    cpu_features = (struct cpu_features){
        .fsgsbase = bit(features.b, 0),
        .xsave = has_xsave,
        .xsaveopt = has_xsave && bit(leaf(LEAF_XSAVE, 1).a, 0),
        .avx = has_xsave && bit(basic.c, 28) && avx.a == XSAVE_AVX_SIZE && avx.b == XSAVE_AVX_OFFSET,
        .tsc_deadline = bit(basic.c, 24),
        .pcid = bit(basic.c, 17),
        .smep = bit(features.b, 7),
        .smap = bit(features.b, 20),
        .umip = bit(features.c, 2),
        .no_execute = bit(extended.d, 20),
        .machine_check = bit(basic.d, 7),
        .sysenter = bit(basic.d, 11),
    };
    if (leaks_supervisor_memory())
        print("Pecan: this processor may let programs read the kernel's memory (Meltdown); see docs/security.md\n");
}
