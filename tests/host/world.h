/*
 * A booted kernel for unit tests: its first thread runs, objects are made by real calls, and programs' calls are one function.
 *
 * Capabilities are named by their slot in the root CNode: for system calls of the first thread that number is the address.
 */
#pragma once

#include "abi/invocation.h"
#include "abi/object.h"
#include "abi/syscall.h"
#include "core/captree.h"
#include "core/cpu.h"
#include "core/sched.h"
#include "core/system.h"
#include "hal/entry.h"
#include "hal_host.h"
#include "object/endpoint.h"
#include "object/notification.h"
#include "object/reply.h"
#include "object/schedctx.h"
#include "object/thread.h"
#include "test.h"

/* Boots; the first thread, of priority 255, is current. */
void world_reset(void);

/* A random number below `limit`; the same sequence after each world_reset. */
uint64_t world_random(uint64_t limit);

/* Makes an object (or `count`) by Retype; returns the first one's slot number. */
uint64_t world_new(unsigned type, unsigned size_bits);
uint64_t world_new_some(unsigned type, unsigned size_bits, unsigned count);
/* A slot number that nobody uses. */
uint64_t world_free_slot(void);
struct cap_slot *world_slot(uint64_t number);
struct thread *world_thread(uint64_t number);
struct schedctx *world_schedctx(uint64_t number);

/* Cleared memory for objects that a test puts together itself. */
void *world_memory(uint64_t bytes);

/* An invocation by the current thread: words, then capabilities. Its error; results are in the thread's registers. */
struct world_message {
    unsigned label;
    unsigned word_count, cap_count;
    uint64_t word[12];
    uint64_t cap[3];
};
uint64_t world_invoke(uint64_t cap, struct world_message message);
#define WORDS(...) .word_count = sizeof((uint64_t[]){__VA_ARGS__}) / 8, .word = {__VA_ARGS__}
#define CAPS(...)  .cap_count = sizeof((uint64_t[]){__VA_ARGS__}) / 8, .cap = {__VA_ARGS__}

/* A system call of the current thread. */
void world_call(int64_t number, uint64_t cap, uint64_t info, uint64_t reply);
uint64_t world_mint(uint64_t cap, uint64_t badge, unsigned rights);
struct thread *world_current(void);
uint64_t *world_buffer(const struct thread *thread);

/* A thread that can run: of `priority`, with the first thread's spaces and a buffer; its context is round robin, if `with_context`.
 * It begins at an address of its own. */
uint64_t world_new_thread(unsigned priority, bool with_context);
/* Gives a context budget and period in microseconds. */
void world_configure(uint64_t schedctx, uint64_t budget, uint64_t period, uint64_t extra_refills);
/* Time passes; the timer interrupts when it is due. */
void world_pass(uint64_t ticks);
/* Stops all but this thread: it runs next. */
void world_run(uint64_t thread);

/* Checks the links of a slot's neighbours. */
void expect_tree_is_whole(const struct cap_slot *slot);
