/*
 * The benchmark root task's frame: objects, threads in this address space or another, samples.
 *
 * Time is the time-stamp counter; under QEMU's -icount shift=0 it advances by one for each instruction, so a sample is a
 * count of instructions, user-level stub included. The cost of an empty measurement is subtracted.
 */
#pragma once

#include <sel4/sel4.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define ROUNDS  48
#define WARM_UP 16

static inline uint64_t counter(void)
{
    uint32_t low, high;
    __asm__ volatile("rdtsc" : "=a"(low), "=d"(high)::"memory");
    return (uint64_t)high << 32 | low;
}

/* Objects from the largest untyped; slots are not given back. */
seL4_CPtr object_new(seL4_Word type, seL4_Word size_bits);
seL4_CPtr slot_new(void);
void check(seL4_Error error, const char *what);

struct bench_thread {
    seL4_CPtr tcb, schedctx, space;
    void (*run)(struct bench_thread *thread);
    seL4_IPCBuffer *buffer;
    uint64_t word[8]; /* whatever the operation needs */
};

/* A thread ready to start, with all of the root's capabilities; `other_space`: the same memory through page tables of its own. */
struct bench_thread *thread_new(unsigned priority, bool other_space);
void thread_start(struct bench_thread *thread, void (*run)(struct bench_thread *thread));
/* Takes the scheduling context away: a server that has initialised itself becomes passive. */
void thread_make_passive(struct bench_thread *thread);
void thread_stop(struct bench_thread *thread);

/* One operation's samples. Printed as a line `operation NAME median MAX`. */
void samples_begin(void);
void sample(uint64_t ticks);
void samples_report(const char *name);

/* Cost of two readings of the counter with nothing in between. */
extern uint64_t empty_cost;

void bench_ipc(void);
void bench_signal(void);
void bench_fault(void);
void bench_memory(void);
