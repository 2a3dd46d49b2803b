/*
 * The seam: everything the core asks of a machine. Each architecture (and the host, for tests) implements every function.
 * All are called with interrupts off, on the processor they act on, unless said otherwise.
 */
#pragma once

#include "hal/context.h"
#include "object/cap.h"
#include "object/refusal.h"

struct cap_slot;
struct cpu;
struct invocation;
struct preemption;
struct thread;

/* --- memory ------------------------------------------------------------------------------------------------------- */

/* The kernel's window onto physical memory; `paddr` must be RAM that hal_window_covers. Inline in machine/layout.h. */
static inline void *hal_window(uint64_t paddr);
static inline uint64_t hal_paddr(const void *pointer);
#include "machine/layout.h"

/* Whether [paddr, paddr + size) can be reached through the window. */
bool hal_window_covers(uint64_t paddr, uint64_t size);
/* Clears memory in the window; size is a multiple of 64 bytes, at most 2048 per call on a path that cannot be preempted. */
void hal_clear(void *pointer, size_t size);

/* --- processors ---------------------------------------------------------------------------------------------------- */

/* This processor's state; machine/layout.h may supply it inline. */
struct cpu *this_cpu(void);

/* Whether the architecture may take system calls on ways of its own, which do not go through the core; at first it may. */
void hal_take_short_ways(bool may);
/* The capability in the thread's VSpace slot changed: sets thread->space, which hal_activate_space uses. */
void hal_thread_space_changed(struct thread *thread);
/* The thread's saved registers are about to be read or written by another: makes what lives in the processor current. */
void hal_sync_context(struct thread *thread);
/* The thread's registers were changed by somebody else: it may not leave by the quick way. */
void hal_context_changed(struct thread *thread);
/* Its flags changed (floating point disabled). */
void hal_flags_changed(struct thread *thread);
/* The thread goes away: no processor may keep its floating point state. */
void hal_forget_thread(struct thread *thread);
/* Sets a new thread's floating point state. */
void hal_fpu_init(struct fpu_state *state);

/* --- time ------------------------------------------------------------------------------------------------------------ */

/* Ticks since some moment before boot; never goes back. Inline in machine/clock.h. */
static inline uint64_t hal_time(void);
#include "machine/clock.h"
/* Whole ticks per microsecond: all times of the interface are converted with this number. */
uint64_t hal_ticks_per_us(void);
/* Asks for the timer interrupt at `deadline` (absolute ticks; in the past: at once); replaces the earlier one. */
void hal_timer_set(uint64_t deadline);

/* --- interrupts -------------------------------------------------------------------------------------------------------- */

/* Number of lines the interface numbers: 0..HAL_IRQ_COUNT-1 (machine/layout.h). */
bool hal_interrupt_is_pending(void);
/* The handler acknowledged: the line may interrupt again, and does so at once if it called since the last delivery. */
void hal_irq_acknowledge(unsigned irq);
/* The last handler capability went: the line's hardware route is given back. */
void hal_irq_release(unsigned irq);
/* Architecture's labels of IRQControl; the common label too (its meaning depends on the controller). */
struct refusal hal_irq_control_invoke(struct invocation *invocation);

/* --- objects and capabilities the architecture adds -------------------------------------------------------------- */

/* Retype: whether type >= ABI_OBJECT_REPLY + 1 is a frame (may come from device memory), its size in bits. */
bool hal_object_is_frame(unsigned type);
unsigned hal_object_size_bits(unsigned type);
/* Makes the object in cleared memory (device frames: untouched memory); returns its capability. */
struct cap hal_object_create(unsigned type, uint64_t paddr, bool is_device);

bool hal_cap_same_object(struct cap a, struct cap b);
/* Whether `child` lies in memory [paddr, paddr + 2^size_bits): for the descendants of an untyped. */
bool hal_cap_in_region(struct cap child, uint64_t paddr, unsigned size_bits);
/* Whether a control capability `parent` (I/O ports) issued `child`. */
bool hal_cap_issues(struct cap parent, struct cap child);
/* What a copy of the capability is; null when there can be none. */
struct cap hal_cap_derive(struct cap cap);
struct cap hal_cap_mask_rights(struct cap cap, struct rights rights);
/* Undoes what the capability stands for: unmaps; when `is_final` destroys the object. PREEMPTED: to be called again. */
struct refusal hal_cap_finalise(struct cap cap, bool is_final, struct preemption *preemption);
struct refusal hal_cap_invoke(struct invocation *invocation);

/* Whether the capability is a root of an address space that threads may use (has its ASID). */
bool hal_cap_is_vspace(struct cap cap);
/* IPC buffers: whether `cap` is a frame that may hold one (not device memory). */
bool hal_cap_is_buffer_frame(struct cap cap);
/* Where in the window the user's `address`, which lies in the frame `cap`, is; null unless `cap` is a frame that may hold a
 * buffer and has all of `rights` (RIGHT_READ, RIGHT_READ | RIGHT_WRITE). */
void *hal_buffer_window(struct cap cap, uint64_t address, unsigned rights);
/* log2 of the size of a frame. */
unsigned hal_frame_size_bits(struct cap cap);

/* --- the rest -------------------------------------------------------------------------------------------------------- */

/* Sends one character to the debug console; waits for room. */
void hal_console_put(char character);
/* Stops the machine; `status` 0 for DebugHalt, else a panic. An emulator ends. */
NORETURN void hal_halt(int status);
/* Prints the kernel's call chain, innermost first. */
void hal_backtrace(void);
/* System calls only this architecture has (SetTLSBase, model-specific registers): true when `number` was one. */
bool hal_syscall(int64_t number, struct thread *thread);
/* Sanity for DebugDumpScheduler and panics: prints the thread's registers. */
void hal_print_context(const struct thread *thread);
