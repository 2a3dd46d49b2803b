/*
 * A thread's registers on the host: one for each role that the core knows.
 *
 * A call instruction takes two bytes. The register numbers of the interface (seL4_UserContext) are this struct's order
 * without `restart_pc`; the first twelve are the frame group.
 */
#pragma once

#include "lib/compiler.h"

struct user_context {
    uint64_t pc, sp, flags;
    uint64_t number, cap, info, reply_cap, destination;
    uint64_t mr[4];
    uint64_t tls_base;
    uint64_t restart_pc;
};

struct fpu_state {
    uint8_t bytes[64];
} ALIGNED(64);

#define CONTEXT_USER_REGISTERS  13
#define CONTEXT_FRAME_REGISTERS 12
#define CONTEXT_SYSCALL_WORDS   6
#define CONTEXT_EXCEPTION_WORDS 3
#define CONTEXT_TIMEOUT_WORDS   13

#define HOST_CALL_BYTES  2
#define HOST_FLAGS_FIXED 2u
#define HOST_FLAGS_MASK  0xffu
#define HOST_USER_TOP    (BIT(47) - 1)

static inline uint64_t context_safe_address(uint64_t address)
{
    return address > HOST_USER_TOP ? 0 : address;
}
static inline uint64_t context_safe_flags(uint64_t flags)
{
    return (flags & HOST_FLAGS_MASK) | HOST_FLAGS_FIXED;
}

static inline void context_init(struct user_context *context)
{
    *context = (struct user_context){.flags = HOST_FLAGS_FIXED};
}

static inline uint64_t context_syscall_number(const struct user_context *context)
{
    return context->number;
}
static inline uint64_t context_foreign_number(const struct user_context *context)
{
    return context->mr[0];
}
static inline uint64_t context_cap(const struct user_context *context)
{
    return context->cap;
}
static inline uint64_t context_info(const struct user_context *context)
{
    return context->info;
}
static inline uint64_t context_reply_cap(const struct user_context *context)
{
    return context->reply_cap;
}
static inline uint64_t context_destination(const struct user_context *context)
{
    return context->destination;
}
static inline void context_set_badge(struct user_context *context, uint64_t value)
{
    context->cap = value;
}
static inline void context_set_info(struct user_context *context, uint64_t value)
{
    context->info = value;
}
static inline uint64_t context_mr(const struct user_context *context, unsigned index)
{
    return context->mr[index];
}
static inline void context_set_mr(struct user_context *context, unsigned index, uint64_t value)
{
    context->mr[index] = value;
}

static inline uint64_t context_pc(const struct user_context *context)
{
    return context->pc;
}
static inline void context_set_pc(struct user_context *context, uint64_t value)
{
    context->pc = context->restart_pc = context_safe_address(value);
}
static inline uint64_t context_restart_pc(const struct user_context *context)
{
    return context->restart_pc;
}
static inline void context_stop_here(struct user_context *context)
{
    context->restart_pc = context->pc;
}
static inline void context_restart(struct user_context *context)
{
    context->pc = context->restart_pc;
}
static inline void context_set_tls_base(struct user_context *context, uint64_t value)
{
    context->tls_base = context_safe_address(value);
}

/* Register `index` of the interface's UserContext. */
static inline uint64_t context_user_register(const struct user_context *context, unsigned index)
{
    const uint64_t *registers = (const void *)context;
    return registers[index];
}
static inline void context_set_user_register(struct user_context *context, unsigned index, uint64_t value)
{
    uint64_t *registers = (void *)context;
    switch (index) {
    case 0:
        context_set_pc(context, value);
        break;
    case 2:
        context->flags = context_safe_flags(value);
        break;
    case 12:
        context_set_tls_base(context, value);
        break;
    default:
        registers[index] = value;
        break;
    }
}
