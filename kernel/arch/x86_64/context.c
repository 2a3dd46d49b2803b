#include "hal/context.h"

#include "abi/fault.h"
#include "abi/message.h"
#include "abi/thread.h"
#include "lib/assert.h"

static_assert(CONTEXT_USER_REGISTERS == ABI_USER_CONTEXT_COUNT, "interface");
static_assert(CONTEXT_FRAME_REGISTERS == ABI_USER_CONTEXT_FRAME_COUNT, "interface");
static_assert(CONTEXT_SYSCALL_WORDS == ABI_FAULT_UNKNOWN_SYSCALL_REPLY_LENGTH, "interface");
static_assert(CONTEXT_EXCEPTION_WORDS == ABI_FAULT_USER_EXCEPTION_REPLY_LENGTH, "interface");
static_assert(CONTEXT_TIMEOUT_WORDS == ABI_FAULT_TIMEOUT_REPLY_LENGTH, "interface");

#define OFFSET(name) offsetof(struct user_context, name)

/* Where each register is, in the interface's order. What is written to some of them is made safe. */
static const uint8_t user_registers[CONTEXT_USER_REGISTERS] = {
    [ABI_USER_CONTEXT_RIP] = OFFSET(rip),         [ABI_USER_CONTEXT_RSP] = OFFSET(rsp),
    [ABI_USER_CONTEXT_RFLAGS] = OFFSET(rflags),   [ABI_USER_CONTEXT_RAX] = OFFSET(rax),
    [ABI_USER_CONTEXT_RBX] = OFFSET(rbx),         [ABI_USER_CONTEXT_RCX] = OFFSET(rcx),
    [ABI_USER_CONTEXT_RDX] = OFFSET(rdx),         [ABI_USER_CONTEXT_RSI] = OFFSET(rsi),
    [ABI_USER_CONTEXT_RDI] = OFFSET(rdi),         [ABI_USER_CONTEXT_RBP] = OFFSET(rbp),
    [ABI_USER_CONTEXT_R8] = OFFSET(r8),           [ABI_USER_CONTEXT_R9] = OFFSET(r9),
    [ABI_USER_CONTEXT_R10] = OFFSET(r10),         [ABI_USER_CONTEXT_R11] = OFFSET(r11),
    [ABI_USER_CONTEXT_R12] = OFFSET(r12),         [ABI_USER_CONTEXT_R13] = OFFSET(r13),
    [ABI_USER_CONTEXT_R14] = OFFSET(r14),         [ABI_USER_CONTEXT_R15] = OFFSET(r15),
    [ABI_USER_CONTEXT_FS_BASE] = OFFSET(fs_base), [ABI_USER_CONTEXT_GS_BASE] = OFFSET(gs_base),
};

static const uint8_t timeout_words[CONTEXT_TIMEOUT_WORDS] = {
    [ABI_TIMEOUT_REPLY_FAULT_IP] = OFFSET(restart_pc),
    [ABI_TIMEOUT_REPLY_RSP] = OFFSET(rsp),
    [ABI_TIMEOUT_REPLY_FLAGS] = OFFSET(rflags),
    [ABI_TIMEOUT_REPLY_RAX] = OFFSET(rax),
    [ABI_TIMEOUT_REPLY_RBX] = OFFSET(rbx),
    [ABI_TIMEOUT_REPLY_RCX] = OFFSET(rcx),
    [ABI_TIMEOUT_REPLY_RDX] = OFFSET(rdx),
    [ABI_TIMEOUT_REPLY_RSI] = OFFSET(rsi),
    [ABI_TIMEOUT_REPLY_RDI] = OFFSET(rdi),
    [ABI_TIMEOUT_REPLY_RBP] = OFFSET(rbp),
    [ABI_TIMEOUT_REPLY_R8] = OFFSET(r8),
    [ABI_TIMEOUT_REPLY_R9] = OFFSET(r9),
    [ABI_TIMEOUT_REPLY_R10] = OFFSET(r10),
    [ABI_TIMEOUT_REPLY_R11] = OFFSET(r11),
    [ABI_TIMEOUT_REPLY_R12] = OFFSET(r12),
    [ABI_TIMEOUT_REPLY_R13] = OFFSET(r13),
    [ABI_TIMEOUT_REPLY_R14] = OFFSET(r14),
    [ABI_TIMEOUT_REPLY_R15] = OFFSET(r15),
    [ABI_TIMEOUT_REPLY_FS_BASE] = OFFSET(fs_base),
};

