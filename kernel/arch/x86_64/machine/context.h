/*
 * A user program's registers, in the order in which the entry code pushes them: the task segment's stack pointer leads to
 * the end of the current thread's context, so that the processor's own frame lands in place.
 *
 * A context is full or brief. It is brief from `syscall` until somebody else looks at it or it leaves: what `syscall` and
 * `sysret` make of rcx, r11 and the selectors is not stored, and the calling instruction is two bytes before rip. `ss` tells:
 * 0, which no user program can have, is brief.
 */
#pragma once

#define CONTEXT_FS_BASE    0
#define CONTEXT_GS_BASE    8
#define CONTEXT_RESTART_PC 16
#define CONTEXT_RCX        24
#define CONTEXT_R15        40
#define CONTEXT_R14        48
#define CONTEXT_R13        56
#define CONTEXT_R12        64
#define CONTEXT_R10        72
#define CONTEXT_R9         80
#define CONTEXT_R8         88
#define CONTEXT_RBP        96
#define CONTEXT_RDI        104
#define CONTEXT_RSI        112
#define CONTEXT_RDX        120
#define CONTEXT_RBX        128
#define CONTEXT_RAX        136
#define CONTEXT_EVENT      144
#define CONTEXT_RIP        152
#define CONTEXT_CS         160
#define CONTEXT_RFLAGS     168
#define CONTEXT_RSP        176
#define CONTEXT_SS         184
#define CONTEXT_BYTES      192
#define THREAD_CONTEXT     160 /* offset in struct thread */

#ifndef __ASSEMBLER__

#include "machine/layout.h"
#include "machine/registers.h"

struct user_context {
    uint64_t fs_base, gs_base; /* current only after hal_sync_context */
    uint64_t restart_pc;       /* the faulting or calling instruction; not stored in a brief context */
    uint64_t rcx, r11;         /* not stored in a brief context, nor cs */
    uint64_t r15, r14, r13, r12, r10, r9, r8;
    uint64_t rbp, rdi, rsi, rdx, rbx, rax;
    uint64_t event; /* the vector or error code that led into the kernel */
    uint64_t rip, cs, rflags, rsp, ss;
};
static_assert(offsetof(struct user_context, fs_base) == CONTEXT_FS_BASE, "entry code");
static_assert(offsetof(struct user_context, gs_base) == CONTEXT_GS_BASE, "entry code");
static_assert(offsetof(struct user_context, restart_pc) == CONTEXT_RESTART_PC, "entry code");
static_assert(offsetof(struct user_context, rcx) == CONTEXT_RCX, "entry code");
static_assert(offsetof(struct user_context, r15) == CONTEXT_R15, "entry code");
static_assert(offsetof(struct user_context, r14) == CONTEXT_R14, "entry code");
static_assert(offsetof(struct user_context, r13) == CONTEXT_R13, "entry code");
static_assert(offsetof(struct user_context, r12) == CONTEXT_R12, "entry code");
static_assert(offsetof(struct user_context, r10) == CONTEXT_R10, "entry code");
static_assert(offsetof(struct user_context, r9) == CONTEXT_R9, "entry code");
static_assert(offsetof(struct user_context, r8) == CONTEXT_R8, "entry code");
static_assert(offsetof(struct user_context, rbp) == CONTEXT_RBP, "entry code");
static_assert(offsetof(struct user_context, rdi) == CONTEXT_RDI, "entry code");
static_assert(offsetof(struct user_context, rsi) == CONTEXT_RSI, "entry code");
static_assert(offsetof(struct user_context, rdx) == CONTEXT_RDX, "entry code");
static_assert(offsetof(struct user_context, rbx) == CONTEXT_RBX, "entry code");
static_assert(offsetof(struct user_context, rax) == CONTEXT_RAX, "entry code");
static_assert(offsetof(struct user_context, event) == CONTEXT_EVENT, "entry code");
static_assert(offsetof(struct user_context, rip) == CONTEXT_RIP, "entry code");
static_assert(offsetof(struct user_context, cs) == CONTEXT_CS, "entry code");
static_assert(offsetof(struct user_context, rflags) == CONTEXT_RFLAGS, "entry code");
static_assert(offsetof(struct user_context, rsp) == CONTEXT_RSP, "entry code");
static_assert(offsetof(struct user_context, ss) == CONTEXT_SS, "entry code");
static_assert(sizeof(struct user_context) == CONTEXT_BYTES, "entry code");
static_assert((THREAD_CONTEXT + CONTEXT_BYTES) % 16 == 0, "the processor aligns its frame");

