/* What hal/switch.h asks for: segment bases and selectors, the floating point unit, the address space. */
#pragma once

#include "arch/x86_64/machine/instructions.h"
#include "core/cpu.h"

/* --- the address space: its word (arch/x86_64/vspace.h) is the root word, rotated ------------------------------------- */

#define SPACE_ROTATION 12
static inline uint64_t space_word_of(uint64_t root)
{
    return root << SPACE_ROTATION | root >> (64 - SPACE_ROTATION);
}
static inline uint64_t space_word_root(uint64_t word)
{
    return word >> SPACE_ROTATION | word << (64 - SPACE_ROTATION);
}

static inline void space_load(uint64_t word)
{
    this_cpu()->machine.loaded_space = word;
    cr3_write(space_word_root(word));
}

static inline void hal_activate_space(struct thread *thread)
{
    /* The idle thread runs in whatever is loaded: often the next thread needs it again. */
    if (thread->state != THREAD_IDLE && *thread->space != this_cpu()->machine.loaded_space)
        space_load(*thread->space);
}

/* --- the thread -------------------------------------------------------------------------------------------------------- */

/* Out of line (switch.c): processors without FSGSBASE, floating point that changes hands, the idle
 * thread and loaded selectors: bases are saved before selectors are cleared, which clears them too. */
void bases_load_slowly(const struct user_context *context);
void fpu_switch(struct cpu *cpu, struct thread *to);
void switch_slowly(struct thread *from, struct thread *to);

static ALWAYS_INLINE void hal_switch_partner(struct thread *from, struct thread *to)
{
    struct cpu *cpu = this_cpu();
    cpu->machine.task.rsp0 = (uint64_t)(&to->context + 1);
    /* Users with FSGSBASE change the bases at will, others only by loading selectors. */
    if (LIKELY(cpu_features.fsgsbase)) {
        from->context.fs_base = fs_base_read();
        from->context.gs_base = gs_base_read();
        fs_base_write(to->context.fs_base);
        gs_base_write(to->context.gs_base);
    } else {
        bases_load_slowly(&to->context);
    }
    if (UNLIKELY((from->special | to->special) & THREAD_USES_FPU))
        fpu_switch(cpu, to);
}

static ALWAYS_INLINE void hal_switch_thread(struct thread *from, struct thread *to)
{
    const struct thread *idle = &this_cpu()->idle;
    /* Selectors are no part of a thread; without this one thread would see what another loaded. */
    if (UNLIKELY(from == idle || to == idle || data_selectors_read())) {
        switch_slowly(from, to);
        return;
    }
    hal_switch_partner(from, to);
}
