/* What the entry path does not save: segment bases, selectors, floating point registers. */
#include "machine/switch.h"
#include "abi/syscall.h"
#include "arch/x86_64/exception.h"
#include "core/cpu.h"
#include "core/message.h"

/* --- floating point: a thread that has used the unit has its registers there whenever it runs; one that has not traps at its
 * first use, whosever registers are there (what processors may leak of those: docs/security.md) --------------------------- */

#define FPU_CONTROL_OFFSET 0
#define FPU_CONTROL        0x37f
#define FPU_MXCSR_OFFSET   24
#define FPU_MXCSR          0x1f80

static uint32_t fpu_components(void)
{
    return cpu_features.avx ? XCR0_AVX : XCR0_SSE;
}

static void fpu_save(struct fpu_state *state)
{
    if (LIKELY(cpu_features.xsaveopt))
        fpu_xsaveopt(state, fpu_components());
    else if (cpu_features.xsave)
        fpu_xsave(state, fpu_components());
    else
        fpu_fxsave(state);
}

static void fpu_load(const struct fpu_state *state)
{
    if (LIKELY(cpu_features.xsave))
        fpu_xrstor(state, fpu_components());
    else
        fpu_fxrstor(state);
}

void hal_fpu_init(struct fpu_state *state)
{
    *state = (struct fpu_state){0};
    *(uint16_t *)(state->bytes + FPU_CONTROL_OFFSET) = FPU_CONTROL;
    *(uint32_t *)(state->bytes + FPU_MXCSR_OFFSET) = FPU_MXCSR;
}

/* Writing CR0 is slow, so it is done only when the trap is not as it should be. */
static void fpu_set_trap(struct machine_cpu *machine, bool is_trapped)
{
    if (machine->fpu_is_trapped == is_trapped)
        return;
    machine->fpu_is_trapped = is_trapped;
    if (is_trapped)
        cr0_write(cr0_read() | CR0_TASK_SWITCHED);
    else
        task_switched_clear();
}

/* Loads the thread's registers into the unit. */
static NOINLINE void fpu_give(struct cpu *cpu, struct thread *to)
{
    fpu_set_trap(&cpu->machine, false);
    if (cpu->fpu_owner == to)
        return;
    if (cpu->fpu_owner)
        fpu_save(&cpu->fpu_owner->fpu);
    fpu_load(&to->fpu);
    cpu->fpu_owner = to;
}

/* The unit belongs to threads that have used it; for others, and those that may not, its use traps. */
void fpu_switch(struct cpu *cpu, struct thread *to)
{
    bool is_user = (to->special & (THREAD_USES_FPU | THREAD_FPU_DISABLED)) == THREAD_USES_FPU;
    if (is_user)
        fpu_give(cpu, to);
    else
        fpu_set_trap(&cpu->machine, true);
}

bool fpu_first_use(struct thread *thread)
{
    if (thread->special & (THREAD_USES_FPU | THREAD_FPU_DISABLED))
        return false;
    thread->special |= THREAD_USES_FPU;
    fpu_give(this_cpu(), thread);
    return true;
}

/* --- segment bases: users change them at will where they have FSGSBASE, else only by loading selectors -------------- */

static void bases_save(struct user_context *context)
{
    if (!cpu_features.fsgsbase)
        return;
    context->fs_base = fs_base_read();
    context->gs_base = gs_base_read();
}

void bases_load_slowly(const struct user_context *context)
{
    msr_write(MSR_FS_BASE, context->fs_base);
    msr_write(MSR_GS_BASE, context->gs_base);
}

static void bases_load(const struct user_context *context)
{
    if (cpu_features.fsgsbase) {
        fs_base_write(context->fs_base);
        gs_base_write(context->gs_base);
    } else {
        bases_load_slowly(context);
    }
}

void switch_slowly(struct thread *from, struct thread *to)
{
    struct cpu *cpu = this_cpu();
    if (from != &cpu->idle)
        bases_save(&from->context);
    if (to == &cpu->idle)
        return;
    cpu->machine.task.rsp0 = (uint64_t)(&to->context + 1);
    if (data_selectors_read())
        data_selectors_clear();
    bases_load(&to->context);
    fpu_switch(cpu, to); /* the unit may be as a thread left it that ran before the idle one */
}

/* --- the seam ------------------------------------------------------------------------------------------------------- */

void hal_sync_context(struct thread *thread)
{
    context_complete(&thread->context);
    if (this_cpu()->current == thread)
        bases_save(&thread->context);
}

void hal_context_changed(struct thread *thread)
{
    if (this_cpu()->current == thread)
        bases_load(&thread->context);
}

void hal_take_short_ways(bool may)
{
    bool is_fast = may && CONFIG_FASTPATH && cpu_features.fsgsbase && cpu_features.xsaveopt;
    msr_write(MSR_LSTAR, (uint64_t)(is_fast ? syscall_entry : syscall_entry_plain));
}

void hal_flags_changed(struct thread *thread)
{
    if (this_cpu()->current == thread)
        fpu_switch(this_cpu(), thread);
}

void hal_forget_thread(struct thread *thread)
{
    struct cpu *cpu = this_cpu();
    if (cpu->fpu_owner == thread)
        cpu->fpu_owner = NULL;
}

/* Calls of builds for measuring. A register that does not exist reads as 0; writing it does nothing. */
static bool measuring_syscall(int64_t number, struct user_context *context)
{
    uint32_t machine_register = (uint32_t)context_cap(context);
    if (ABI_SYSCALL_X86_DANGEROUS_RDMSR_PRESENT && number == ABI_SYSCALL_X86_DANGEROUS_RDMSR) {
        uint64_t value = 0;
        msr_try_read(machine_register, &value);
        context_set_mr(context, 0, value);
        context_set_info(context, message_info_make(0, 0, 0, 1));
        return true;
    }
    if (ABI_SYSCALL_BENCHMARK_FLUSH_CACHES_PRESENT && number == ABI_SYSCALL_BENCHMARK_FLUSH_CACHES) {
        caches_flush();
        return true;
    }
    if (ABI_SYSCALL_X86_DANGEROUS_WRMSR_PRESENT && number == ABI_SYSCALL_X86_DANGEROUS_WRMSR) {
        msr_try_write(machine_register, context_mr(context, 0));
        return true;
    }
    return false;
}

bool hal_syscall(int64_t number, struct thread *thread)
{
    struct user_context *context = &thread->context;
    if (number != ABI_SYSCALL_SET_TLS_BASE)
        return measuring_syscall(number, context);
    context_set_tls_base(context, context_cap(context));
    if (cpu_features.fsgsbase)
        fs_base_write(context->fs_base);
    else
        msr_write(MSR_FS_BASE, context->fs_base);
    return true;
}