static uint64_t register_at(const struct user_context *context, unsigned offset)
{
    return *(const uint64_t *)((const char *)context + offset);
}

static void set_register_at(struct user_context *context, unsigned offset, uint64_t value)
{
    context_complete(context);
    switch (offset) {
    case OFFSET(rip):
    case OFFSET(restart_pc):
        context_set_pc(context, value);
        return;
    case OFFSET(rflags):
        value = context_safe_flags(value);
        break;
    case OFFSET(fs_base):
    case OFFSET(gs_base):
        value = context_safe_address(value);
        break;
    default:
        break;
    }
    *(uint64_t *)((char *)context + offset) = value;
}

uint64_t context_user_register(const struct user_context *context, unsigned index)
{
    return register_at(context, user_registers[index]);
}

void context_set_user_register(struct user_context *context, unsigned index, uint64_t value)
{
    set_register_at(context, user_registers[index], value);
}

/* --- faults: straight, register by register; personalities have one for each system call of their programs. A thread that
 * exceptions have led into the kernel has a full context, and after a message of its registers any thread ------------------- */

void context_put_syscall(struct user_context *context, struct user_context *receiver, uint64_t *message)
{
    context_complete(context);
    context_set_mr(receiver, ABI_FAULT_UNKNOWN_SYSCALL_RAX, context->rax);
    context_set_mr(receiver, ABI_FAULT_UNKNOWN_SYSCALL_RBX, context->rbx);
    context_set_mr(receiver, ABI_FAULT_UNKNOWN_SYSCALL_RCX, context->rcx);
    context_set_mr(receiver, ABI_FAULT_UNKNOWN_SYSCALL_RDX, context->rdx);
    if (!message)
        return;
    message[ABI_FAULT_UNKNOWN_SYSCALL_RSI] = context->rsi;
    message[ABI_FAULT_UNKNOWN_SYSCALL_RDI] = context->rdi;
    message[ABI_FAULT_UNKNOWN_SYSCALL_RBP] = context->rbp;
    message[ABI_FAULT_UNKNOWN_SYSCALL_R8] = context->r8;
    message[ABI_FAULT_UNKNOWN_SYSCALL_R9] = context->r9;
    message[ABI_FAULT_UNKNOWN_SYSCALL_R10] = context->r10;
    message[ABI_FAULT_UNKNOWN_SYSCALL_R11] = context->r11;
    message[ABI_FAULT_UNKNOWN_SYSCALL_R12] = context->r12;
    message[ABI_FAULT_UNKNOWN_SYSCALL_R13] = context->r13;
    message[ABI_FAULT_UNKNOWN_SYSCALL_R14] = context->r14;
    message[ABI_FAULT_UNKNOWN_SYSCALL_R15] = context->r15;
    message[ABI_FAULT_UNKNOWN_SYSCALL_FAULT_IP] = context->restart_pc;
    message[ABI_FAULT_UNKNOWN_SYSCALL_SP] = context->rsp;
    message[ABI_FAULT_UNKNOWN_SYSCALL_FLAGS] = context->rflags;
}

void context_put_exception(const struct user_context *context, struct user_context *receiver)
{
    context_set_mr(receiver, ABI_FAULT_USER_EXCEPTION_FAULT_IP, context->restart_pc);
    context_set_mr(receiver, ABI_FAULT_USER_EXCEPTION_SP, context->rsp);
    context_set_mr(receiver, ABI_FAULT_USER_EXCEPTION_FLAGS, context->rflags);
}

