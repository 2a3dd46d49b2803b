/*
 * The system calls of sel4/syscalls.h, made of the few primitives that an architecture supplies in
 * sel4/sel4_arch/syscalls.h: pecan_syscall_send, pecan_syscall_exchange, pecan_syscall_word.
 */
#pragma once

#include <sel4/functions.h>
#include <sel4/sel4_arch/syscalls.h>
#include <sel4/syscall.h>
#include <sel4/types.h>

/* The first message words, on their way between memory and CPU registers. */
typedef struct pecan_message_words {
    seL4_Word word[seL4_FastMessageRegisters];
} pecan_message_words;

LIBSEL4_INLINE_FUNC pecan_message_words pecan_words_from_buffer(void)
{
    pecan_message_words words;

    for (int i = 0; i < seL4_FastMessageRegisters; i++)
        words.word[i] = seL4_GetMR(i);
    return words;
}

LIBSEL4_INLINE_FUNC void pecan_words_to_buffer(const pecan_message_words *words)
{
    for (int i = 0; i < seL4_FastMessageRegisters; i++)
        seL4_SetMR(i, words->word[i]);
}

/* Words that the message does not hold or the caller does not give are sent as 0. */
LIBSEL4_INLINE_FUNC pecan_message_words pecan_words_from(seL4_MessageInfo_t info, const seL4_Word *mr0,
                                                         const seL4_Word *mr1, const seL4_Word *mr2,
                                                         const seL4_Word *mr3)
{
    seL4_Word length = seL4_MessageInfo_get_length(info);
    pecan_message_words words = {{
        mr0 && length > 0 ? *mr0 : 0,
        mr1 && length > 1 ? *mr1 : 0,
        mr2 && length > 2 ? *mr2 : 0,
        mr3 && length > 3 ? *mr3 : 0,
    }};
    return words;
}

LIBSEL4_INLINE_FUNC void pecan_words_to(const pecan_message_words *words, seL4_Word *mr0, seL4_Word *mr1,
                                        seL4_Word *mr2, seL4_Word *mr3)
{
    if (mr0)
        *mr0 = words->word[0];
    if (mr1)
        *mr1 = words->word[1];
    if (mr2)
        *mr2 = words->word[2];
    if (mr3)
        *mr3 = words->word[3];
}

/* One exchange with the kernel: words go in and come out in place. */
LIBSEL4_INLINE_FUNC seL4_MessageInfo_t pecan_exchange(seL4_Word number, seL4_CPtr cap, seL4_MessageInfo_t info,
                                                      seL4_Word *sender, pecan_message_words *words, seL4_CPtr reply,
                                                      seL4_CPtr dest)
{
    seL4_Word badge = cap;

    pecan_syscall_exchange(number, &badge, &info.words[0], words->word, reply, dest);
    if (sender)
        *sender = badge;
    return info;
}

LIBSEL4_INLINE_FUNC void seL4_Send(seL4_CPtr dest, seL4_MessageInfo_t msgInfo)
{
    pecan_message_words words = pecan_words_from_buffer();

    pecan_syscall_send(seL4_SysSend, dest, msgInfo.words[0], words.word);
}

LIBSEL4_INLINE_FUNC void seL4_SendWithMRs(seL4_CPtr dest, seL4_MessageInfo_t msgInfo, seL4_Word *mr0, seL4_Word *mr1,
                                          seL4_Word *mr2, seL4_Word *mr3)
{
    pecan_message_words words = pecan_words_from(msgInfo, mr0, mr1, mr2, mr3);

    pecan_syscall_send(seL4_SysSend, dest, msgInfo.words[0], words.word);
}

LIBSEL4_INLINE_FUNC void seL4_NBSend(seL4_CPtr dest, seL4_MessageInfo_t msgInfo)
{
    pecan_message_words words = pecan_words_from_buffer();

    pecan_syscall_send(seL4_SysNBSend, dest, msgInfo.words[0], words.word);
}

LIBSEL4_INLINE_FUNC void seL4_NBSendWithMRs(seL4_CPtr dest, seL4_MessageInfo_t msgInfo, seL4_Word *mr0, seL4_Word *mr1,
                                            seL4_Word *mr2, seL4_Word *mr3)
{
    pecan_message_words words = pecan_words_from(msgInfo, mr0, mr1, mr2, mr3);

    pecan_syscall_send(seL4_SysNBSend, dest, msgInfo.words[0], words.word);
}

