/* Segments, interrupt table, system call entry and control registers. */
#include "arch/x86_64/boot.h"
#include "arch/x86_64/entry.h"
#include "arch/x86_64/exception.h"
#include "core/cpu.h"
#include "hal/hal.h"
#include "machine/instructions.h"

#define SEGMENT_KERNEL_CODE 0x00af9b000000ffff
#define SEGMENT_KERNEL_DATA 0x00cf93000000ffff
#define SEGMENT_USER_CODE   0x00affb000000ffff
#define SEGMENT_USER_DATA   0x00cff3000000ffff
#define SEGMENT_TASK        (BIT(47) | (uint64_t)0x9 << 40) /* present, 64-bit task segment */

#define GATE_INTERRUPT       0x8e
#define GATE_OF_USER         0x60 /* user code may raise the vector */
#define VECTOR_BREAKPOINT    3
#define VECTOR_DEBUG         1
#define VECTOR_NMI           2
#define VECTOR_DOUBLE_FAULT  8
#define VECTOR_MACHINE_CHECK 18
#define FIRST_INTERRUPT      32

/* Types by index as the interface numbers them: write-back, write-through, uncached-minus, uncached, write-combining; the
 * rest as after reset. */
#define PAGE_ATTRIBUTES 0x0007040100070406

#define SYSCALL_MASK                                                                                                   \
    (FLAG_TRAP | FLAG_INTERRUPT | FLAG_DIRECTION | FLAG_IO_PRIVILEGE | FLAG_NESTED_TASK | FLAG_RESUME |                \
     FLAG_ALIGNMENT_CHECK)

struct table_pointer {
    uint16_t limit;
    uint64_t base;
} PACKED;

extern uint8_t *const boot_patches_start[], *const boot_patches_end[];

static void set_up_segments(void)
{
    struct machine_cpu *machine = &boot_cpu.machine;
    uint64_t task = (uint64_t)&machine->task;
    uint64_t *segments = machine->segments;
    segments[SELECTOR_KERNEL_CODE / 8] = SEGMENT_KERNEL_CODE;
    segments[SELECTOR_KERNEL_DATA / 8] = SEGMENT_KERNEL_DATA;
    segments[SELECTOR_TASK / 8] =
        SEGMENT_TASK | (sizeof(struct task_segment) - 1) | (task & mask_low(24)) << 16 | (task >> 24 & 0xff) << 56;
    segments[SELECTOR_TASK / 8 + 1] = task >> 32;
    segments[SELECTOR_USER_CODE / 8] = SEGMENT_USER_CODE;
    segments[SELECTOR_USER_DATA / 8] = SEGMENT_USER_DATA;
    segments[SELECTOR_USER_SYSRET / 8] = SEGMENT_USER_CODE;
    segments[SELECTOR_USER_DATA2 / 8] = SEGMENT_USER_DATA;

    machine->task.io_bitmap = sizeof(struct task_segment);
    for (unsigned i = STACK_DEBUG; i < STACK_COUNT; i++)
        machine->task.stack[i - 1] = (uint64_t)(exception_stacks[i - 1] + EXCEPTION_STACK_BYTES);

    struct table_pointer pointer = {sizeof(machine->segments) - 1, (uint64_t)segments};
    __asm__ volatile("lgdt %0" ::"m"(pointer));
    __asm__ volatile("lldt %w0" ::"r"(0));
    __asm__ volatile("ltr %w0" ::"r"(SELECTOR_TASK));
}

static void set_gate(unsigned vector, const char *entry)
{
    uint64_t offset = (uint64_t)entry;
    interrupt_table[vector] = (struct interrupt_gate){
        .offset_low = (uint16_t)offset,
        .offset_middle = (uint16_t)(offset >> 16),
        .offset_high = (uint32_t)(offset >> 32),
        .selector = SELECTOR_KERNEL_CODE,
        .type = GATE_INTERRUPT,
    };
}

