/* What the probes run. `probe_NAME` is where one begins, `fault_NAME` the address that its fault message is to report. */

#define SYSCALL_YIELD -11

    .text

    .macro PROBE name
    .globl probe_\name, fault_\name
probe_\name:
    .endm

    .macro YIELD
    mov $SYSCALL_YIELD, %rdx
    syscall
    .endm

    /* Sets the flags of \value besides those that are on. */
    .macro SET_FLAGS value
    pushfq
    orq $\value, (%rsp)
    popfq
    .endm

    /* --- one exception each ------------------------------------------------------------------------------------- */
    PROBE divide
    xor %edx, %edx
    xor %ecx, %ecx
fault_divide:
    div %ecx

    PROBE breakpoint
    int3
fault_breakpoint:
    ud2

    PROBE undefined
fault_undefined:
    ud2

    PROBE halt
fault_halt:
    hlt

    PROBE port
    mov $0x80, %dx
fault_port:
    in %dx, %al

    PROBE clear_interrupts
fault_clear_interrupts:
    cli

    PROBE swapgs
fault_swapgs:
    swapgs

    PROBE control_register
fault_control_register:
    mov %cr0, %rax

    PROBE debug_register
fault_debug_register:
    mov %rdi, %dr7

    PROBE model_register
    mov $0xc0000080, %ecx
fault_model_register:
    rdmsr

    PROBE sysret
fault_sysret:
    sysretq

    PROBE sysenter
fault_sysenter:
    sysenter

    PROBE stack
    mov $0x8000000000000000, %rax
    mov %rax, %rsp
fault_stack:
    push %rax

    PROBE data
    mov $0x8000000000000000, %rax
fault_data:
    mov (%rax), %rax

    PROBE interrupt80
fault_interrupt80:
    int $0x80

    PROBE interrupt157
fault_interrupt157:
    int $157

    PROBE interrupt255
fault_interrupt255:
    int $255

    PROBE interrupt2
fault_interrupt2:
    int $2

    PROBE interrupt14
fault_interrupt14:
    int $14

    PROBE interrupt4
fault_interrupt4:
    int $4

    PROBE kernel_segment
    push $0x08
    lea 1f(%rip), %rax
    push %rax
fault_kernel_segment:
    lretq
1:  ud2

    PROBE short_segment
    push $0x23
    lea 1f(%rip), %rax
    push %rax
fault_short_segment:
    lretq
1:  ud2

    PROBE task_segment
    push $0x1b
    lea 1f(%rip), %rax
    push %rax
fault_task_segment:
    lretq
1:  ud2

    PROBE load_segment
    mov $0x10, %eax
fault_load_segment:
    mov %eax, %ds

    PROBE kernel_return
    mov %rsp, %rax
    push $0x10
    push %rax
    pushfq
    push $0x08
    lea 1f(%rip), %rax
    push %rax
fault_kernel_return:
    iretq
1:  ud2

    PROBE x87
    fninit
    push $0x37b /* zero divide not masked */
    fldcw (%rsp)
    fld1
    fldz
    fdivrp
fault_x87:
    fwait

    PROBE floating
fault_floating:
    fninit
    ud2

    PROBE vector158
    mov $0x5123456, %eax
fault_vector158:
    int $158

    PROBE vector254
    xor %eax, %eax
fault_vector254:
    int $254

    PROBE syscall77
    mov $77, %edx
    lea -24(%rsp), %rsp
fault_syscall77:
    syscall

    PROBE store_tables
fault_store_tables:
    sgdt -16(%rsp)
    ud2

    /* --- flags: set all that user code can, then enter the kernel in every way ------------------------------------- */
#define EVIL_FLAGS 0x244400 /* ID, AC, NT, DF */

    PROBE flags_at_syscall
    SET_FLAGS EVIL_FLAGS
    mov $300, %ebp
1:  YIELD
    dec %ebp
    jnz 1b
    pushfq
    pop %rax
fault_flags_at_syscall:
    ud2

    PROBE flags_at_exception
    SET_FLAGS EVIL_FLAGS
fault_flags_at_exception:
    ud2

    PROBE flags_at_page_fault
    SET_FLAGS EVIL_FLAGS
fault_flags_at_page_fault:
    mov 16, %rax

    PROBE flags_at_int
    SET_FLAGS EVIL_FLAGS
fault_flags_at_int:
    int $200

    /* rdi: ticks to spend here, interrupted by the timer */
    PROBE flags_at_interrupt
    SET_FLAGS EVIL_FLAGS
    rdtsc
    shl $32, %rdx
    or %rdx, %rax
    add %rax, %rdi
