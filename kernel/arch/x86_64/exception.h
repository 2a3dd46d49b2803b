/* What the entry code calls, and what it leaves on the stack when the kernel itself goes wrong. */
#pragma once

#include "lib/compiler.h"

/* Registers at an exception in kernel mode, as the entry code pushes them. */
struct trap_frame {
    uint64_t rcx, r11, r15, r14, r13, r12, r10, r9, r8, rbp, rdi, rsi, rdx, rbx, rax;
    uint64_t error, rip, cs, rflags, rsp, ss;
};

/* An exception of user code, its registers in the current context. */
void exception_dispatch(unsigned vector, uint64_t error);
/* The current thread touched the floating point unit, which trapped: true when it may, and now has it (switch.c). */
struct thread;
bool fpu_first_use(struct thread *thread);
/* An interrupt, or a vector that user code raised; from user mode or from waiting. */
void interrupt_dispatch(unsigned vector);
/* An exception that the kernel caused, or that nobody survives. */
NORETURN void kernel_exception(unsigned vector, const struct trap_frame *frame);
/* A non-maskable interrupt, anywhere; `rip` is what it interrupted. On a stack of its own, and it returns. */
void nmi_dispatch(uint64_t rip);

/* Entry points and tables of entry.S. */
extern const char exception_stubs[], interrupt_stubs[], syscall_entry[], syscall_entry_plain[];
#define EXCEPTION_STUB_BYTES 16
#define INTERRUPT_STUB_BYTES 8
