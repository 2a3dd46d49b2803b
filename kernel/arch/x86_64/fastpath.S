/*
 * Call and ReplyRecv between a client and a passive server, of at most four words, in as few instructions as there are things
 * to do. core/syscall.c and what it calls are the definition: a path here either leaves everything as they would, or goes to
 * syscall_slow before it has changed anything. One difference is the interface's: the budget is not looked at, the timer ends
 * it soon enough.
 *
 * Registers from the entry on: rsp leads to the caller's context (SAVED, THREAD), all user registers are saved there and still
 * hold their values; r10, r8, r9, r15 keep theirs to the end, as they are the message.
 *
 *   rdi  slot of the endpoint's capability, then the badge       rbp  the thread to go to
 *   r12  slot of the reply object's capability                   r14  reply object
 *   rbx  endpoint                                                rdx  scheduling context
 *   r13  number of words                                         rcx  where the other thread goes on
 */
#include "abi/config.h"
#include "abi/syscall.h"
#include "arch/x86_64/entry.h"

#define OTHER(field) (THREAD_##field)(%rbp)
#define OTHER_SAVED(field) (THREAD_CONTEXT + CONTEXT_##field)(%rbp)

    /* r13: words of the message in rsi; a longer one, and one with capabilities, is not for here. */
    .macro CHECK_MESSAGE
    mov %esi, %r13d
    and $INFO_SHAPE_MASK, %r13d
    cmp $4, %r13d
    ja syscall_slow
    .endm

    /* The address in the register becomes that of the slot it names, where the CSpace's root alone resolves it. */
    .macro FIND_SLOT register
    xor THREAD(GUARD), \register
    cmp THREAD(CSPACE_SIZE), \register
    jae syscall_slow
    shl $SLOT_SHIFT, \register
    add THREAD(CSPACE), \register
    .endm

    /* The object in `register` of the capability in the slot, which must have the bit. */
    .macro TAKE_OBJECT slot bit register
    testb $\bit, 1(\slot)
    jz syscall_slow
    mov (\slot), \register
    sar $CAP_SHIFT, \register
    .endm

    /*
     * The other thread may run at once: no ready thread outranks it, its context is brief, and both threads are ordinary. When
     * both use the floating point unit, it changes hands here, so this is the last check.
     */
    .macro CHECK_OTHER
    movzbl OTHER(PRIORITY), %ecx
    cmp CPU(HIGHEST_READY), %cl
    jb syscall_slow
#if CONFIG_NUM_DOMAINS > 1
    mov OTHER(DOMAIN), %cl
    cmp CPU(DOMAIN), %cl
    jne syscall_slow
#endif
    cmpl $0, OTHER_SAVED(SS)
    jne syscall_slow
    mov OTHER_SAVED(RIP), %rcx
    bt $47, %rcx /* not canonical: `sysret` must not see it */
    jc syscall_slow
    movzbl THREAD(SPECIAL), %eax
    or OTHER(SPECIAL), %al
    jnz 8f
7:
    .pushsection .text.fastpath_special, "ax", @progbits
8:  cmpb $SPECIAL_FPU, THREAD(SPECIAL)
    jne syscall_slow
    cmpb $SPECIAL_FPU, OTHER(SPECIAL)
    jne syscall_slow
    mov %rdx, %r11
    mov $7, %eax /* x87, SSE, AVX: as far as the processor has them switched on */
    xor %edx, %edx
    xsaveopt64 THREAD(FPU)
    xrstor64 OTHER(FPU)
    mov %r11, %rdx
    mov %rbp, CPU(FPU_OWNER)
    jmp 7b
    .popsection
    .endm

    /* The caller is blocked, the other thread runs on the same scheduling context: leaves as the other thread. */
    .macro GO_TO_OTHER
    mov %rbp, CPU(CURRENT)
    lea OTHER_SAVED(BYTES), %rax
    mov %rax, CPU(TASK_RSP0)
    mov OTHER(SPACE), %rax
    mov (%rax), %rax
    cmp CPU(LOADED_SPACE), %rax
    je 1f
    mov %rax, CPU(LOADED_SPACE)
    ror $ROTATION, %rax
    mov %rax, %cr3
1:  rdfsbase %rax
    mov %rax, SAVED(FS_BASE)
    rdgsbase %rax
    mov %rax, SAVED(GS_BASE)
    mov OTHER_SAVED(FS_BASE), %rax
    wrfsbase %rax
    mov OTHER_SAVED(GS_BASE), %rax
    wrgsbase %rax
    /* Message registers beyond the message keep what the receiver had in them. */
    test %r13d, %r13d
    jnz 3f
    mov OTHER_SAVED(R10), %r10
