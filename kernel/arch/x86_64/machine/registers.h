/* Bits of control registers and flags, numbers of model-specific registers. */
#pragma once

#include "lib/compiler.h"

/* Bits of CR0 and CR4. */
#define CR0_PROTECTED_MODE      BIT(0)
#define CR0_MONITOR_COPROCESSOR BIT(1)
#define CR0_TASK_SWITCHED       BIT(3)
#define CR0_EXTENSION_TYPE      BIT(4)
#define CR0_NUMERIC_ERROR       BIT(5)
#define CR0_WRITE_PROTECT       BIT(16)
#define CR0_PAGING              BIT(31)
#define CR4_PHYSICAL_EXTENSION  BIT(5)
#define CR4_MACHINE_CHECK       BIT(6)
#define CR4_GLOBAL_PAGES        BIT(7)
#define CR4_USER_COUNTERS       BIT(8)
#define CR4_FXSAVE              BIT(9)
#define CR4_SIMD_EXCEPTIONS     BIT(10)
#define CR4_UMIP                BIT(11)
#define CR4_FSGSBASE            BIT(16)
#define CR4_PCID                BIT(17)
#define CR4_XSAVE               BIT(18)
#define CR4_SMEP                BIT(20)
#define CR4_SMAP                BIT(21)

/* State components: x87 and SSE, and AVX. */
#define XCR0_SSE 3u
#define XCR0_AVX 7u

/* Model-specific registers. */
#define MSR_APIC_BASE         0x1bu
#define MSR_ARCH_CAPABILITIES 0x10au
#define MSR_SYSENTER_CS       0x174u
#define MSR_PAT               0x277u
#define MSR_TSC_DEADLINE      0x6e0u
#define MSR_EFER              0xc0000080u
#define MSR_STAR              0xc0000081u
#define MSR_LSTAR             0xc0000082u
#define MSR_CSTAR             0xc0000083u
#define MSR_SYSCALL_MASK      0xc0000084u
#define MSR_FS_BASE           0xc0000100u
#define MSR_GS_BASE           0xc0000101u

#define EFER_SYSCALL    BIT(0)
#define EFER_NO_EXECUTE BIT(11)

/* Bits of RFLAGS. */
#define FLAG_FIXED           BIT(1)
#define FLAG_TRAP            BIT(8)
#define FLAG_INTERRUPT       BIT(9)
#define FLAG_DIRECTION       BIT(10)
#define FLAG_IO_PRIVILEGE    (BIT(12) | BIT(13))
#define FLAG_NESTED_TASK     BIT(14)
#define FLAG_RESUME          BIT(16)
#define FLAG_ALIGNMENT_CHECK BIT(18)
