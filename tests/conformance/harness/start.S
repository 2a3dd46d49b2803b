/*
 * Entry of the test programs in place of the library's: keeps the registers as the kernel made them, for the tests of the
 * initial thread's state, then goes on as the library does.
 */
#define STACK_BYTES 65536

    .section .text.start, "ax", @progbits
    .global _start
_start:
    movq %rax, entry_registers + 8 * 3(%rip)
    movq %rbx, entry_registers + 8 * 4(%rip)
    movq %rcx, entry_registers + 8 * 5(%rip)
    movq %rdx, entry_registers + 8 * 6(%rip)
    movq %rsi, entry_registers + 8 * 7(%rip)
    movq %rdi, entry_registers + 8 * 8(%rip)
    movq %rbp, entry_registers + 8 * 9(%rip)
    movq %r8, entry_registers + 8 * 10(%rip)
    movq %r9, entry_registers + 8 * 11(%rip)
    movq %r10, entry_registers + 8 * 12(%rip)
    movq %r11, entry_registers + 8 * 13(%rip)
    movq %r12, entry_registers + 8 * 14(%rip)
    movq %r13, entry_registers + 8 * 15(%rip)
    movq %r14, entry_registers + 8 * 16(%rip)
    movq %r15, entry_registers + 8 * 17(%rip)
    movq %rsp, entry_registers + 8 * 1(%rip)
    leaq stack_top(%rip), %rsp
    pushfq
    popq %rax
    movq %rax, entry_registers + 8 * 2(%rip)
    movw %ds, entry_selectors(%rip)
    movw %es, entry_selectors + 2(%rip)
    movw %fs, entry_selectors + 4(%rip)
    movw %gs, entry_selectors + 6(%rip)
    call program_start
    ud2

    .section .bss.entry, "aw", @nobits
    .balign 8
    /* A seL4_UserContext, without the pc and the bases. */
    .global entry_registers
entry_registers:
    .skip 8 * 20
    .global entry_selectors
entry_selectors:
    .skip 8
    .balign 16
    .skip STACK_BYTES
stack_top:

    .section .note.GNU-stack, "", @progbits
