/*
 * One instruction that enters the kernel, with every register under control: the thread's area, which GS points to, holds
 * what goes in and takes what comes out. Nothing else is relied on, not even the stack pointer.
 */
#include "step.h"

#define IN(n)  %gs:(STEP_IN + 8 * (n))
#define OUT(n) %gs:(STEP_OUT + 8 * (n))
#include "../support/registers.inc"

    .text
    .global step
    .type step, @function
step:
    push_preserved
    movq %rsp, %gs:STEP_STACK
    cmpq $0, %gs:STEP_HAS_FLOATS
    je 1f
    .irp n, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15
    movups %gs:(STEP_FLOATS_IN + 16 * \n), %xmm\n
    .endr
1:  pushq %gs:STEP_FLAGS_IN
    popfq
    load_registers
    jmp *%gs:STEP_INSTRUCTION

/* A handler that skips the instruction adds 2 to its address, whether the kernel has done so already or not. */
    .macro instruction name, text:vararg
    .global \name
\name:
    \text
    nop
    nop
    jmp step_end
    .endm

    instruction step_syscall, syscall
    instruction step_undefined, ud2
    instruction step_breakpoint, int3
    instruction step_interrupt, int $0xa0
    instruction step_load, movq (%rdi), %rax
    instruction step_divide, div %ecx

step_end:
    movq %rsp, OUT(7)
    movq %gs:STEP_STACK, %rsp
    pushfq
    popq %gs:STEP_FLAGS_OUT
    pushq $0x202
    popfq
    store_registers
    xorl %eax, %eax
    movw %cs, %ax
    movq %rax, %gs:STEP_SELECTOR
    movq %fs:0, %rax
    movq %rax, %gs:STEP_TLS
    cmpq $0, %gs:STEP_HAS_FLOATS
    je 1f
    .irp n, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15
    movups %xmm\n, %gs:(STEP_FLOATS_OUT + 16 * \n)
    .endr
1:  pop_preserved
    ret
    .size step, . - step

/*
 * Keeps the processor busy for as many instructions as rdi says, BURN_ROUND at least. QEMU translates a round into next to nothing,
 * so time is cheap.
 */
    .global burn
    .type burn, @function
    .balign BURN_ROUND
burn:
1:  .fill BURN_ROUND - 2, 1, 0x90
    subq $BURN_ROUND, %rdi
    ja 1b
    ret
    .size burn, . - burn

/* Where a worker begins: rdi is the worker. */
    .global step_begin
step_begin:
    andq $-16, %rsp
    call worker_run
    ud2

    .section .note.GNU-stack, "", @progbits