/* The last word first: each case goes on with the words before. */
static void take_syscall_reply(struct user_context *context, const struct user_context *handler,
                               const volatile uint64_t *message, unsigned count)
{
    switch (count) {
    case ABI_FAULT_UNKNOWN_SYSCALL_FLAGS + 1:
        context->rflags = context_safe_flags(message[ABI_FAULT_UNKNOWN_SYSCALL_FLAGS]);
        FALLTHROUGH;
    case ABI_FAULT_UNKNOWN_SYSCALL_SP + 1:
        context->rsp = message[ABI_FAULT_UNKNOWN_SYSCALL_SP];
        FALLTHROUGH;
    case ABI_FAULT_UNKNOWN_SYSCALL_FAULT_IP + 1:
        context_set_pc(context, message[ABI_FAULT_UNKNOWN_SYSCALL_FAULT_IP]);
        FALLTHROUGH;
    case ABI_FAULT_UNKNOWN_SYSCALL_R15 + 1:
        context->r15 = message[ABI_FAULT_UNKNOWN_SYSCALL_R15];
        FALLTHROUGH;
    case ABI_FAULT_UNKNOWN_SYSCALL_R14 + 1:
        context->r14 = message[ABI_FAULT_UNKNOWN_SYSCALL_R14];
        FALLTHROUGH;
    case ABI_FAULT_UNKNOWN_SYSCALL_R13 + 1:
        context->r13 = message[ABI_FAULT_UNKNOWN_SYSCALL_R13];
        FALLTHROUGH;
    case ABI_FAULT_UNKNOWN_SYSCALL_R12 + 1:
        context->r12 = message[ABI_FAULT_UNKNOWN_SYSCALL_R12];
        FALLTHROUGH;
    case ABI_FAULT_UNKNOWN_SYSCALL_R11 + 1:
        context->r11 = message[ABI_FAULT_UNKNOWN_SYSCALL_R11];
        FALLTHROUGH;
    case ABI_FAULT_UNKNOWN_SYSCALL_R10 + 1:
        context->r10 = message[ABI_FAULT_UNKNOWN_SYSCALL_R10];
        FALLTHROUGH;
    case ABI_FAULT_UNKNOWN_SYSCALL_R9 + 1:
        context->r9 = message[ABI_FAULT_UNKNOWN_SYSCALL_R9];
        FALLTHROUGH;
    case ABI_FAULT_UNKNOWN_SYSCALL_R8 + 1:
        context->r8 = message[ABI_FAULT_UNKNOWN_SYSCALL_R8];
        FALLTHROUGH;
    case ABI_FAULT_UNKNOWN_SYSCALL_RBP + 1:
        context->rbp = message[ABI_FAULT_UNKNOWN_SYSCALL_RBP];
        FALLTHROUGH;
    case ABI_FAULT_UNKNOWN_SYSCALL_RDI + 1:
        context->rdi = message[ABI_FAULT_UNKNOWN_SYSCALL_RDI];
        FALLTHROUGH;
    case ABI_FAULT_UNKNOWN_SYSCALL_RSI + 1:
        context->rsi = message[ABI_FAULT_UNKNOWN_SYSCALL_RSI];
        FALLTHROUGH;
    case ABI_FAULT_UNKNOWN_SYSCALL_RDX + 1:
        context->rdx = context_mr(handler, ABI_FAULT_UNKNOWN_SYSCALL_RDX);
        FALLTHROUGH;
    case ABI_FAULT_UNKNOWN_SYSCALL_RCX + 1:
        context->rcx = context_mr(handler, ABI_FAULT_UNKNOWN_SYSCALL_RCX);
        FALLTHROUGH;
    case ABI_FAULT_UNKNOWN_SYSCALL_RBX + 1:
        context->rbx = context_mr(handler, ABI_FAULT_UNKNOWN_SYSCALL_RBX);
        FALLTHROUGH;
    case ABI_FAULT_UNKNOWN_SYSCALL_RAX + 1:
        context->rax = context_mr(handler, ABI_FAULT_UNKNOWN_SYSCALL_RAX);
        FALLTHROUGH;
    default:
        break;
    }
}

static void take_exception_reply(struct user_context *context, const struct user_context *handler, unsigned count)
{
    if (count > ABI_FAULT_USER_EXCEPTION_FLAGS)
        context->rflags = context_safe_flags(context_mr(handler, ABI_FAULT_USER_EXCEPTION_FLAGS));
    if (count > ABI_FAULT_USER_EXCEPTION_SP)
        context->rsp = context_mr(handler, ABI_FAULT_USER_EXCEPTION_SP);
    if (count > ABI_FAULT_USER_EXCEPTION_FAULT_IP)
        context_set_pc(context, context_mr(handler, ABI_FAULT_USER_EXCEPTION_FAULT_IP));
}

static NOINLINE void take_timeout_reply(struct user_context *context, const struct user_context *handler,
                                        const volatile uint64_t *message, unsigned count)
{
    for (unsigned i = 0; i < count; i++)
        set_register_at(context, timeout_words[i], i < ABI_MESSAGE_REGISTERS ? context_mr(handler, i) : message[i]);
}

void context_take_fault_reply(struct user_context *context, unsigned type, const struct user_context *handler,
                              const volatile uint64_t *message, unsigned count)
{
    if (type == ABI_FAULT_UNKNOWN_SYSCALL)
        take_syscall_reply(context, handler, message, count);
    else if (type == ABI_FAULT_USER_EXCEPTION)
        take_exception_reply(context, handler, count);
    else
        take_timeout_reply(context, handler, message, count);
}