LIBSEL4_INLINE_FUNC seL4_MessageInfo_t seL4_Call(seL4_CPtr dest, seL4_MessageInfo_t msgInfo)
{
    pecan_message_words words = pecan_words_from_buffer();
    seL4_MessageInfo_t info = pecan_exchange(seL4_SysCall, dest, msgInfo, seL4_Null, &words, 0, 0);

    pecan_words_to_buffer(&words);
    return info;
}

LIBSEL4_INLINE_FUNC seL4_MessageInfo_t seL4_CallWithMRs(seL4_CPtr dest, seL4_MessageInfo_t msgInfo, seL4_Word *mr0,
                                                        seL4_Word *mr1, seL4_Word *mr2, seL4_Word *mr3)
{
    pecan_message_words words = pecan_words_from(msgInfo, mr0, mr1, mr2, mr3);
    seL4_MessageInfo_t info = pecan_exchange(seL4_SysCall, dest, msgInfo, seL4_Null, &words, 0, 0);

    pecan_words_to(&words, mr0, mr1, mr2, mr3);
    return info;
}

/* Receives into the IPC buffer with the call `number`. */
LIBSEL4_INLINE_FUNC seL4_MessageInfo_t pecan_receive(seL4_Word number, seL4_CPtr src, seL4_Word *sender,
                                                     seL4_CPtr reply)
{
    pecan_message_words words = {{0}};
    seL4_MessageInfo_t info = pecan_exchange(number, src, seL4_MessageInfo_new(0, 0, 0, 0), sender, &words, reply, 0);

    pecan_words_to_buffer(&words);
    return info;
}

/* Receives into the caller's registers with the call `number`. */
LIBSEL4_INLINE_FUNC seL4_MessageInfo_t pecan_receive_words(seL4_Word number, seL4_CPtr src, seL4_Word *sender,
                                                           seL4_Word *mr0, seL4_Word *mr1, seL4_Word *mr2,
                                                           seL4_Word *mr3, seL4_CPtr reply)
{
    pecan_message_words words = {{0}};
    seL4_MessageInfo_t info = pecan_exchange(number, src, seL4_MessageInfo_new(0, 0, 0, 0), sender, &words, reply, 0);

    pecan_words_to(&words, mr0, mr1, mr2, mr3);
    return info;
}

LIBSEL4_INLINE_FUNC seL4_MessageInfo_t seL4_Recv(seL4_CPtr src, seL4_Word *sender, seL4_CPtr reply)
{
    return pecan_receive(seL4_SysRecv, src, sender, reply);
}

LIBSEL4_INLINE_FUNC seL4_MessageInfo_t seL4_RecvWithMRs(seL4_CPtr src, seL4_Word *sender, seL4_Word *mr0,
                                                        seL4_Word *mr1, seL4_Word *mr2, seL4_Word *mr3, seL4_CPtr reply)
{
    return pecan_receive_words(seL4_SysRecv, src, sender, mr0, mr1, mr2, mr3, reply);
}

LIBSEL4_INLINE_FUNC seL4_MessageInfo_t seL4_NBRecv(seL4_CPtr src, seL4_Word *sender, seL4_CPtr reply)
{
    return pecan_receive(seL4_SysNBRecv, src, sender, reply);
}

LIBSEL4_INLINE_FUNC seL4_MessageInfo_t seL4_Wait(seL4_CPtr src, seL4_Word *sender)
{
    return pecan_receive(seL4_SysWait, src, sender, 0);
}

LIBSEL4_INLINE_FUNC seL4_MessageInfo_t seL4_WaitWithMRs(seL4_CPtr src, seL4_Word *sender, seL4_Word *mr0,
                                                        seL4_Word *mr1, seL4_Word *mr2, seL4_Word *mr3)
{
    return pecan_receive_words(seL4_SysWait, src, sender, mr0, mr1, mr2, mr3, 0);
}

LIBSEL4_INLINE_FUNC seL4_MessageInfo_t seL4_NBWait(seL4_CPtr src, seL4_Word *sender)
{
    return pecan_receive(seL4_SysNBWait, src, sender, 0);
}

LIBSEL4_INLINE_FUNC seL4_MessageInfo_t seL4_Poll(seL4_CPtr src, seL4_Word *sender)
{
    return seL4_NBWait(src, sender);
}

LIBSEL4_INLINE_FUNC seL4_MessageInfo_t seL4_ReplyRecv(seL4_CPtr src, seL4_MessageInfo_t msgInfo, seL4_Word *sender,
                                                      seL4_CPtr reply)
{
    pecan_message_words words = pecan_words_from_buffer();
    seL4_MessageInfo_t info = pecan_exchange(seL4_SysReplyRecv, src, msgInfo, sender, &words, reply, 0);

    pecan_words_to_buffer(&words);
    return info;
}

