/*
 * How a thread enters the kernel on x86_64: the number in rdx, capability and badge in rdi, info word in rsi, message
 * words in r10, r8, r9, r15, reply object in r12, destination of a combined call in r13.
 *
 * The instruction itself overwrites rcx and r11. A kernel may also return another rsp, so it is kept in rbx meanwhile.
 */
#pragma once

#include <sel4/config.h>
#include <sel4/constants.h>
#include <sel4/simple_types.h>
#include <sel4/syscall.h>

#ifndef CONFIG_SYSCALL
#error "only the syscall instruction is supported"
#endif

#define PECAN_SYSCALL_INSTRUCTION "movq %%rsp, %%rbx\n\tsyscall\n\tmovq %%rbx, %%rsp"

/* A call that takes a message and gives nothing back. */
LIBSEL4_INLINE_FUNC void pecan_syscall_send(seL4_Word number, seL4_Word dest, seL4_Word info, const seL4_Word *words)
{
    register seL4_Word word0 __asm__("r10") = words[0];
    register seL4_Word word1 __asm__("r8") = words[1];
    register seL4_Word word2 __asm__("r9") = words[2];
    register seL4_Word word3 __asm__("r15") = words[3];

    __asm__ volatile(PECAN_SYSCALL_INSTRUCTION
                     : "+r"(word0), "+r"(word1), "+r"(word2), "+r"(word3), "+D"(dest), "+S"(info)
                     : "d"(number)
                     : "rbx", "rcx", "r11", "memory");
}

/*
 * A call that gives a message back: *cap is the capability and becomes the badge, *info and words[0..3] are replaced.
 * What a call does not use it ignores.
 */
LIBSEL4_INLINE_FUNC void pecan_syscall_exchange(seL4_Word number, seL4_Word *cap, seL4_Word *info, seL4_Word *words,
                                                seL4_Word reply, seL4_Word dest)
{
    register seL4_Word word0 __asm__("r10") = words[0];
    register seL4_Word word1 __asm__("r8") = words[1];
    register seL4_Word word2 __asm__("r9") = words[2];
    register seL4_Word word3 __asm__("r15") = words[3];
    register seL4_Word reply_register __asm__("r12") = reply;
    register seL4_Word dest_register __asm__("r13") = dest;

    __asm__ volatile(PECAN_SYSCALL_INSTRUCTION
                     : "+D"(*cap), "+S"(*info), "+r"(word0), "+r"(word1), "+r"(word2), "+r"(word3)
                     : "d"(number), "r"(reply_register), "r"(dest_register)
                     : "rbx", "rcx", "r11", "memory");
    words[0] = word0;
    words[1] = word1;
    words[2] = word2;
    words[3] = word3;
}

/* A call with one argument; returns what the kernel leaves in its place. */
LIBSEL4_INLINE_FUNC seL4_Word pecan_syscall_word(seL4_Word number, seL4_Word argument)
{
    seL4_Word info = 0;

    __asm__ volatile(PECAN_SYSCALL_INSTRUCTION
                     : "+D"(argument), "+S"(info)
                     : "d"(number)
                     : "rbx", "rcx", "r11", "r8", "r9", "r10", "r15", "memory");
    return argument;
}
