/*
 * Entry of a component on x86_64: init (the task) has set the stack pointer.
 */
    .section .text.start, "ax", @progbits
    .global _start
    .type _start, @function
_start:
    xorl %ebp, %ebp
    call microkit_main
    ud2
    .size _start, . - _start

    .section .note.GNU-stack, "", @progbits
