/* What the architecture keeps per processor: at the start of struct cpu, where the entry code finds it. */
#pragma once

/* Offsets for the entry code. */
#define CPU_USER_RSP         0
#define CPU_LOADED_SPACE     8
#define CPU_IDLE             16
#define CPU_TASK_RSP0        32 /* task segment + 4 */
#define CPU_CURRENT          256
#define CPU_CURRENT_SCHEDCTX 264
#define CPU_FPU_OWNER        272
#define CPU_HIGHEST_READY    280
#define CPU_DOMAIN           281
#define CPU_NOW              288
#define CPU_QUIET_UNTIL      296
#define CPU_CHARGED_UNTIL    304
#define CPU_DUE              312
#define CPU_ARMED_DEADLINE   320

#ifndef __ASSEMBLER__

#include "machine/layout.h"

struct thread;

/* The task state segment: in 64-bit mode only a table of stacks. No I/O bitmap, so no port is open to user code. */
struct task_segment {
    uint32_t reserved0;
    uint64_t rsp0; /* end of the current thread's context: the processor's frame completes it */
    uint64_t rsp1, rsp2;
    uint64_t reserved1;
    uint64_t stack[7]; /* IST 1..7 */
    uint64_t reserved2;
    uint16_t reserved3;
    uint16_t io_bitmap;
} PACKED;

enum exception_stack { STACK_DEBUG = 1, STACK_NMI, STACK_DOUBLE_FAULT, STACK_MACHINE_CHECK, STACK_COUNT };

struct machine_cpu {
    uint64_t user_rsp;     /* scratch at `syscall` */
    uint64_t loaded_space; /* space word of the address space in use */
    struct thread *idle;
    uint32_t padding;
    struct task_segment task;

    uint64_t segments[9]; /* the global descriptor table */

    uint64_t timer_deadline;
    uint64_t nmi_count, spurious_count;
    bool fpu_is_trapped; /* CR0.TS is set */
} ALIGNED(64);

static_assert(sizeof(struct machine_cpu) == CPU_CURRENT, "the current thread's pointer follows");
static_assert(sizeof(struct task_segment) == 104, "hardware");

/* What was found at boot; constant afterwards. */
struct cpu_features {
    bool fsgsbase, xsave, xsaveopt, avx, tsc_deadline, pcid, smep, smap, umip, no_execute, machine_check, sysenter;
};
extern struct cpu_features cpu_features;

#endif
