/*
 * The root task's memory and slots: taken once, never given back.
 */
#pragma once

#include <sel4/sel4.h>
#include <stdbool.h>

/* Finds the memory that objects come from. Ends the test when there is none. */
void objects_init(void);

/* `count` empty slots in a row. */
seL4_CPtr slots_take(seL4_Word count);
/* Makes an object and returns its slot. Ends the test on failure. */
seL4_CPtr object_make(seL4_Word type, seL4_Word size_bits);
/* `count` objects in a row of slots. */
seL4_CPtr objects_make(seL4_Word type, seL4_Word size_bits, seL4_Word count);
/* The same in given slots; count is at most 256. */
void objects_make_at(seL4_Word type, seL4_Word size_bits, seL4_CPtr first, seL4_Word count);
/* A scheduling context with this budget and period. */
seL4_CPtr schedctx_make(seL4_Word size_bits, seL4_Word budget_us, seL4_Word period_us, seL4_Word extra_refills,
                        bool is_sporadic);
/* An untyped of device memory, 2^size_bits bytes, that no device is known to use. */
seL4_CPtr device_make(seL4_Word size_bits);

/* A thread of the root task's own address space, with a scheduling context of its own; not started yet. */
struct own_thread {
    seL4_CPtr tcb, schedctx;
};
struct own_thread thread_make(seL4_Word priority, seL4_Word budget_us, seL4_Word period_us, bool is_sporadic,
                              seL4_CPtr fault_endpoint);
/* Starts it at `entry` with this stack and TLS base, GS base. */
void thread_start(const struct own_thread *thread, void (*entry)(void), void *stack_top, const void *fs_base,
                  const void *gs_base);

/* Ticks of the time-stamp counter in a microsecond, as the kernel reckons. */
seL4_Word machine_ticks_per_us(void);

/* Ends the test with a message when `error` is one. */
void must(seL4_Error error, const char *what);
/* Prints "not ok" and ends the machine. */
_Noreturn void give_up(const char *why);
