#include "machine/context.h"

#include "abi/fault.h"
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

static const uint8_t syscall_words[CONTEXT_SYSCALL_WORDS] = {
    [ABI_FAULT_UNKNOWN_SYSCALL_RAX] = OFFSET(rax), [ABI_FAULT_UNKNOWN_SYSCALL_RBX] = OFFSET(rbx),
    [ABI_FAULT_UNKNOWN_SYSCALL_RCX] = OFFSET(rcx), [ABI_FAULT_UNKNOWN_SYSCALL_RDX] = OFFSET(rdx),
    [ABI_FAULT_UNKNOWN_SYSCALL_RSI] = OFFSET(rsi), [ABI_FAULT_UNKNOWN_SYSCALL_RDI] = OFFSET(rdi),
    [ABI_FAULT_UNKNOWN_SYSCALL_RBP] = OFFSET(rbp), [ABI_FAULT_UNKNOWN_SYSCALL_R8] = OFFSET(r8),
    [ABI_FAULT_UNKNOWN_SYSCALL_R9] = OFFSET(r9),   [ABI_FAULT_UNKNOWN_SYSCALL_R10] = OFFSET(r10),
    [ABI_FAULT_UNKNOWN_SYSCALL_R11] = OFFSET(r11), [ABI_FAULT_UNKNOWN_SYSCALL_R12] = OFFSET(r12),
    [ABI_FAULT_UNKNOWN_SYSCALL_R13] = OFFSET(r13), [ABI_FAULT_UNKNOWN_SYSCALL_R14] = OFFSET(r14),
    [ABI_FAULT_UNKNOWN_SYSCALL_R15] = OFFSET(r15), [ABI_FAULT_UNKNOWN_SYSCALL_FAULT_IP] = OFFSET(restart_pc),
    [ABI_FAULT_UNKNOWN_SYSCALL_SP] = OFFSET(rsp),  [ABI_FAULT_UNKNOWN_SYSCALL_FLAGS] = OFFSET(rflags),
};

static const uint8_t exception_words[CONTEXT_EXCEPTION_WORDS] = {
    [ABI_FAULT_USER_EXCEPTION_FAULT_IP] = OFFSET(restart_pc),
    [ABI_FAULT_USER_EXCEPTION_SP] = OFFSET(rsp),
    [ABI_FAULT_USER_EXCEPTION_FLAGS] = OFFSET(rflags),
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

/* The offset of word `index` of a fault's message. */
static unsigned fault_offset(unsigned type, unsigned index)
{
    switch (type) {
    case ABI_FAULT_UNKNOWN_SYSCALL:
        return syscall_words[index];
    case ABI_FAULT_USER_EXCEPTION:
        return exception_words[index];
    default:
        assert(type == ABI_FAULT_TIMEOUT);
        return timeout_words[index];
    }
}

uint64_t context_user_register(const struct user_context *context, unsigned index)
{
    return register_at(context, user_registers[index]);
}

void context_set_user_register(struct user_context *context, unsigned index, uint64_t value)
{
    set_register_at(context, user_registers[index], value);
}

uint64_t context_fault_register(const struct user_context *context, unsigned type, unsigned index)
{
    return register_at(context, fault_offset(type, index));
}

void context_set_fault_register(struct user_context *context, unsigned type, unsigned index, uint64_t value)
{
    set_register_at(context, fault_offset(type, index), value);
}
