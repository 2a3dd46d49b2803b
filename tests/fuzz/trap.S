/*
 * Instructions that enter the kernel, or try to, with every register under control. The attacker's memory is at fixed
 * addresses below 2 GiB, so no register is needed to reach it.
 */
#define IN(n)  attacker + 8 * (n)
#define OUT(n) attacker + 136 + 8 * (n)
#define FLAGS  16
#include "../support/registers.inc"

    .set IN_RAX, attacker
    .set IN_RBX, attacker + 8
    .set IN_RCX, attacker + 16
    .set IN_RSP, attacker + 56
    .set IN_FLAGS, attacker + 128
    .set KIND, attacker + 272
    .set REAL_RSP, attacker + 280
    .set VECTORS, attacker + 320

    .set SANE_FLAGS, 0x202
    .set TRAP_FLAG, 0x100

    .text
    .global trap_run
trap_run:
    push_preserved
    movq %rsp, REAL_RSP
    pushq IN(FLAGS)
    popfq
    load_registers
    jmp *KIND

trap_return:
    movq %rsp, OUT(7)
    movq REAL_RSP, %rsp
    pushfq
    popq OUT(FLAGS)
    pushq $SANE_FLAGS
    popfq
    store_registers
    pop_preserved
    ret

    .global trap_syscall
trap_syscall:
    syscall
    jmp trap_return

    .balign 8
    .global trap_interrupts
trap_interrupts:
    .set vector, 0
    .rept 256
    .balign 8
    .byte 0xcd, vector
    jmp trap_return
    .set vector, vector + 1
    .endr

/* kind INSTRUCTIONS: adds them to the table. */
    .macro kind instructions
    .text
1:  \instructions
    jmp trap_return
    .pushsection .rodata.trap_kinds, "a"
    .quad 1b
    .popsection
    .endm

    .section .rodata.trap_kinds, "a"
    .balign 8
    .global trap_kinds
