/* Pieces of code that tests start threads at; worker.h says what each does. */
    .section .text.code, "ax", @progbits

    .macro code name
    .global \name
    .balign 16
\name:
    .endm

    code code_syscall
    syscall
    .global code_syscall_end
code_syscall_end:
    ud2

    code code_int3
    int3
    .global code_int3_end
code_int3_end:
    ud2

    code code_int_n
    int $0xa0
    .global code_int_n_end
code_int_n_end:
    ud2

    code code_divide
    divq %rcx
    ud2

    code code_undefined
    ud2
    ud2

    code code_load
    movq (%rdi), %rax
    ud2

    code code_store
    movq %rax, (%rdi)
    ud2

    code code_flags
    pushq %rax
    popfq
    syscall
    pushfq
    popq %rbx
    .global code_flags_end
code_flags_end:
    ud2

    code code_spin
1:  pause
    jmp 1b

    code code_count
1:  incq (%rdi)
    jmp 1b

    code code_syscall_loop
    movq %rdi, %rbx
    movq %rsi, %rbp
1:  movq %rbx, %rdi
    movq %rbp, %rsi
    syscall
    jmp 1b

    .section .note.GNU-stack, "", @progbits
