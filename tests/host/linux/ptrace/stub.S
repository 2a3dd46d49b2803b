/*
 * The program in which a simulated address space begins: nothing but a call instruction that the tracer uses to change
 * the memory. It lies below all addresses that programs have.
 */
        .globl _start
_start:
        syscall
        int3