static void set_up_interrupt_table(void)
{
    for (unsigned vector = 0; vector < FIRST_INTERRUPT; vector++)
        set_gate(vector, exception_stubs + vector * EXCEPTION_STUB_BYTES);
    for (unsigned vector = FIRST_INTERRUPT; vector < VECTOR_COUNT; vector++)
        set_gate(vector, interrupt_stubs + (vector - FIRST_INTERRUPT) * INTERRUPT_STUB_BYTES);
    for (unsigned vector = VECTOR_USER_FIRST; vector <= VECTOR_USER_LAST; vector++)
        interrupt_table[vector].type |= GATE_OF_USER;
    interrupt_table[VECTOR_BREAKPOINT].type |= GATE_OF_USER;
    interrupt_table[VECTOR_DEBUG].stack = STACK_DEBUG;
    interrupt_table[VECTOR_NMI].stack = STACK_NMI;
    interrupt_table[VECTOR_DOUBLE_FAULT].stack = STACK_DOUBLE_FAULT;
    interrupt_table[VECTOR_MACHINE_CHECK].stack = STACK_MACHINE_CHECK;

    struct table_pointer pointer = {sizeof(interrupt_table[0]) * VECTOR_COUNT - 1, (uint64_t)interrupt_table};
    __asm__ volatile("lidt %0" ::"m"(pointer));
}

static void set_up_system_calls(void)
{
    msr_write(MSR_EFER, msr_read(MSR_EFER) | EFER_SYSCALL);
    /* `syscall` takes code from here and data from 8 above; `sysret` code from 16 above and data from 8 above. */
    msr_write(MSR_STAR, (uint64_t)SELECTOR_USER_CODE << 48 | (uint64_t)SELECTOR_KERNEL_CODE << 32);
    hal_take_short_ways(true);
    msr_write(MSR_CSTAR, 0);
    msr_write(MSR_SYSCALL_MASK, SYSCALL_MASK);
    if (cpu_features.sysenter)
        msr_write(MSR_SYSENTER_CS, 0); /* `sysenter` faults */
}

static void set_up_control_registers(void)
{
    msr_write(MSR_PAT, PAGE_ATTRIBUTES);
    cr0_write(CR0_PROTECTED_MODE | CR0_MONITOR_COPROCESSOR | CR0_EXTENSION_TYPE | CR0_NUMERIC_ERROR |
              CR0_WRITE_PROTECT | CR0_PAGING);
    uint64_t cr4 = CR4_PHYSICAL_EXTENSION | CR4_GLOBAL_PAGES | CR4_FXSAVE | CR4_SIMD_EXCEPTIONS;
    cr4 |= CONFIG_EXPORT_PMC_USER ? CR4_USER_COUNTERS : 0;
    cr4 |= cpu_features.machine_check ? CR4_MACHINE_CHECK : 0;
    cr4 |= cpu_features.umip ? CR4_UMIP : 0;
    cr4 |= cpu_features.fsgsbase ? CR4_FSGSBASE : 0;
    cr4 |= cpu_features.xsave ? CR4_XSAVE : 0;
    cr4 |= cpu_features.smep ? CR4_SMEP : 0;
    cr4 |= cpu_features.smap ? CR4_SMAP : 0;
    cr4 |= cpu_features.pcid ? CR4_PCID : 0;
    cr4_write(cr4);
    if (cpu_features.xsave)
        xcr0_write(cpu_features.avx ? XCR0_AVX : XCR0_SSE);
}

/* Where SMAP is on, the entry code has to switch off what user code may have left on. Its pages are read-only. */
static void patch_entry_code(void)
{
    static const uint8_t clear_ac[] = {0x0f, 0x01, 0xca};
    if (!cpu_features.smap)
        return;
    for (uint8_t *const *patch = boot_patches_start; patch < boot_patches_end; patch++) {
        uint8_t *bytes = hal_window(image_paddr(*patch));
        for (unsigned i = 0; i < sizeof(clear_ac); i++)
            bytes[i] = clear_ac[i];
    }
}

void boot_set_up_processor(void)
{
    set_up_segments();
    patch_entry_code();
    set_up_interrupt_table();
    set_up_control_registers();
    set_up_system_calls();
}