trap_kinds:
    .text

    /* Flags that user code may set, right at the instruction. */
    kind "movq REAL_RSP, %rsp; pushq IN_FLAGS; popfq; syscall"
    kind "movq REAL_RSP, %rsp; pushq $SANE_FLAGS | TRAP_FLAG; popfq; syscall"
    kind "movq REAL_RSP, %rsp; pushq $SANE_FLAGS | TRAP_FLAG; popfq; nop; syscall"
    kind "movq REAL_RSP, %rsp; pushq $SANE_FLAGS | TRAP_FLAG; popfq; int $0x80"
    kind "movq REAL_RSP, %rsp; pushq $SANE_FLAGS | TRAP_FLAG; popfq; int $160"
    kind "movq REAL_RSP, %rsp; pushq $SANE_FLAGS | TRAP_FLAG; popfq; int3"
    kind "movq REAL_RSP, %rsp; pushq $SANE_FLAGS | TRAP_FLAG; popfq; sysenter"
    kind "movq REAL_RSP, %rsp; pushq $0x40000 | SANE_FLAGS; popfq; movl (%rsp), %eax; movl 1(%rsp), %eax; syscall"
    kind "movq REAL_RSP, %rsp; pushq $0x4602; popfq; syscall"
    kind "movq REAL_RSP, %rsp; pushq $0x247ed7; popfq; syscall"
    kind "movq REAL_RSP, %rsp; pushq $0x247ed7; popfq; int $200"
    kind "movq REAL_RSP, %rsp; pushq $0x247ed7; popfq; ud2"
    kind "movq REAL_RSP, %rsp; pushq $0x247fd7; popfq; nop"

    /* Segment registers. */
    kind "movl %eax, %ds"
    kind "movl %eax, %es"
    kind "movl %eax, %fs"
    kind "movl %eax, %gs"
    kind "movl %eax, %ss"
    kind "movl $0x33, %eax; movl %eax, %ss; syscall"
    kind "movl $0x2b, %eax; movl %eax, %ss"
    kind "movl $0x33, %eax; movl %eax, %ds; movl %eax, %es; movl %eax, %fs; movl %eax, %gs; syscall"
    kind "movl $0x3b, %eax; movl %eax, %fs; movl %eax, %gs; syscall"
    kind "movq REAL_RSP, %rsp; pushq $SANE_FLAGS | TRAP_FLAG; movl $0x33, %eax; popfq; movl %eax, %ss; syscall"
    kind "movq REAL_RSP, %rsp; pushq $SANE_FLAGS | TRAP_FLAG; movl $0x33, %eax; popfq; movl %eax, %ss; int3"
    kind "movl %eax, %ds; movl %ebx, %es; movl %ecx, %fs; movl %edx, %gs; syscall"

    /* Other ways into and out of the kernel. */
    kind "int3"
    kind ".byte 0xf1" /* int1 */
    kind "ud2"
    kind "sysenter"
    kind "sysretq"
    kind "sysretl"
    kind "sysexitq"
    kind "iretq"
    kind "movq REAL_RSP, %rsp; pushq $0x33; pushq REAL_RSP; pushq IN_FLAGS; pushq $0x2b; pushq IN_RAX; iretq"
    kind "movq REAL_RSP, %rsp; pushq IN_RBX; pushq IN_RSP; pushq IN_FLAGS; pushq IN_RCX; pushq IN_RAX; iretq"
    kind "movq REAL_RSP, %rsp; pushq $0x10; pushq $0; pushq $2; pushq $8; pushq $trap_syscall; iretq"
    kind "movq REAL_RSP, %rsp; pushq IN_RBX; pushq IN_RAX; lretq"
    kind "movq REAL_RSP, %rsp; pushq $0x23; pushq $trap_syscall; lretq"
    kind "jmp *%rax"
    kind "movq REAL_RSP, %rsp; movabsq $0x800000000000, %rax; jmp *%rax"
    kind "movq REAL_RSP, %rsp; movabsq $0x7fffffffffff, %rax; jmp *%rax"
    kind "movq REAL_RSP, %rsp; movabsq $0xffffff8000000000, %rax; call *%rax"
    kind "pushq %rax"
    kind "popq %rax"
    kind "movabsq $0x800000000000, %rsp; pushq %rax"
    kind "movabsq $0xffffff8000001000, %rsp; syscall"

    /* Memory that is not the user's. */
    kind "movq (%rax), %rbx"
    kind "movabsq $0xffffff8000000000, %rax; movq (%rax), %rbx"
    kind "movabsq $0xffffff8000000000, %rax; movq %rbx, (%rax)"
    kind "movabsq $0xffffffff80100000, %rax; movq (%rax), %rbx"
    kind "movq %rax, trap_run"
    kind "movq %rax, 0"

    /* Privileged instructions. */
    kind "cli"
    kind "sti"
    kind "hlt"
    kind "clts"
    kind "wbinvd"
    kind "invd"
    kind "swapgs"
    kind "inb %dx, %al"
    kind "outb %al, %dx"
    kind "outl %eax, $0xf4"
    kind "insb"
    kind "outsb"
    kind "rdmsr"
    kind "wrmsr"
    kind "rdpmc"
    kind "movq %cr0, %rax"
    kind "movq %rax, %cr0"
    kind "movq %cr2, %rax"
    kind "movq %cr3, %rax"
    kind "movq %rax, %cr3"
    kind "movq %cr4, %rax"
    kind "movq %rax, %cr4"
    kind "movq %rax, %cr8"
    kind "movq %dr7, %rax"
    kind "movq %rax, %dr7"
    kind "lgdt VECTORS"
    kind "lidt VECTORS"
    kind "sgdt VECTORS"
    kind "sidt VECTORS"
    kind "ltr %ax"
    kind "lldt %ax"
    kind "str %ax"
    kind "sldt %ax"
    kind "smsw %ax"
    kind "lmsw %ax"
    kind "lar %ax, %ebx"
    kind "lsl %ax, %ebx"
    kind "verr %ax"
    kind "invlpg (%rax)"
    kind "monitor"
    kind "mwait"
    kind "vmcall"
    kind "vmmcall"
    kind "vmlaunch"
    kind "vmrun"
    kind "clgi"
    kind "stgi"
    kind "stac"
    kind "clac"
    kind "xgetbv"
    kind "xsetbv"
    kind "rsm"
    kind "lock; cmpxchg8b (%rax)"
    kind ".byte 0xf0, 0x0f, 0xc7, 0xc8" /* a locked compare with a register: no valid instruction */

    /* State of the processor that user code may change. */
    kind "wrfsbase %rax"
    kind "wrgsbase %rax"
    kind "wrgsbase %rax; syscall"
    kind "wrgsbase %rax; int $160"
    kind "wrgsbase %rax; ud2"
    kind "movabsq $0xffffff8000000000, %rax; wrgsbase %rax; syscall"
    kind "movabsq $0xffffff8000000000, %rax; wrfsbase %rax; syscall"
    kind "rdfsbase %rax"
    kind "rdgsbase %rax"
    kind "movups VECTORS, %xmm0; movups VECTORS, %xmm7; movups VECTORS, %xmm15; syscall"
    kind "pxor %xmm0, %xmm0; pxor %xmm7, %xmm7; pxor %xmm15, %xmm15; int $160"
    kind "vmovups VECTORS, %ymm0; vmovups VECTORS, %ymm7; vmovups VECTORS, %ymm15; syscall"
    kind "vzeroall; syscall"
    kind "ldmxcsr VECTORS"
    kind "fldcw VECTORS; fld1; fldz; fdivrp; fwait"
    kind "fninit; fld1; fldz; fdivrp; fwait; syscall"
    kind "fxrstor VECTORS"
    kind "fxsave VECTORS"
    kind "emms; syscall"
    kind "xorl %eax, %eax; xorl %edx, %edx; xrstor VECTORS"
    kind "movl $7, %eax; xorl %edx, %edx; xrstor VECTORS"
    kind "movl $7, %eax; xorl %edx, %edx; xsave VECTORS"
    kind "pushq $0x1f80 ^ 0x200; ldmxcsr (%rsp); xorps %xmm0, %xmm0; divps %xmm0, %xmm0; syscall"
    kind "movq REAL_RSP, %rsp; movl $0x1d00, -8(%rsp); ldmxcsr -8(%rsp); xorps %xmm0, %xmm0; divps %xmm0, %xmm0; syscall"
    kind "movq REAL_RSP, %rsp; movw $0x340, -8(%rsp); fldcw -8(%rsp); fld1; fldz; fdivrp; fwait; syscall"
    kind "xorl %ecx, %ecx; divl %ecx"
    kind "rdtsc; syscall"
    kind "cpuid; syscall"

    .section .rodata.trap_kinds, "a"
    .global trap_kinds_end
