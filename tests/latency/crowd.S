/*
 * A thread of a crowd: one system call for ever, all of it in registers; it needs no stack.
 */
    .text
    .global crowd_thread
crowd_thread:
    syscall
    jmp crowd_thread

    .section .note.GNU-stack, "", @progbits
