/*
 * Call and ReplyRecv between a client and a server that waits, in as few instructions as there are things to do. core/syscall.c
 * and what it calls are the definition: a path here either leaves everything as they would, or goes to C before it has changed
 * anything: syscall_slow tries core/fastpath.c, syscall_slowly does not.
 *
 * Each path is there twice. The short one is for at most four words and a passive server; the budget is not looked at, the timer
 * ends it soon enough (so the interface has it). The general one takes up to 120 words, and servers that run on a context of
 * their own, where both contexts are round robin. What is not for these either, core/fastpath.c tries.
 *
 * Registers from the entry on: rsp leads to the caller's context (SAVED, THREAD), all user registers are saved there and still
 * hold their values; rsi, r10, r8, r9, r15 keep theirs to the end, as they are the message.
 *
 *   rdi  slot of the endpoint's capability, then the badge       rbp  the thread to go to
 *   r12  slot of the reply object's capability; later the        r14  reply object
 *        other thread's own scheduling context, 0: none          rdx  the caller's scheduling context
 *   rbx  endpoint                                                rcx  where the other thread goes on
 *   r13  number of words                                         r11  general: the time
 */
#include "abi/config.h"
#include "abi/message.h"
#include "abi/syscall.h"
#include "arch/x86_64/entry.h"

#define OTHER(field)       (THREAD_##field)(%rbp)
#define OTHER_SAVED(field) (THREAD_CONTEXT + CONTEXT_##field)(%rbp)

    /* --- checks: nothing is changed ------------------------------------------------------------------------------------ */

    /* r13: words of the message; one with capabilities, or longer than `most`, is not for here. */
    .macro CHECK_MESSAGE most otherwise
    mov %esi, %r13d
    and $INFO_SHAPE_MASK, %r13d
    cmp $\most, %r13d
    ja \otherwise
    .endm

    /* The address in the register becomes that of the slot it names, where the CSpace's root alone resolves it. */
    .macro FIND_SLOT register
    xor THREAD(GUARD), \register
    cmp THREAD(CSPACE_SIZE), \register
    jae syscall_slowly
    shl $SLOT_SHIFT, \register
    add THREAD(CSPACE), \register
    .endm

    /* The object in `register` of the capability in the slot, which must have the bit. */
    .macro TAKE_OBJECT slot bit register
    testb $\bit, 1(\slot)
    jz syscall_slowly
    mov (\slot), \register
    sar $CAP_SHIFT, \register
    .endm

    /* rbp: the only receiver at the endpoint; r14: the reply object it waits with. */
    .macro TAKE_RECEIVER
    mov (%rbx), %rbp
    xor $ENDPOINT_ONE_RECEIVER, %rbp
    test $THREAD_ALIGNMENT_MASK, %ebp
    jnz syscall_slow
    mov OTHER(REPLY), %r14
    test %r14, %r14
    jz syscall_slow
    .endm

    /* r11: the time, at which nothing is due and the caller has the budget for a call. */
    .macro CHECK_TIME
    rdtsc
    shl $32, %rdx
    or %rdx, %rax
    mov %rax, %r11
    mov %rax, CPU(NOW)
    cmp CPU(QUIET_UNTIL), %rax
    jae syscall_slow
    .endm

    /* The other thread has its own context, in r12, besides the caller's in rdx: the timer may stay as it is. */
    .macro CHECK_CONTEXTS
    cmpb $0, SCHEDCTX_ROUND_ROBIN(%rdx)
    je syscall_slow
    cmpb $0, SCHEDCTX_ROUND_ROBIN(%r12)
    je syscall_slow
    mov SCHEDCTX_AMOUNT(%r12), %rax
    add %r11, %rax
    sub kernel_times + TIMES_SLACK, %rax
    cmp CPU(DUE), %rax
    cmova CPU(DUE), %rax
    cmp CPU(ARMED_DEADLINE), %rax
    jb syscall_slow
    .endm

    /* Both threads have the buffers that the message needs. */
    .macro CHECK_BUFFERS
    cmp $ABI_MESSAGE_REGISTERS, %r13d
    jbe 1f
    cmpq $0, THREAD(BUFFER_READABLE)
    je syscall_slow
    cmpq $0, OTHER(BUFFER_WRITABLE)
    je syscall_slow