trap_kinds_end:

/* --- the attacker's other threads: they answer calls, or make some ----------------------------------------------------- */

#define SYS_CALL       -1
#define SYS_REPLY_RECV -2
#define SYS_NBSEND     -6
#define SYS_RECV       -7
#define SYS_WAIT       -9

#define MADE_ENDPOINT     18
#define MADE_NOTIFICATION 19
#define MADE_REPLY        23

    .text
    .global puppet_server
puppet_server:
    movq $SYS_RECV, %rdx
1:  movq $MADE_ENDPOINT, %rdi
    movq $MADE_REPLY, %r12
    syscall
    movq $SYS_REPLY_RECV, %rdx
    jmp 1b

    .global puppet_client
puppet_client:
    movq $4, %rbx
1:  movq $SYS_CALL, %rdx
    movq $MADE_ENDPOINT, %rdi
    movq $0x82, %rsi /* two words, one capability */
    syscall
    decq %rbx
    jnz 1b
    movq $SYS_WAIT, %rdx
    movq $MADE_NOTIFICATION, %rdi
    syscall
    movq $SYS_NBSEND, %rdx
    movq $MADE_ENDPOINT, %rdi
    movq $5, %rsi
    syscall
    movq $SYS_WAIT, %rdx
    movq $MADE_NOTIFICATION, %rdi
    syscall
    ud2

    .global attacker_start
attacker_start:
    movq $attacker_stack_top, %rsp
    xorl %ebp, %ebp
    call attacker_main
    ud2

    .section .note.GNU-stack, "", @progbits