1:  rdtsc
    shl $32, %rdx
    or %rdx, %rax
    cmp %rdi, %rax
    jb 1b
    pushfq
    pop %rax
fault_flags_at_interrupt:
    ud2

    PROBE step
    SET_FLAGS 0x100
    nop
fault_step:
    nop
    YIELD
    mov %ss, %eax
    mov %eax, %ss
    syscall
    mov %eax, %ss
    int3
    ud2

    /* --- stack pointers that are none: the kernel must not touch them -------------------------------------------------- */
    PROBE wild_stack
    mov %rdi, %rsp
    YIELD
    rdtsc
    mov %eax, %ecx
1:  rdtsc
    sub %ecx, %eax
    cmp $20000000, %eax
    jb 1b
fault_wild_stack:
    ud2

    /* --- registers ---------------------------------------------------------------------------------------------------- */
    PROBE selectors
    mov $0x2b, %eax
    mov %eax, %ds
    mov $0x33, %eax
    mov %eax, %es
    mov %eax, %fs
    mov $0x43, %eax
    mov %eax, %gs
fault_selectors:
    ud2

    PROBE write_bases
    wrfsbase %rdi
    not %rdi
    shl $16, %rdi
    shr $17, %rdi
    wrgsbase %rdi
    mov $0x33, %eax
    mov %eax, %ds /* selectors are cleared at the switch; the bases must not go with them */
    YIELD
fault_write_bases:
    ud2

    PROBE read_bases
    rdfsbase %rax
    rdgsbase %rbx
fault_read_bases:
    ud2

    /* rdi: address that FS leads to */
    PROBE read_fs
    mov %fs:0, %rax
    mov %gs:0, %rbx
fault_read_fs:
    ud2

    /* What a new thread finds in the floating point unit. */
    PROBE new_fpu
    sub $16, %rsp
    fnstcw (%rsp)
    stmxcsr 8(%rsp)
    movzwl (%rsp), %eax
    mov 8(%rsp), %ebx
    movq %xmm0, %rcx
    movq %xmm15, %rsi
    fnstsw %ax
    movzwl (%rsp), %eax
fault_new_fpu:
    ud2

    /*
     * Fills the floating point registers from rdi, and looks for 1000 turns whether they stay. rax: how often they did not.
     * rsi: not 0 with AVX.
     */
    PROBE fpu
    sub $64, %rsp
    mov %rdi, (%rsp)
    fninit
    fildll (%rsp)
    movq %rdi, %xmm0
    lea 1(%rdi), %rax
    movq %rax, %xmm7
    lea 2(%rdi), %rax
    movq %rax, %xmm15
    mov $0x1f80, %eax
    or $0x6000, %eax
    test $1, %edi
    jz 1f
    mov $0x3f80, %eax
1:  mov %eax, 8(%rsp)
    ldmxcsr 8(%rsp)
    test %rsi, %rsi
    jz 2f
    vinsertf128 $1, %xmm0, %ymm3, %ymm3
2:  xor %r14d, %r14d
    mov $1000, %ebp
3:  YIELD
    movq %xmm0, %rbx
    cmp %rdi, %rbx
    jne 8f
    movq %xmm7, %rbx
    dec %rbx
    cmp %rdi, %rbx
    jne 8f
    movq %xmm15, %rbx
    sub $2, %rbx
    cmp %rdi, %rbx
    jne 8f
    stmxcsr 16(%rsp)
    mov 16(%rsp), %ebx
    cmp 8(%rsp), %ebx
    jne 8f
    fld %st(0)
    fistpll 24(%rsp)
    cmp %rdi, 24(%rsp)
    jne 8f
    test %rsi, %rsi
    jz 9f
    vextractf128 $1, %ymm3, %xmm4
    movq %xmm4, %rbx
    cmp %rdi, %rbx
    je 9f
8:  inc %r14d
9:  dec %ebp
    jnz 3b
    mov %r14d, %eax
fault_fpu:
    ud2

    /* System calls and exceptions for rdi ticks: something to interrupt. */
    PROBE busy
    rdtsc
    shl $32, %rdx
    or %rdx, %rax
    add %rax, %rdi
    xor %ebx, %ebx
1:  YIELD
    inc %rbx
    rdtsc
    shl $32, %rdx
    or %rdx, %rax
    cmp %rdi, %rax
    jb 1b
fault_busy:
    ud2

    .section .note.GNU-stack, "", @progbits
