/*
 * Threads of a test. They share the root CSpace and VSpace unless the test gives them others. A worker of a higher priority
 * than the caller's runs until it blocks before the call that started it returns.
 */
#pragma once

#include "invoke.h"
#include "objects.h"

#define WORKER_COUNT 40

struct worker {
    seL4_CPtr tcb;
    seL4_CPtr schedctx; /* 0: passive */
    seL4_CPtr buffer_frame;
    seL4_IPCBuffer *buffer;
    unsigned number;
    void (*run)(struct worker *worker);
    seL4_Word argument[6];
    volatile seL4_Word result[8];
    volatile bool finished; /* `run` returned */
    seL4_CPtr done;         /* notification, signalled then */
};

/* A thread that has everything it needs to run, inactive. Its scheduling context is round robin with long slices. */
struct worker *worker_new(seL4_Word priority);
/* Without scheduling context. */
struct worker *worker_new_passive(seL4_Word priority);
/* With this budget and period in microseconds and `extra_refills`; `flags` as of ConfigureFlags; badge of the context. */
struct worker *worker_new_budget(seL4_Word priority, seL4_Word budget, seL4_Word period, seL4_Word extra_refills,
                                 seL4_Word flags);

/* Starts `run(worker)`; the arguments are in worker->argument. */
void worker_start(struct worker *worker, void (*run)(struct worker *worker));
/* Waits until `run` has returned. */
void worker_join(struct worker *worker);
/* Sets all registers from `registers` (its pc, stack and TLS register included) and starts. */
void worker_start_at(struct worker *worker, const seL4_UserContext *registers);
/* Registers with which code at `pc` can run: stack and thread-local storage; all others 0. */
seL4_UserContext worker_registers(const struct worker *worker, const void *pc);
/* All registers as they are now. */
seL4_UserContext worker_read(const struct worker *worker);

/* Faults of the worker go to `endpoint` (0: nowhere). New workers report faults as a failure of the test. */
void worker_set_fault_handler(struct worker *worker, seL4_CPtr endpoint);
void worker_set_timeout_handler(struct worker *worker, seL4_CPtr endpoint);
void worker_set_priority(struct worker *worker, seL4_Word priority);
void worker_suspend(struct worker *worker);
void worker_resume(struct worker *worker);

/* The worker whose code this is called from is the runner of the test. */
struct worker *runner(void);

/*
 * Pieces of code to start workers at (code.S). Each ends in `ud2`, so that a fault handler that nobody listens to holds the
 * thread with its registers.
 */
extern const char code_syscall[], code_syscall_end[]; /* one system call */
extern const char code_int3[], code_int3_end[];
extern const char code_int_n[], code_int_n_end[]; /* int 0xa0 */
extern const char code_divide[];                  /* divides rax by rcx */
extern const char code_undefined[];               /* ud2 */
extern const char code_load[];                    /* reads [rdi] */
extern const char code_store[];                   /* writes [rdi] */
extern const char code_flags[], code_flags_end[]; /* popf of rax, then one system call, then pushf to rbx */
extern const char code_spin[];                    /* for ever */
extern const char code_count[];                   /* counts up at [rdi], for ever */
extern const char code_syscall_loop[];            /* the same system call for ever, all registers but its own kept */