LIBSEL4_INLINE_FUNC seL4_MessageInfo_t seL4_ReplyRecvWithMRs(seL4_CPtr src, seL4_MessageInfo_t msgInfo,
                                                             seL4_Word *sender, seL4_Word *mr0, seL4_Word *mr1,
                                                             seL4_Word *mr2, seL4_Word *mr3, seL4_CPtr reply)
{
    pecan_message_words words = pecan_words_from(msgInfo, mr0, mr1, mr2, mr3);
    seL4_MessageInfo_t info = pecan_exchange(seL4_SysReplyRecv, src, msgInfo, sender, &words, reply, 0);

    pecan_words_to(&words, mr0, mr1, mr2, mr3);
    return info;
}

LIBSEL4_INLINE_FUNC seL4_MessageInfo_t seL4_NBSendRecv(seL4_CPtr dest, seL4_MessageInfo_t msgInfo, seL4_CPtr src,
                                                       seL4_Word *sender, seL4_CPtr reply)
{
    pecan_message_words words = pecan_words_from_buffer();
    seL4_MessageInfo_t info = pecan_exchange(seL4_SysNBSendRecv, src, msgInfo, sender, &words, reply, dest);

    pecan_words_to_buffer(&words);
    return info;
}

LIBSEL4_INLINE_FUNC seL4_MessageInfo_t seL4_NBSendRecvWithMRs(seL4_CPtr dest, seL4_MessageInfo_t msgInfo, seL4_CPtr src,
                                                              seL4_Word *sender, seL4_Word *mr0, seL4_Word *mr1,
                                                              seL4_Word *mr2, seL4_Word *mr3, seL4_CPtr reply)
{
    pecan_message_words words = pecan_words_from(msgInfo, mr0, mr1, mr2, mr3);
    seL4_MessageInfo_t info = pecan_exchange(seL4_SysNBSendRecv, src, msgInfo, sender, &words, reply, dest);

    pecan_words_to(&words, mr0, mr1, mr2, mr3);
    return info;
}

/* NBSendWait takes the destination where other calls take the reply object. */
LIBSEL4_INLINE_FUNC seL4_MessageInfo_t seL4_NBSendWait(seL4_CPtr dest, seL4_MessageInfo_t msgInfo, seL4_CPtr src,
                                                       seL4_Word *sender)
{
    pecan_message_words words = pecan_words_from_buffer();
    seL4_MessageInfo_t info = pecan_exchange(seL4_SysNBSendWait, src, msgInfo, sender, &words, dest, 0);

    pecan_words_to_buffer(&words);
    return info;
}

LIBSEL4_INLINE_FUNC seL4_MessageInfo_t seL4_NBSendWaitWithMRs(seL4_CPtr dest, seL4_MessageInfo_t msgInfo, seL4_CPtr src,
                                                              seL4_Word *sender, seL4_Word *mr0, seL4_Word *mr1,
                                                              seL4_Word *mr2, seL4_Word *mr3)
{
    pecan_message_words words = pecan_words_from(msgInfo, mr0, mr1, mr2, mr3);
    seL4_MessageInfo_t info = pecan_exchange(seL4_SysNBSendWait, src, msgInfo, sender, &words, dest, 0);

    pecan_words_to(&words, mr0, mr1, mr2, mr3);
    return info;
}

LIBSEL4_INLINE_FUNC void seL4_Signal(seL4_CPtr dest)
{
    pecan_message_words words = {{0}};

    pecan_syscall_send(seL4_SysSend, dest, seL4_MessageInfo_new(0, 0, 0, 0).words[0], words.word);
}

LIBSEL4_INLINE_FUNC void seL4_Yield(void)
{
    pecan_syscall_word(seL4_SysYield, 0);
}

#ifdef CONFIG_SET_TLS_BASE_SELF
LIBSEL4_INLINE_FUNC void seL4_SetTLSBase(seL4_Word tls_base)
{
    pecan_syscall_word(seL4_SysSetTLSBase, tls_base);
}
#endif

#ifdef CONFIG_PRINTING
LIBSEL4_INLINE_FUNC void seL4_DebugPutChar(char c)
{
    pecan_syscall_word(seL4_SysDebugPutChar, (seL4_Uint8)c);
}

LIBSEL4_INLINE_FUNC void seL4_DebugPutString(const char *str)
{
    for (; *str; str++)
        seL4_DebugPutChar(*str);
}