1:
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
    mov %rdx, CPU(USER_RSP)
    mov $7, %eax /* x87, SSE, AVX: as far as the processor has them switched on */
    xor %edx, %edx
    xsaveopt64 THREAD(FPU)
    xrstor64 OTHER(FPU)
    mov CPU(USER_RSP), %rdx
    mov %rbp, CPU(FPU_OWNER)
    jmp 7b
    .popsection
    .endm

    /* --- from one thread to the other -------------------------------------------------------------------------------------- */

    /* The context in rdx has paid up to now, that in r12 pays from now on. */
    .macro SWITCH_CONTEXTS
    mov %r11, %rax
    sub CPU(CHARGED_UNTIL), %rax
    add %rax, SCHEDCTX_CONSUMED(%rdx)
    sub %rax, SCHEDCTX_AMOUNT(%rdx)
    add %rax, SCHEDCTX_USED_AMOUNT(%rdx)
    mov %r11, CPU(CHARGED_UNTIL)
    mov %r12, CPU(CURRENT_SCHEDCTX)
    add SCHEDCTX_AMOUNT(%r12), %r11
    sub kernel_times + TIMES_MINIMUM, %r11
    inc %r11
    cmp CPU(DUE), %r11
    cmova CPU(DUE), %r11
    mov %r11, CPU(QUIET_UNTIL)
    .endm

    /* The words behind the registers, one after the other; free are rax, rbx, rdx, r11. */
    .macro COPY_BUFFER
    cmp $ABI_MESSAGE_REGISTERS, %r13d
    jbe 3f
    mov THREAD(BUFFER_READABLE), %rbx
    lea ABI_IPC_BUFFER_MSG_OFFSET(%rbx, %r13, 8), %rbx
    mov OTHER(BUFFER_WRITABLE), %rdx
    lea ABI_IPC_BUFFER_MSG_OFFSET(%rdx, %r13, 8), %rdx
    mov $ABI_MESSAGE_REGISTERS, %eax
    sub %r13, %rax /* counts up to 0 */
    test $1, %al
    jz 2f
    mov (%rbx, %rax, 8), %r11
    mov %r11, (%rdx, %rax, 8)
    inc %rax
    jz 3f
2:  mov (%rbx, %rax, 8), %r11
    mov %r11, (%rdx, %rax, 8)
    mov 8(%rbx, %rax, 8), %r11
    mov %r11, 8(%rdx, %rax, 8)
    add $2, %rax
    jnz 2b
3:
    .endm

    /* The caller is blocked: leaves as the other thread. */
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

    /* --- Call ---------------------------------------------------------------------------------------------------------------- */

    /* The caller waits at the reply object. */
    .macro BLOCK_CALLER
    movq $0, (%rbx)
    mov 8(%rdi), %rdi
    lea THREAD(START), %rax
    mov %rax, REPLY_THREAD(%r14)
    mov %r14, THREAD(REPLY)
    movb $STATE_BLOCKED_REPLY, THREAD(STATE)
    movq $0, OTHER(REPLY)
    movb $STATE_RUNNING, OTHER(STATE)
    .endm

    /* The caller's context goes along, and remembers the way back: the reply object is the newest in its chain. */
    .macro LEND_CONTEXT
    mov SCHEDCTX_REPLY(%rdx), %rax
    mov %rax, REPLY_OLDER(%r14)
    test %rax, %rax
    jnz 8f
7:  mov %rdx, REPLY_SCHEDCTX(%r14)
    mov %r14, SCHEDCTX_REPLY(%rdx)
    mov %rbp, SCHEDCTX_THREAD(%rdx)
    movq $0, THREAD(SCHEDCTX)
    mov %rdx, OTHER(SCHEDCTX)
    .pushsection .text.fastpath_special, "ax", @progbits
8:  mov %r14, REPLY_NEWER(%rax)
    movq $0, REPLY_SCHEDCTX(%rax)
    jmp 7b
    .popsection
    .endm

    .section .text.fastpath, "ax", @progbits
    .balign 64
    .globl syscall_entry
syscall_entry:
    SAVE_CALLER
    cmp $ABI_SYSCALL_CALL, %rdx
    jne not_call

    CHECK_MESSAGE ABI_MESSAGE_REGISTERS, call_generally
    FIND_SLOT %rdi
    TAKE_OBJECT %rdi, CAP_BYTE_MAY_CALL, %rbx
    TAKE_RECEIVER
    cmpq $0, OTHER(SCHEDCTX)
    jne call_active
    mov THREAD(SCHEDCTX), %rdx
    CHECK_OTHER
    BLOCK_CALLER
    LEND_CONTEXT
    GO_TO_OTHER

call_generally:
    CHECK_MESSAGE ABI_MESSAGE_MAX_LENGTH, syscall_slowly
    FIND_SLOT %rdi
    TAKE_OBJECT %rdi, CAP_BYTE_MAY_CALL, %rbx
    TAKE_RECEIVER
    CHECK_BUFFERS
call_active:
    CHECK_TIME
    mov THREAD(SCHEDCTX), %rdx
    mov OTHER(SCHEDCTX), %r12
    test %r12, %r12
    jz 1f
    CHECK_CONTEXTS
1:  CHECK_OTHER
    BLOCK_CALLER
    test %r12, %r12
    jz call_lends
    SWITCH_CONTEXTS
