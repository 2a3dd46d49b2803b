/*
 * System calls that only x86 has.
 */
#pragma once

#include <sel4/functions.h>
#include <sel4/sel4_arch/syscalls.h>

#ifdef CONFIG_KERNEL_X86_DANGEROUS_MSR
/* Writes a machine register of the CPU. */
LIBSEL4_INLINE_FUNC void seL4_X86DangerousWRMSR(seL4_Uint32 msr, seL4_Uint64 value)
{
    seL4_Word words[seL4_FastMessageRegisters] = {value};

    pecan_syscall_send(seL4_SysX86DangerousWRMSR, msr, seL4_MessageInfo_new(0, 0, 0, 1).words[0], words);
}

/* Reads a machine register of the CPU. */
LIBSEL4_INLINE_FUNC seL4_Uint64 seL4_X86DangerousRDMSR(seL4_Uint32 msr)
{
    seL4_Word words[seL4_FastMessageRegisters] = {0};
    seL4_Word cap = msr;
    seL4_Word info = 0;

    pecan_syscall_exchange(seL4_SysX86DangerousRDMSR, &cap, &info, words, 0, 0);
    return words[0];
}
#endif

#ifdef CONFIG_VTX
/* Runs the guest of the calling thread's virtual CPU until it needs service or a signal comes. */
LIBSEL4_INLINE_FUNC seL4_Word seL4_VMEnter(seL4_Word *sender)
{
    seL4_Word words[seL4_FastMessageRegisters];
    seL4_Word badge = 0;
    seL4_Word reason = 0;

    for (int i = 0; i < seL4_FastMessageRegisters; i++)
        words[i] = seL4_GetMR(i);
    pecan_syscall_exchange(seL4_SysVMEnter, &badge, &reason, words, 0, 0);
    for (int i = 0; i < seL4_FastMessageRegisters; i++)
        seL4_SetMR(i, words[i]);
    if (sender)
        *sender = badge;
    return reason;
}
#endif
