/*
 * What the entry code and the fast paths, both in assembly, share: where things are in the objects they touch, and how a
 * system call begins. The offsets are checked where C can see them, at the end.
 */
#pragma once

#include "machine/context.h"
#include "machine/cpu.h"

/* struct thread, from its start */
#define THREAD_START           0
#define THREAD_GUARD           8 /* of the CSpace's capability, shifted to its place */
#define THREAD_STATE           352
#define THREAD_PRIORITY        353
#define THREAD_DOMAIN          355
#define THREAD_SPECIAL         356
#define THREAD_SCHEDCTX        360
#define THREAD_REPLY           368
#define THREAD_SPACE           376
#define THREAD_CSPACE          384
#define THREAD_CSPACE_SIZE     392
#define THREAD_NOTIFICATION    400
#define THREAD_BLOCKED_AT      408
#define THREAD_FAULT           416
#define THREAD_BUFFER_READABLE 496
#define THREAD_BUFFER_WRITABLE 504
#define THREAD_FPU             576

#define STATE_RUNNING         1
#define STATE_BLOCKED_RECEIVE 4
#define STATE_BLOCKED_REPLY   5

#define SPECIAL_FOREIGN        1
#define SPECIAL_FPU            2
#define SPECIAL_CALL_PREEMPTED 8

#define REPLY_THREAD   0
#define REPLY_OLDER    8
#define REPLY_NEWER    16
#define REPLY_SCHEDCTX 24

#define SCHEDCTX_CONSUMED    8
#define SCHEDCTX_THREAD      16
#define SCHEDCTX_REPLY       32
#define SCHEDCTX_ROUND_ROBIN 62
/* A round-robin context: what is left of the slice, and what is used. */
#define SCHEDCTX_AMOUNT      104
#define SCHEDCTX_USED_AMOUNT 120

/* struct kernel_times */
#define TIMES_MINIMUM 8
#define TIMES_SLACK   16

/* The head word of an endpoint where one thread waits to receive is its address and these. */
#define ENDPOINT_ONE_RECEIVER 6
#define THREAD_ALIGNMENT_MASK 0x7ff

/* Capabilities: the second byte of word 0, and where the pointer is. */
#define CAP_BYTE_MAY_CALL    0x80
#define CAP_BYTE_MAY_RECEIVE 0x40
#define CAP_BYTE_IS_REPLY    0x20
#define CAP_SHIFT            16
#define SLOT_SHIFT           5

/* A message of at most four words without capabilities: length, number of capabilities and "unwrapped" bits together. */
#define INFO_SHAPE_MASK 0xfff

#define ROTATION 12 /* of a space word (vspace.h) */

#ifdef __ASSEMBLER__

/* clang-format off */
#define CPU(field) boot_cpu + CPU_##field

    /*
     * The first instructions after `syscall`: a brief context. Afterwards rsp points to the context's rsp; SAVED(field) is a
     * field of the context then, THREAD(field) one of the thread.
     */
#define SAVED(field)  (CONTEXT_##field - CONTEXT_RSP)(%rsp)
#define THREAD(field) (THREAD_##field - THREAD_CONTEXT - CONTEXT_RSP)(%rsp)
    .macro SAVE_CALLER
    mov %rsp, CPU(USER_RSP)
    mov CPU(TASK_RSP0), %rsp
    push $0
    push CPU(USER_RSP)
    mov %r11, SAVED(RFLAGS)
    mov %rcx, SAVED(RIP)
    mov %rax, SAVED(RAX)
    mov %rbx, SAVED(RBX)
    mov %rdx, SAVED(RDX)
    mov %rsi, SAVED(RSI)
    mov %rdi, SAVED(RDI)
    mov %rbp, SAVED(RBP)
    mov %r8, SAVED(R8)
    mov %r9, SAVED(R9)
    mov %r10, SAVED(R10)
    mov %r12, SAVED(R12)
    mov %r13, SAVED(R13)
    mov %r14, SAVED(R14)
    mov %r15, SAVED(R15)
    .endm
/* clang-format on */

#else

#include "arch/x86_64/vspace.h"
#include "core/cpu.h"
#include "core/time.h"
#include "object/endpoint.h"
#include "object/reply.h"
#include "object/schedctx.h"

#define CHECK_OFFSET(structure, field, number)                                                                         \
    static_assert(offsetof(struct structure, field) == (number), "entry code")