copy_and_go:
    COPY_BUFFER
    GO_TO_OTHER

call_lends:
    LEND_CONTEXT
    jmp copy_and_go

    /* --- ReplyRecv ----------------------------------------------------------------------------------------------------------- */

    /* rbx: endpoint, where nobody is; r14: reply object. No notification is bound that could end the receive. */
    .macro TAKE_ENDPOINT_AND_REPLY
    FIND_SLOT %rdi
    FIND_SLOT %r12
    TAKE_OBJECT %rdi, CAP_BYTE_MAY_RECEIVE, %rbx
    TAKE_OBJECT %r12, CAP_BYTE_IS_REPLY, %r14
    cmpq $0, (%rbx)
    jne syscall_slow
    cmpq $0, THREAD(NOTIFICATION)
    jne syscall_slow
    .endm

    /* The server waits at the endpoint, alone, and lends the reply object to the next caller. */
    .macro BLOCK_SERVER
    movq $0, OTHER(REPLY)
    movb $STATE_RUNNING, OTHER(STATE)
    lea THREAD(START), %rax
    mov %rax, REPLY_THREAD(%r14)
    mov %r14, THREAD(REPLY)
    movb $STATE_BLOCKED_RECEIVE, THREAD(STATE)
    mov %rbx, THREAD(BLOCKED_AT)
    add $ENDPOINT_ONE_RECEIVER, %rax
    mov %rax, (%rbx)
    xor %edi, %edi
    .endm

    /* The reply object was the newest in the chain of the context it gives back. */
    .macro GIVE_CONTEXT_BACK
    mov REPLY_OLDER(%r14), %rax
    mov %rax, SCHEDCTX_REPLY(%rdx)
    test %rax, %rax
    jnz 8f
7:  mov %rbp, SCHEDCTX_THREAD(%rdx)
    mov %rdx, OTHER(SCHEDCTX)
    movq $0, REPLY_SCHEDCTX(%r14)
    movq $0, THREAD(SCHEDCTX)
    .pushsection .text.fastpath_special, "ax", @progbits
8:  movq $0, REPLY_NEWER(%rax)
    mov %rdx, REPLY_SCHEDCTX(%rax)
    movq $0, REPLY_OLDER(%r14)
    jmp 7b
    .popsection
    .endm

not_call:
    cmp $ABI_SYSCALL_REPLY_RECV, %rdx
    jne syscall_slow

    CHECK_MESSAGE ABI_MESSAGE_REGISTERS, answer_generally
    TAKE_ENDPOINT_AND_REPLY
    /* The caller to answer is the one on whose scheduling context the server runs, and waits for a message. */
    mov THREAD(SCHEDCTX), %rdx
    cmp REPLY_SCHEDCTX(%r14), %rdx
    jne answer_active
    mov REPLY_THREAD(%r14), %rbp
    cmpq $0, OTHER(SCHEDCTX)
    jne syscall_slow
    cmpl $0, OTHER(FAULT)
    jne answer_to_fault
    CHECK_OTHER
    GIVE_CONTEXT_BACK
    BLOCK_SERVER
    GO_TO_OTHER

answer_generally:
    CHECK_MESSAGE ABI_MESSAGE_MAX_LENGTH, syscall_slowly
    TAKE_ENDPOINT_AND_REPLY
answer_active:
    mov REPLY_THREAD(%r14), %rbp
    test %rbp, %rbp
    jz syscall_slow
    cmpb $STATE_BLOCKED_REPLY, OTHER(STATE)
    jne syscall_slow
    cmpl $0, OTHER(FAULT)
    jne answer_to_fault
    CHECK_BUFFERS
    CHECK_TIME
    mov THREAD(SCHEDCTX), %rdx
    mov OTHER(SCHEDCTX), %r12
    test %r12, %r12
    jz answer_lent
    /* The caller kept its context: the reply object is in no chain. */
    mov REPLY_SCHEDCTX(%r14), %rax
    or REPLY_OLDER(%r14), %rax
    or REPLY_NEWER(%r14), %rax
    jnz syscall_slow
    CHECK_CONTEXTS
    CHECK_OTHER
    SWITCH_CONTEXTS
answer_copies:
    BLOCK_SERVER
    jmp copy_and_go

    /* A handler's answer to a thread that faulted: in C. */
answer_to_fault:
    testb $(SPECIAL_FOREIGN | SPECIAL_CALL_PREEMPTED), THREAD(SPECIAL)
    jnz syscall_slow
    mov $kernel_stack_top, %rsp
    call fastpath_reply_recv
    jmp kernel_leave

answer_lent:
    cmp REPLY_SCHEDCTX(%r14), %rdx
    jne syscall_slow
    CHECK_OTHER
    GIVE_CONTEXT_BACK
    jmp answer_copies

    .section .note.GNU-stack, "", @progbits
