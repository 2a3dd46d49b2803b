/*
 * Code that runs in a program around its signal handlers, because only the program itself can reach its x87, SSE and
 * AVX registers. It is position independent and lies in one page at TRAMPOLINE_ADDRESS.
 *
 * Entering a handler: rcx is the place for the state, r11 the handler, r10 its third argument, edx:eax the features.
 * Leaving: rcx is the place of the state, edx:eax the features; then the call CALL_SIGNAL_RETURN_END.
 */
        .section .rodata
        .balign 64
        .globl trampoline_start, trampoline_save_fx, trampoline_save_x, trampoline_restore_fx, trampoline_restore_x
        .globl trampoline_end
trampoline_start:

trampoline_save_fx:
        fxsave64 (%rcx)
        jmp enter_handler
trampoline_save_x:
        xsave64 (%rcx)
enter_handler:
        fninit
        ldmxcsr initial_mxcsr(%rip)
        movq %r10, %rdx
        xorl %eax, %eax
        jmpq *%r11

trampoline_restore_fx:
        fxrstor64 (%rcx)
        jmp leave_trampoline
trampoline_restore_x:
        xrstor64 (%rcx)
leave_trampoline:
        movl $0x50454341, %eax
        syscall
        ud2

        .balign 4
initial_mxcsr:
        .long 0x1f80
trampoline_end:

        .section .note.GNU-stack, "", @progbits