2:  mov OTHER_SAVED(R8), %r8
4:  mov OTHER_SAVED(R9), %r9
5:  mov OTHER_SAVED(R15), %r15
6:  mov OTHER_SAVED(RAX), %rax
    mov OTHER_SAVED(RBX), %rbx
    mov OTHER_SAVED(RDX), %rdx
    mov OTHER_SAVED(R12), %r12
    mov OTHER_SAVED(R13), %r13
    mov OTHER_SAVED(R14), %r14
    mov OTHER_SAVED(RFLAGS), %r11
    mov OTHER_SAVED(RSP), %rsp
    mov OTHER_SAVED(RBP), %rbp
    sysretq
3:  cmp $2, %r13d
    jb 2b
    je 4b
    cmp $3, %r13d
    je 5b
    jmp 6b
    .endm

    .section .text.fastpath, "ax", @progbits
    .balign 64
    .globl syscall_entry
syscall_entry:
    SAVE_CALLER
    cmp $ABI_SYSCALL_CALL, %rdx
    jne not_call

    CHECK_MESSAGE
    FIND_SLOT %rdi
    TAKE_OBJECT %rdi, CAP_BYTE_MAY_CALL, %rbx
    mov (%rbx), %rbp
    xor $ENDPOINT_ONE_RECEIVER, %rbp
    test $THREAD_ALIGNMENT_MASK, %ebp
    jnz syscall_slow
    cmpq $0, OTHER(SCHEDCTX)
    jne syscall_slow
    mov OTHER(REPLY), %r14
    test %r14, %r14
    jz syscall_slow
    mov THREAD(SCHEDCTX), %rdx
    CHECK_OTHER

    movq $0, (%rbx)
    mov 8(%rdi), %rdi
    /* The caller waits at the reply object, which becomes the newest in the chain of its scheduling context. */
    mov SCHEDCTX_REPLY(%rdx), %rax
    mov %rax, REPLY_OLDER(%r14)
    test %rax, %rax
    jnz call_within_call
call_linked:
    lea THREAD(START), %rax
    mov %rax, REPLY_THREAD(%r14)
    mov %rdx, REPLY_SCHEDCTX(%r14)
    mov %r14, SCHEDCTX_REPLY(%rdx)
    mov %rbp, SCHEDCTX_THREAD(%rdx)
    mov %r14, THREAD(REPLY)
    movq $0, THREAD(SCHEDCTX)
    movb $STATE_BLOCKED_REPLY, THREAD(STATE)
    movq $0, OTHER(REPLY)
    mov %rdx, OTHER(SCHEDCTX)
    movb $STATE_RUNNING, OTHER(STATE)
    GO_TO_OTHER

call_within_call:
    mov %r14, REPLY_NEWER(%rax)
    movq $0, REPLY_SCHEDCTX(%rax)
    jmp call_linked

not_call:
    cmp $ABI_SYSCALL_REPLY_RECV, %rdx
    jne syscall_slow

    CHECK_MESSAGE
    FIND_SLOT %rdi
    FIND_SLOT %r12
    TAKE_OBJECT %rdi, CAP_BYTE_MAY_RECEIVE, %rbx
    TAKE_OBJECT %r12, CAP_BYTE_IS_REPLY, %r14
    cmpq $0, (%rbx) /* nobody waits there */
    jne syscall_slow
    cmpq $0, THREAD(NOTIFICATION)
    jne syscall_slow
    /* The caller to answer is the one on whose scheduling context the server runs, and waits for a message. */
    mov THREAD(SCHEDCTX), %rdx
    cmp REPLY_SCHEDCTX(%r14), %rdx
    jne syscall_slow
    mov REPLY_THREAD(%r14), %rbp
    cmpq $0, OTHER(SCHEDCTX)
    jne syscall_slow
    cmpl $0, OTHER(FAULT)
    jne syscall_slow
    CHECK_OTHER

    mov REPLY_OLDER(%r14), %rax
    mov %rax, SCHEDCTX_REPLY(%rdx)
    test %rax, %rax
    jnz answer_within_call
answer_unlinked:
    mov %rbp, SCHEDCTX_THREAD(%rdx)
    mov %rdx, OTHER(SCHEDCTX)
    movq $0, OTHER(REPLY)
    movb $STATE_RUNNING, OTHER(STATE)
    /* The server waits at the endpoint, alone, and lends the reply object to the next caller. */
    lea THREAD(START), %rax
    mov %rax, REPLY_THREAD(%r14)
    movq $0, REPLY_SCHEDCTX(%r14)
    mov %r14, THREAD(REPLY)
    movq $0, THREAD(SCHEDCTX)
    movb $STATE_BLOCKED_RECEIVE, THREAD(STATE)
    mov %rbx, THREAD(BLOCKED_AT)
    add $ENDPOINT_ONE_RECEIVER, %rax
    mov %rax, (%rbx)
    xor %edi, %edi
    GO_TO_OTHER

answer_within_call:
    movq $0, REPLY_NEWER(%rax)
    mov %rdx, REPLY_SCHEDCTX(%rax)
    movq $0, REPLY_OLDER(%r14)
    jmp answer_unlinked

    .section .note.GNU-stack, "", @progbits
