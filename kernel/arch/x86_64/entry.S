/*
 * Into the kernel and out of it.
 *
 * The task segment's stack pointer (CPU_TASK_RSP0) is the end of the current thread's context: what the processor pushes, and
 * what is stored here below it, fills the context. Then the kernel's own stack takes over. Nothing of C runs before that.
 *
 * Flags of the user: `syscall` clears those that matter (the mask is set at boot); gates clear TF, IF and NT, so DF is
 * cleared here, and AC where SMAP is on (CLEAR_AC, patched in at boot).
 *
 * FS and GS are the user's, in the kernel too: there is no `swapgs`. The processor's state has an address that the code knows;
 * with several processors each would enter through a copy of its own.
 */
#include "arch/x86_64/entry.h"
#include "machine/layout.h"

#define VECTOR_PROTECTION 13

    /* A three-byte no-operation; boot puts `clac` in its place on processors with SMAP. */
    .macro CLEAR_AC
0:  .byte 0x0f, 0x1f, 0x00
    .pushsection .boot.patches, "a", @progbits
    .quad 0b
    .popsection
    .endm

    /* What is left of a context when rax is pushed. */
    .macro PUSH_REGISTERS
    push %rbx
    push %rdx
    push %rsi
    push %rdi
    push %rbp
    push %r8
    push %r9
    push %r10
    push %r12
    push %r13
    push %r14
    push %r15
    push %r11
    push %rcx
    .endm

    .text

    /* Where a processor that lacks what the fast paths need enters at `syscall` (fastpath.S has the other place). */
    .balign 16
    .globl syscall_entry_plain
syscall_entry_plain:
    SAVE_CALLER
    .globl syscall_slow
syscall_slow:
    mov $kernel_stack_top, %rsp
    call kernel_syscall
    jmp kernel_leave

    /* No fast path is for this call. */
    .globl syscall_slowly
syscall_slowly:
    mov $kernel_stack_top, %rsp
    call kernel_syscall_slowly
    /* falls through */

    /* Goes on with the current thread, or waits for an interrupt when that is the idle thread. */
    .globl kernel_leave
kernel_leave:
    mov CPU(CURRENT), %rdi
    cmp CPU(IDLE), %rdi
    je wait_for_interrupt
    lea (THREAD_CONTEXT + CONTEXT_R15)(%rdi), %rsp
    cmpl $0, (CONTEXT_SS - CONTEXT_R15)(%rsp)
    jne leave_fully
    /*
     * `sysret` to an address that is not canonical would fault in the kernel, on the user's stack. Behind a `syscall` only the
     * first byte of the hole can be one.
     */
    mov (CONTEXT_RIP - CONTEXT_R15)(%rsp), %rcx
    bt $47, %rcx
    jc leave_into_hole
    pop %r15
    pop %r14
    pop %r13
    pop %r12
    pop %r10
    pop %r9
    pop %r8
    pop %rbp
    pop %rdi
    pop %rsi
    pop %rdx
    pop %rbx
    pop %rax
    mov (CONTEXT_RFLAGS - CONTEXT_EVENT)(%rsp), %r11
    mov (CONTEXT_RSP - CONTEXT_EVENT)(%rsp), %rsp
    sysretq

leave_into_hole:
    movq $SELECTOR_USER_CODE, (CONTEXT_CS - CONTEXT_R15)(%rsp)
    movq $SELECTOR_USER_DATA, (CONTEXT_SS - CONTEXT_R15)(%rsp)
leave_fully:
    /* The same holds for `iret`. */
    mov (CONTEXT_RIP - CONTEXT_R15)(%rsp), %rax
    mov %rax, %rcx
    shl $16, %rax
    sar $16, %rax
    cmp %rax, %rcx
    je 1f
    movq $0, (CONTEXT_RIP - CONTEXT_R15)(%rsp)
1:  sub $(CONTEXT_R15 - CONTEXT_RCX), %rsp
    pop %rcx
    pop %r11
    pop %r15
    pop %r14
    pop %r13
    pop %r12
    pop %r10
    pop %r9
    pop %r8
    pop %rbp
    pop %rdi
    pop %rsi
    pop %rdx
    pop %rbx
    pop %rax
    add $8, %rsp
    iretq

wait_for_interrupt:
    mov $kernel_stack_top, %rsp
1:  sti
    hlt
    jmp 1b

    /* Interrupts, and the vectors that user code may raise: the vector is where an error code would be. */
interrupt_common:
    cld
    CLEAR_AC
    testb $3, 16(%rsp)
    jz interrupt_while_idle
    push %rax
    PUSH_REGISTERS
    push (CONTEXT_RIP - CONTEXT_RCX)(%rsp)
    movzbl (CONTEXT_EVENT - CONTEXT_RESTART_PC)(%rsp), %edi
    mov $kernel_stack_top, %rsp
    call interrupt_dispatch
    jmp kernel_leave

    /* The kernel runs with interrupts off except where it waits: nothing needs to be saved. */
interrupt_while_idle:
    movzbl (%rsp), %edi
    mov $kernel_stack_top, %rsp
    call interrupt_dispatch
    jmp kernel_leave

    /* Exceptions: rax is pushed behind the error code, eax is the vector. */