/* x87, SSE and AVX registers as XSAVE (standard format) or FXSAVE leave them. */
struct fpu_state {
    uint8_t bytes[832];
} ALIGNED(64);

#define SYSCALL_BYTES 2 /* of the instruction */

#define CONTEXT_USER_REGISTERS  20
#define CONTEXT_FRAME_REGISTERS 18
#define CONTEXT_SYSCALL_WORDS   18
#define CONTEXT_EXCEPTION_WORDS 3
#define CONTEXT_TIMEOUT_WORDS   19

static inline void context_init(struct user_context *context)
{
    *context = (struct user_context){
        .cs = SELECTOR_USER_CODE, .ss = SELECTOR_USER_DATA, .rflags = FLAG_FIXED | FLAG_INTERRUPT};
}

/* Stores what a brief context leaves out. It leaves by `iret` then. */
static inline void context_complete(struct user_context *context)
{
    if (context->ss != 0)
        return;
    context->restart_pc = context->rip - SYSCALL_BYTES;
    context->rcx = context->rip;
    context->r11 = context->rflags;
    context->cs = SELECTOR_USER_CODE;
    context->ss = SELECTOR_USER_DATA;
}

/* --- system calls ------------------------------------------------------------------------------------------------ */

static inline uint64_t context_syscall_number(const struct user_context *context)
{
    return context->rdx;
}
static inline uint64_t context_foreign_number(const struct user_context *context)
{
    return context->rax;
}
static inline uint64_t context_cap(const struct user_context *context)
{
    return context->rdi;
}
static inline uint64_t context_info(const struct user_context *context)
{
    return context->rsi;
}
static inline uint64_t context_reply_cap(const struct user_context *context)
{
    return context->r12;
}
static inline uint64_t context_destination(const struct user_context *context)
{
    return context->r13;
}
static inline void context_set_badge(struct user_context *context, uint64_t value)
{
    context->rdi = value;
}
static inline void context_set_info(struct user_context *context, uint64_t value)
{
    context->rsi = value;
}
static inline uint64_t context_mr(const struct user_context *context, unsigned index)
{
    switch (index) {
    case 0:
        return context->r10;
    case 1:
        return context->r8;
    case 2:
        return context->r9;
    default:
        return context->r15;
    }
}
static inline void context_set_mr(struct user_context *context, unsigned index, uint64_t value)
{
    switch (index) {
    case 0:
        context->r10 = value;
        break;
    case 1:
        context->r8 = value;
        break;
    case 2:
        context->r9 = value;
        break;
    default:
        context->r15 = value;
        break;
    }
}

/* --- where it goes on ---------------------------------------------------------------------------------------------- */

static inline uint64_t context_pc(const struct user_context *context)
{
    return context->rip;
}
static inline uint64_t context_restart_pc(const struct user_context *context)
{
    return context->ss != 0 ? context->restart_pc : context->rip - SYSCALL_BYTES;
}
static inline uint64_t context_safe_address(uint64_t address)
{
    return address_is_canonical(address) ? address : 0;
}
static inline void context_set_pc(struct user_context *context, uint64_t value)
{
    context_complete(context);
    context->rip = context_safe_address(value);
    context->restart_pc = context->rip;
}
static inline void context_restart(struct user_context *context)
{
    context->rip = context_restart_pc(context);
}
static inline void context_stop_here(struct user_context *context)
{
    context_complete(context);
    context->restart_pc = context->rip;
}

/* --- registers by number ------------------------------------------------------------------------------------------- */

/* What a flags word becomes that somebody writes: interrupts on, single step off, the low 12 bits only. */
static inline uint64_t context_safe_flags(uint64_t flags)
{
    uint64_t cleared = BIT(3) | BIT(5) | FLAG_TRAP;
    return (flags & mask_low(12) & ~cleared) | FLAG_FIXED | FLAG_INTERRUPT;
}
static inline void context_set_tls_base(struct user_context *context, uint64_t value)
{
    context->fs_base = context_safe_address(value);
}

/* Register `index` of the interface's UserContext. */
uint64_t context_user_register(const struct user_context *context, unsigned index);
void context_set_user_register(struct user_context *context, unsigned index, uint64_t value);

#endif
