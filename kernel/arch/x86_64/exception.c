#include "arch/x86_64/exception.h"

#include "arch/x86_64/machine_state.h"
#include "arch/x86_64/timer.h"
#include "core/cpu.h"
#include "device/lapic.h"
#include "hal/entry.h"
#include "lib/assert.h"
#include "lib/print.h"
#include "lib/symbols.h"
#include "machine/instructions.h"

#define VECTOR_PAGE_FAULT 14
#define VECTOR_NO_FPU     7
/* Debug exceptions, `int3` and `into` leave the address behind their instruction. */
#define TRAP_VECTORS      (BIT(1) | BIT(3) | BIT(4))
#define FAULT_STATUS_BITS 5
#define FAULT_FETCH       BIT(4)
#define ERROR_CODE_BITS   28

static const char *const exception_names[] = {
    "divide error",   "debug exception",  "NMI",          "breakpoint",          "overflow",    "bound range",
    "invalid opcode", "no coprocessor",   "double fault", "coprocessor overrun", "invalid TSS", "segment not present",
    "stack fault",    "protection fault", "page fault",   "vector 15",           "x87 error",   "alignment check",
    "machine check",  "SIMD error",
};

void exception_dispatch(unsigned vector, uint64_t error)
{
    if (vector == VECTOR_NO_FPU && fpu_first_use(this_cpu()->current))
        return;
    if (vector == VECTOR_PAGE_FAULT)
        kernel_vm_fault(cr2_read(), error & mask_low(FAULT_STATUS_BITS), error & FAULT_FETCH);
    else if (UNLIKELY(TRAP_VECTORS >> vector & 1))
        kernel_user_trap(vector, 0);
    else
        kernel_user_exception(vector, error & mask_low(ERROR_CODE_BITS));
}

/* `int n`: the number that the fault reports is made of the vector and of eax. */
static void user_vector(unsigned vector)
{
    struct user_context *context = &this_cpu()->current->context;
    context->restart_pc = context->rip - 2;
    kernel_unknown_syscall((uint64_t)(int64_t)(int32_t)(vector << 24 | (context->rax & mask_low(24))));
}

/* Not a device's line. */
static NOINLINE void other_interrupt(unsigned vector)
{
    if (vector == VECTOR_TIMER) {
        lapic_end_of_interrupt();
        if (timer_has_expired())
            kernel_timer_interrupt();
    } else if (vector >= VECTOR_USER_FIRST && vector <= VECTOR_USER_LAST && !lapic_is_in_service(vector)) {
        user_vector(vector);
    } else {
        /* The spurious one, one of the old controllers, or a device's message with a vector that nobody gave out. */
        if (lapic_is_in_service(vector))
            lapic_end_of_interrupt();
        this_cpu()->machine.spurious_count++;
        kernel_spurious_interrupt();
    }
}

void interrupt_dispatch(unsigned vector)
{
    unsigned irq = vector - VECTOR_IRQ_BASE;
    if (irq < HAL_IRQ_COUNT) {
        bool is_new = irq_take(irq);
        lapic_end_of_interrupt();
        if (LIKELY(is_new))
            kernel_interrupt(irq);
        else
            kernel_spurious_interrupt();
    } else {
        other_interrupt(vector);
    }
}

void kernel_exception(unsigned vector, const struct trap_frame *frame)
{
    print_always("\nException %u (%s) in the kernel, error %lx, address %lx\n", vector,
                 vector < ARRAY_LENGTH(exception_names) ? exception_names[vector] : "?", frame->error, cr2_read());
    print_always("rip %016lx  rsp %016lx  flags %lx  cr3 %lx\n", frame->rip, frame->rsp, frame->rflags, cr3_read());
    print_always("rax %016lx  rbx %016lx  rcx %016lx  rdx %016lx\n", frame->rax, frame->rbx, frame->rcx, frame->rdx);
    print_always("rsi %016lx  rdi %016lx  rbp %016lx  r8  %016lx\n", frame->rsi, frame->rdi, frame->rbp, frame->r8);
    print_always("r9  %016lx  r10 %016lx  r11 %016lx  r12 %016lx\n", frame->r9, frame->r10, frame->r11, frame->r12);
    print_always("r13 %016lx  r14 %016lx  r15 %016lx\n", frame->r13, frame->r14, frame->r15);
    const struct symbol *symbol = symbol_find(frame->rip);
    panic("exception %u in %s", vector, symbol ? symbol->name : "the kernel");
}

void nmi_dispatch(uint64_t rip)
{
    this_cpu()->machine.nmi_count++;
    print("NMI at %lx\n", rip);
}