exception_common:
    cld
    CLEAR_AC
    testb $3, 24(%rsp)
    jz exception_in_kernel
exception_of_user:
    PUSH_REGISTERS
    push (CONTEXT_RIP - CONTEXT_RCX)(%rsp)
    mov %eax, %edi
    mov (CONTEXT_EVENT - CONTEXT_RESTART_PC)(%rsp), %esi
    mov $kernel_stack_top, %rsp
    call exception_dispatch
    jmp kernel_leave

    /*
     * The same stack layout without a context: struct trap_frame. Does not come back, but for a protection fault of one of
     * the two instructions that try a model-specific register: the try has failed then.
     */
exception_in_kernel:
    cmp $VECTOR_PROTECTION, %eax
    jne 2f
    mov 16(%rsp), %rax
    cmp $msr_try_first, %rax
    jb 1f
    cmp $msr_try_end, %rax
    jae 1f
    movq $msr_try_failed, 16(%rsp)
    add $16, %rsp
    iretq
1:  mov $VECTOR_PROTECTION, %eax
2:  PUSH_REGISTERS
    mov %eax, %edi
    mov %rsp, %rsi
    and $-16, %rsp
    call kernel_exception

    /* bool msr_try_read(uint32_t number, uint64_t *value) */
    .globl msr_try_read
msr_try_read:
    mov %edi, %ecx
msr_try_first:
    rdmsr
    shl $32, %rdx
    or %rdx, %rax
    mov %rax, (%rsi)
    mov $1, %eax
    ret

    /* bool msr_try_write(uint32_t number, uint64_t value) */
    .globl msr_try_write
msr_try_write:
    mov %edi, %ecx
    mov %rsi, %rax
    mov %rsi, %rdx
    shr $32, %rdx
    wrmsr
msr_try_end:
    mov $1, %eax
    ret
msr_try_failed:
    xor %eax, %eax
    ret

    /* #DB: single steps of user code; in the kernel only what an instruction before `syscall` or `int3` left pending. */
debug_entry:
    cld
    CLEAR_AC
    testb $3, 8(%rsp)
    jz 1f
    push %rax
    mov CPU(TASK_RSP0), %rax
    push %rbx
    mov 16(%rsp), %rbx
    mov %rbx, -40(%rax)
    mov 24(%rsp), %rbx
    mov %rbx, -32(%rax)
    mov 32(%rsp), %rbx
    mov %rbx, -24(%rax)
    mov 40(%rsp), %rbx
    mov %rbx, -16(%rax)
    mov 48(%rsp), %rbx
    mov %rbx, -8(%rax)
    movq $0, -48(%rax)
    pop %rbx
    pop -56(%rax)
    lea -56(%rax), %rsp
    mov $1, %eax
    jmp exception_of_user
1:  andq $~0x100, 16(%rsp)
    iretq

    /* NMI: counted. */
nmi_entry:
    cld
    CLEAR_AC
    push %rax
    push %rbx
    push %rcx
    push %rdx
    push %rsi
    push %rdi
    push %r8
    push %r9
    push %r10
    push %r11
    mov (10 * 8)(%rsp), %rdi
    mov %rsp, %rbx
    and $-16, %rsp
    call nmi_dispatch
    mov %rbx, %rsp
    pop %r11
    pop %r10
    pop %r9
    pop %r8
    pop %rdi
    pop %rsi
    pop %rdx
    pop %rcx
    pop %rbx
    pop %rax
    iretq

    /* #DF and #MC: nothing can be trusted but the stack. */
double_fault_entry:
    push %rax
    mov $8, %eax
    jmp 1f
machine_check_entry:
    push $0
    push %rax
    mov $18, %eax
1:  cld
    CLEAR_AC
    PUSH_REGISTERS
    mov %eax, %edi
    mov %rsp, %rsi
    and $-16, %rsp
    call kernel_exception

    /* One stub of 16 bytes for each exception; those with stacks of their own and unused ones are here too. */
    .macro EXCEPTION vector has_error=0
    .balign 16
    .if \vector == 1
    jmp debug_entry
    .elseif \vector == 2
    jmp nmi_entry
    .elseif \vector == 8
    jmp double_fault_entry
    .elseif \vector == 18
    jmp machine_check_entry
    .else
    .if \has_error == 0
    push $0
    .endif
    push %rax
    mov $\vector, %eax
    jmp exception_common
    .endif
    .endm

    .balign 16
    .globl exception_stubs
exception_stubs:
    .set vector, 0
    .rept 32
    .if vector == 10 || vector == 11 || vector == 12 || vector == 13 || vector == 14 || vector == 17 || vector == 21
    EXCEPTION vector 1
    .else
    EXCEPTION vector
    .endif
    .set vector, vector + 1
    .endr

    /* One stub of 8 bytes for each vector from 32 up. */
    .balign 16
    .globl interrupt_stubs
interrupt_stubs:
    .set vector, 32
    .rept 224
    .balign 8
    .if vector < 128
    push $vector
    .else
    push $(vector - 256)
    .endif
    jmp interrupt_common
    .set vector, vector + 1
    .endr

    .section .note.GNU-stack, "", @progbits
