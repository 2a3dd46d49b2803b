/*
 * watch_registers(want, got, count, with_ymm). While it counts, every register has a value of its own, the stack pointer
 * too; what it needs itself is in memory.
 */
#define FLAGS       128
#define FS_WORD     136
#define GS_WORD     144
#define MXCSR       152
#define X87_CONTROL 160
#define YMM         192

#include "../support/registers.inc"

    .section .bss.watch, "aw", @nobits
    .balign 8
count:
    .skip 8
real_rsp:
    .skip 8
got:
    .skip 8
with_ymm:
    .skip 8

    .macro each_vector instruction, register, base, store
    .irp n, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15
    .ifb \store
    \instruction YMM + 32 * \n(\base), %\register\n
    .else
    \instruction %\register\n, YMM + 32 * \n(\base)
    .endif
    .endr
    .endm

    .text
    .global watch_registers
watch_registers:
    push_preserved
    movq %rsi, got
    movq %rdx, count
    movzbl %cl, %ecx
    movq %rcx, with_ymm
    movq %rsp, real_rsp

    ldmxcsr MXCSR(%rdi)
    fldcw X87_CONTROL(%rdi)
    testl %ecx, %ecx
    jz 1f
    each_vector vmovdqu, ymm, %rdi
    jmp 2f
1:  each_vector movdqu, xmm, %rdi
2:  pushq FLAGS(%rdi)
    popfq
    movq 0(%rdi), %rax
    movq 8(%rdi), %rbx
    movq 16(%rdi), %rcx
    movq 24(%rdi), %rdx
    movq 32(%rdi), %rsi
    movq 48(%rdi), %rbp
    movq 56(%rdi), %rsp
    movq 64(%rdi), %r8
    movq 72(%rdi), %r9
    movq 80(%rdi), %r10
    movq 88(%rdi), %r11
    movq 96(%rdi), %r12
    movq 104(%rdi), %r13
    movq 112(%rdi), %r14
    movq 120(%rdi), %r15
    movq 40(%rdi), %rdi

3:  subq $1, count
    jnz 3b

    xchgq %rsp, real_rsp
    pushfq
    pushq %rdi
    movq got, %rdi
    movq %rax, 0(%rdi)
    movq %rbx, 8(%rdi)
    movq %rcx, 16(%rdi)
    movq %rdx, 24(%rdi)
    movq %rsi, 32(%rdi)
    popq 40(%rdi)
    movq %rbp, 48(%rdi)
    popq FLAGS(%rdi)
    movq real_rsp, %rax
    movq %rax, 56(%rdi)
    movq %r8, 64(%rdi)
    movq %r9, 72(%rdi)
    movq %r10, 80(%rdi)
    movq %r11, 88(%rdi)
    movq %r12, 96(%rdi)
    movq %r13, 104(%rdi)
    movq %r14, 112(%rdi)
    movq %r15, 120(%rdi)
    movq %fs:0, %rax
    movq %rax, FS_WORD(%rdi)
    movq %gs:0, %rax
    movq %rax, GS_WORD(%rdi)
    stmxcsr MXCSR(%rdi)
    fnstcw X87_CONTROL(%rdi)
    pushq $0x202
    popfq
    cmpq $0, with_ymm
    je 4f
    each_vector vmovdqu, ymm, %rdi, store
    vzeroupper
    jmp 5f
4:  each_vector movdqu, xmm, %rdi, store
5:  pop_preserved
    ret

    .section .note.GNU-stack, "", @progbits
