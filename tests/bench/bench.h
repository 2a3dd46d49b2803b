/*
 * The benchmark root task's frame: objects, threads in this address space or another, operations and their samples.
 *
 * Time is the time-stamp counter; under QEMU's -icount shift=0 it advances by one for each instruction executed, so a sample
 * is a count of instructions, user-level stub included. A span is what lies between two readings; it may begin in one
 * thread and end in another, because both see the same memory. The cost of an empty one is subtracted.
 */
#pragma once

#include <sel4/sel4.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define ROUNDS         64 /* a quarter of an operation's rounds warms up */
#define FEW_ROUNDS     12 /* of operations that take long */
#define MAX_OPERATIONS 160
#define PAGE_BYTES     4096
#define PRIORITY       100          /* of the thread that measures; the root waits below */
#define SPARE_ADDRESS  0x10000000ul /* nothing is mapped in the 2 MiB from here on */

/* --- samples --------------------------------------------------------------------------------------------------------- */

extern volatile uint32_t span_start;

/* Two instructions, the same everywhere, so that every span contains the same overhead. */
static inline void span_begin(void)
{
    __asm__ volatile("rdtsc\n\tmov %%eax, %0" : "=m"(span_start)::"rax", "rdx", "memory");
}

static inline uint64_t span_end(void)
{
    uint32_t ticks;
    __asm__ volatile("rdtsc\n\tsub %1, %%eax" : "=&a"(ticks) : "m"(span_start) : "rdx", "memory");
    return ticks;
}

/*
 * The samples of all operations. A plugin of the emulator that watches the stores to it learns which operation the last
 * span belongs to (tools/plugins/kernel_paths.c): store each sample right after its span, and nothing else.
 */
extern volatile uint64_t operation_ticks[MAX_OPERATIONS][ROUNDS];

/* A new operation with that many samples (at most ROUNDS), by number; prefix and name together are its name. */
unsigned operation_new(unsigned rounds, const char *prefix, const char *name);
/* Prints a line `operation NAME MEDIAN MAXIMUM` for each operation since the last call. */
void operations_report(void);

static inline void sample(unsigned operation, unsigned round, uint64_t ticks)
{
    operation_ticks[operation][round] = ticks;
}

/* --- objects ----------------------------------------------------------------------------------------------------------- */

/* Stops the benchmark with a message unless the operation succeeded. */
void check(seL4_Error error, const char *what);

/* Objects and slots last until the group ends, then everything made in it is gone, threads too. */
void group_begin(void);
void group_end(void);
seL4_CPtr object_new(seL4_Word type, seL4_Word size_bits);
seL4_CPtr slot_new(void);
/* The untyped that object_new takes from, for operations that retype themselves. */
seL4_CPtr group_memory(void);
/* The second address space: the root's memory through page tables of its own. */
seL4_CPtr other_space(void);
/* Page tables for the 2 MiB at SPARE_ADDRESS. */
void spare_tables_map(seL4_CPtr space);

/* --- threads ----------------------------------------------------------------------------------------------------------- */

struct bench_thread {
    seL4_CPtr tcb, schedctx;
    void (*run)(struct bench_thread *thread);
    seL4_IPCBuffer *buffer;
    uint64_t word[4]; /* whatever the operation needs */
};

enum bench_space { ROOT_SPACE, OTHER_SPACE };

/* A thread ready to start, with all of the root's capabilities and a budget of a second. */
struct bench_thread *thread_new(unsigned priority, enum bench_space space);
void thread_start(struct bench_thread *thread, void (*run)(struct bench_thread *thread));
/* Takes the scheduling context away: a server that has reached its receive becomes passive. */
void thread_make_passive(struct bench_thread *thread);
/* Lets the threads run until none can. */
void threads_run(void);
/* thread_new, thread_start, threads_run for a single thread at PRIORITY. */
void run_alone(void (*run)(struct bench_thread *thread));

/* A thread that calls pause() goes on when all others above priority 20 are blocked. The last says that it needs no more. */
void pause_prepare(void);
void pause(void);
void pause_finish(void);

/* --- the operations ------------------------------------------------------------------------------------------------------ */

void bench_call(void);
void bench_send(void);
void bench_signal(void);
void bench_yield(void);
void bench_fault(void);
void bench_interrupt(void);
void bench_page(void);
void bench_retype(void);
void bench_cnode(void);
void bench_thread(void);
