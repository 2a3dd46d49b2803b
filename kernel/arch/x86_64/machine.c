/* Memory, console, and the end: the small rest of the seam. */
#include "abi/config.h"
#include "arch/x86_64/boot.h"
#include "core/cpu.h"
#include "device/lapic.h"
#include "device/uart.h"
#include "lib/print.h"
#include "lib/symbols.h"
#include "machine/instructions.h"

struct machine_facts machine_facts = {.console_port = CONSOLE_DEFAULT_PORT};
struct cpu_features cpu_features;
struct cpu boot_cpu;
struct interrupt_gate interrupt_table[VECTOR_COUNT] ALIGNED(64);
struct kernel_tables kernel_tables ALIGNED(4096);
char exception_stacks[STACK_COUNT - 1][EXCEPTION_STACK_BYTES] ALIGNED(64);

/* --- memory ------------------------------------------------------------------------------------------------------- */

bool hal_window_covers(uint64_t paddr, uint64_t size)
{
    return paddr <= machine_facts.window_end && size <= machine_facts.window_end - paddr;
}

void hal_clear(void *pointer, size_t size)
{
    uint64_t count = size / sizeof(uint64_t);
    __asm__ volatile("rep stosq" : "+D"(pointer), "+c"(count) : "a"(0) : "memory");
}

bool hal_interrupt_is_pending(void)
{
    return lapic_is_pending(VECTOR_IRQ_BASE, VECTOR_TIMER);
}

/* --- console and end -------------------------------------------------------------------------------------------------- */

void hal_console_put(char character)
{
    uart_put(machine_facts.console_port, character);
}

#define EMULATOR_EXIT_PORT  0xf4 /* of QEMU's isa-debug-exit: the exit status is twice the value and 1 */
#define EMULATOR_EXIT_HALT  0x00
#define EMULATOR_EXIT_PANIC 0x7f

void hal_halt(int status)
{
    port_out8(EMULATOR_EXIT_PORT, status ? EMULATOR_EXIT_PANIC : EMULATOR_EXIT_HALT);
    for (;;)
        __asm__ volatile("cli; hlt");
}

/* --- what a panic shows ----------------------------------------------------------------------------------------------- */

extern const char ki_rodata_end[], ki_end[];
#define BACKTRACE_MAX 24

/* A return address: the call stands before it, perhaps as the last instruction of its function. */
static void print_place(uint64_t address)
{
    const struct symbol *symbol = symbol_find(address - 1);
    if (symbol)
        print_always("  %016lx  %s + 0x%lx\n", address, symbol->name, address - symbol->address);
    else
        print_always("  %016lx\n", address);
}

void hal_backtrace(void)
{
    print_always("Backtrace:\n");
    print_place((uint64_t)__builtin_return_address(0));
    if (!CONFIG_DEBUG_BUILD)
        return; /* release builds keep no frame pointers */
    const uint64_t *frame = __builtin_frame_address(0);
    for (unsigned i = 0; i < BACKTRACE_MAX; i++) {
        frame = (const uint64_t *)frame[0];
        if ((const char *)frame < ki_rodata_end || (const char *)(frame + 2) > ki_end ||
            !is_aligned((uint64_t)frame, 3))
            return;
        print_place(frame[1]);
    }
}

void hal_print_context(const struct thread *thread)
{
    const struct user_context *context = &thread->context;
    print_always("rip %016lx  rsp %016lx  flags %lx  cs %lx\n", context->rip, context->rsp, context->rflags,
                 context->cs);
    print_always("rax %016lx  rbx %016lx  rcx %016lx  rdx %016lx\n", context->rax, context->rbx, context->rcx,
                 context->rdx);
    print_always("rsi %016lx  rdi %016lx  rbp %016lx  r8  %016lx\n", context->rsi, context->rdi, context->rbp,
                 context->r8);
    print_always("r9  %016lx  r10 %016lx  r11 %016lx  r12 %016lx\n", context->r9, context->r10, context->r11,
                 context->r12);
    print_always("r13 %016lx  r14 %016lx  r15 %016lx  fs  %016lx\n", context->r13, context->r14, context->r15,
                 context->fs_base);
}