CHECK_OFFSET(thread, slot[THREAD_SLOT_CSPACE].cap.word[1], THREAD_GUARD);
CHECK_OFFSET(thread, context, THREAD_CONTEXT);
CHECK_OFFSET(thread, state, THREAD_STATE);
CHECK_OFFSET(thread, priority, THREAD_PRIORITY);
CHECK_OFFSET(thread, domain, THREAD_DOMAIN);
CHECK_OFFSET(thread, special, THREAD_SPECIAL);
CHECK_OFFSET(thread, schedctx, THREAD_SCHEDCTX);
CHECK_OFFSET(thread, reply, THREAD_REPLY);
CHECK_OFFSET(thread, space, THREAD_SPACE);
CHECK_OFFSET(thread, cspace, THREAD_CSPACE);
CHECK_OFFSET(thread, cspace_size, THREAD_CSPACE_SIZE);
CHECK_OFFSET(thread, bound_notification, THREAD_NOTIFICATION);
CHECK_OFFSET(thread, blocking_object, THREAD_BLOCKED_AT);
CHECK_OFFSET(thread, fault.type, THREAD_FAULT);
CHECK_OFFSET(thread, fpu, THREAD_FPU);
CHECK_OFFSET(thread, buffer_readable, THREAD_BUFFER_READABLE);
CHECK_OFFSET(thread, buffer_writable, THREAD_BUFFER_WRITABLE);
CHECK_OFFSET(reply, thread, REPLY_THREAD);
CHECK_OFFSET(reply, older, REPLY_OLDER);
CHECK_OFFSET(reply, newer, REPLY_NEWER);
CHECK_OFFSET(reply, schedctx, REPLY_SCHEDCTX);
CHECK_OFFSET(schedctx, thread, SCHEDCTX_THREAD);
CHECK_OFFSET(schedctx, reply, SCHEDCTX_REPLY);
CHECK_OFFSET(schedctx, consumed, SCHEDCTX_CONSUMED);
CHECK_OFFSET(schedctx, is_round_robin, SCHEDCTX_ROUND_ROBIN);
CHECK_OFFSET(schedctx, refill[0].amount, SCHEDCTX_AMOUNT);
CHECK_OFFSET(schedctx, refill[1].amount, SCHEDCTX_USED_AMOUNT);
CHECK_OFFSET(kernel_times, minimum_budget, TIMES_MINIMUM);
CHECK_OFFSET(kernel_times, timer_slack, TIMES_SLACK);
CHECK_OFFSET(endpoint, queue.head_word, 0);
CHECK_OFFSET(cpu, machine.user_rsp, CPU_USER_RSP);
CHECK_OFFSET(cpu, machine.idle, CPU_IDLE);
CHECK_OFFSET(cpu, machine.task.rsp0, CPU_TASK_RSP0);
CHECK_OFFSET(cpu, machine.loaded_space, CPU_LOADED_SPACE);
CHECK_OFFSET(cpu, current, CPU_CURRENT);
CHECK_OFFSET(cpu, fpu_owner, CPU_FPU_OWNER);
CHECK_OFFSET(cpu, highest_ready, CPU_HIGHEST_READY);
CHECK_OFFSET(cpu, domain, CPU_DOMAIN);
CHECK_OFFSET(cpu, current_schedctx, CPU_CURRENT_SCHEDCTX);
CHECK_OFFSET(cpu, now, CPU_NOW);
CHECK_OFFSET(cpu, quiet_until, CPU_QUIET_UNTIL);
CHECK_OFFSET(cpu, charged_until, CPU_CHARGED_UNTIL);
CHECK_OFFSET(cpu, due, CPU_DUE);
CHECK_OFFSET(cpu, armed_deadline, CPU_ARMED_DEADLINE);
#undef CHECK_OFFSET
static_assert(THREAD_RUNNING == STATE_RUNNING && THREAD_BLOCKED_RECEIVE == STATE_BLOCKED_RECEIVE &&
                  THREAD_BLOCKED_REPLY == STATE_BLOCKED_REPLY && THREAD_USES_FPU == SPECIAL_FPU &&
                  THREAD_IS_FOREIGN == SPECIAL_FOREIGN && THREAD_CALL_PREEMPTED == SPECIAL_CALL_PREEMPTED,
              "entry code");
static_assert(ENDPOINT_ONE_RECEIVER == (ENDPOINT_RECEIVERS | WAIT_QUEUE_ALONE), "entry code");
static_assert(THREAD_ALIGNMENT_MASK == (1u << ABI_TCB_BITS) - 1, "entry code");
static_assert(CAP_BYTE_MAY_CALL == CAP_MAY_CALL >> 8 && CAP_BYTE_MAY_RECEIVE == CAP_MAY_RECEIVE >> 8 &&
                  CAP_BYTE_IS_REPLY == CAP_IS_REPLY >> 8 && CAP_SHIFT == CAP_POINTER_SHIFT,
              "entry code");
static_assert(1u << SLOT_SHIFT == sizeof(struct cap_slot) && ROTATION == SPACE_ROTATION, "entry code");

#endif
