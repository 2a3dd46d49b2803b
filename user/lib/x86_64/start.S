/*
 * Entry of a program on x86_64. The kernel passes the address of the boot information in rdi and no stack.
 */
#define STACK_BYTES 65536

    .section .text.start, "ax", @progbits
    .global _start
    .type _start, @function
_start:
    xorl %ebp, %ebp
    leaq stack_top(%rip), %rsp
    call program_start
    ud2
    .size _start, . - _start

    .section .bss.stack, "aw", @nobits
    .balign 16
    .skip STACK_BYTES
stack_top:

    .section .note.GNU-stack, "", @progbits