LIBSEL4_INLINE_FUNC void seL4_DebugDumpScheduler(void)
{
    pecan_syscall_word(seL4_SysDebugDumpScheduler, 0);
}
#endif

#ifdef CONFIG_DEBUG_BUILD
LIBSEL4_INLINE_FUNC void seL4_DebugHalt(void)
{
    pecan_syscall_word(seL4_SysDebugHalt, 0);
}

LIBSEL4_INLINE_FUNC void seL4_DebugSnapshot(void)
{
    pecan_syscall_word(seL4_SysDebugSnapshot, 0);
}

LIBSEL4_INLINE_FUNC seL4_Uint32 seL4_DebugCapIdentify(seL4_CPtr cap)
{
    return (seL4_Uint32)pecan_syscall_word(seL4_SysDebugCapIdentify, cap);
}

LIBSEL4_INLINE_FUNC void seL4_DebugNameThread(seL4_CPtr tcb, const char *name)
{
    char *destination = (char *)seL4_GetIPCBuffer()->msg;
    seL4_Word room = sizeof(seL4_GetIPCBuffer()->msg) - 1;
    seL4_Word length = 0;

    for (; length < room && name[length]; length++)
        destination[length] = name[length];
    destination[length] = 0;
    pecan_syscall_word(seL4_SysDebugNameThread, tcb);
}

#ifdef CONFIG_ENABLE_SMP_SUPPORT
LIBSEL4_INLINE_FUNC void seL4_DebugSendIPI(seL4_Uint8 target, unsigned irq)
{
    pecan_message_words words = {{0}};

    pecan_syscall_send(seL4_SysDebugSendIPI, target, irq, words.word);
}

LIBSEL4_INLINE_FUNC seL4_Word seL4_DebugGetThreadAffinity(seL4_CPtr tcb)
{
    return pecan_syscall_word(seL4_SysDebugGetThreadAffinity, tcb);
}
#endif
#endif

#ifdef CONFIG_DANGEROUS_CODE_INJECTION
LIBSEL4_INLINE_FUNC void seL4_DebugRun(void (*userfn)(void *), void *userarg)
{
    pecan_message_words words = {{0}};

    pecan_syscall_send(seL4_SysDebugRun, (seL4_Word)userfn, (seL4_Word)userarg, words.word);
}
#endif

#ifdef CONFIG_ENABLE_BENCHMARKS
LIBSEL4_INLINE_FUNC seL4_Error seL4_BenchmarkResetLog(void)
{
    return (seL4_Error)pecan_syscall_word(seL4_SysBenchmarkResetLog, 0);
}

LIBSEL4_INLINE_FUNC seL4_Word seL4_BenchmarkFinalizeLog(void)
{
    return pecan_syscall_word(seL4_SysBenchmarkFinalizeLog, 0);
}

LIBSEL4_INLINE_FUNC seL4_Error seL4_BenchmarkSetLogBuffer(seL4_Word frame_cptr)
{
    return (seL4_Error)pecan_syscall_word(seL4_SysBenchmarkSetLogBuffer, frame_cptr);
}

LIBSEL4_INLINE_FUNC void seL4_BenchmarkNullSyscall(void)
{
    pecan_syscall_word(seL4_SysBenchmarkNullSyscall, 0);
}

LIBSEL4_INLINE_FUNC void seL4_BenchmarkFlushCaches(void)
{
    pecan_syscall_word(seL4_SysBenchmarkFlushCaches, 0);
}

#ifdef CONFIG_BENCHMARK_TRACK_UTILISATION
LIBSEL4_INLINE_FUNC void seL4_BenchmarkGetThreadUtilisation(seL4_Word tcb_cptr)
{
    pecan_syscall_word(seL4_SysBenchmarkGetThreadUtilisation, tcb_cptr);
}

LIBSEL4_INLINE_FUNC void seL4_BenchmarkResetThreadUtilisation(seL4_Word tcb_cptr)
{
    pecan_syscall_word(seL4_SysBenchmarkResetThreadUtilisation, tcb_cptr);
}

#ifdef CONFIG_DEBUG_BUILD
LIBSEL4_INLINE_FUNC void seL4_BenchmarkDumpAllThreadsUtilisation(void)
{
    pecan_syscall_word(seL4_SysBenchmarkDumpAllThreadsUtilisation, 0);
}

LIBSEL4_INLINE_FUNC void seL4_BenchmarkResetAllThreadsUtilisation(void)
{
    pecan_syscall_word(seL4_SysBenchmarkResetAllThreadsUtilisation, 0);
}
#endif
#endif
#endif
