/*
 * A thread: registers, the hidden capabilities that say where it lives, and its place in whatever it waits for.
 *
 * A thread is runnable when its state is RUNNING or RESTART; it is schedulable when besides it has a configured scheduling
 * context that is not waiting for its next refill (core/sched.h). The running thread stands in no ready queue.
 */
#pragma once

#include "abi/config.h"
#include "abi/fault.h"
#include "abi/object.h"
#include "abi/thread.h"
#include "hal/context.h"
#include "object/cap_slot.h"
#include "object/refusal.h"

struct endpoint;
struct invocation;
struct notification;
struct reply;
struct schedctx;

enum thread_state {
    THREAD_INACTIVE,
    THREAD_RUNNING, /* goes on behind its last instruction */
    THREAD_RESTART, /* goes on at its restart address */
    THREAD_BLOCKED_SEND,
    THREAD_BLOCKED_RECEIVE,
    THREAD_BLOCKED_REPLY,
    THREAD_BLOCKED_NOTIFICATION,
    THREAD_IDLE,
};

/* The hidden slots, in the order in which they are emptied from the end. */
enum thread_slot {
    THREAD_SLOT_CSPACE,
    THREAD_SLOT_VSPACE,
    THREAD_SLOT_BUFFER,
    THREAD_SLOT_FAULT_HANDLER,
    THREAD_SLOT_TIMEOUT_HANDLER,
    THREAD_SLOT_COUNT,
};

enum thread_special {
    THREAD_IS_FOREIGN = 1,
    THREAD_USES_FPU = 2, /* from the first use on its registers are there whenever it runs */
    THREAD_FPU_DISABLED = 4,
    THREAD_CALL_PREEMPTED = 8, /* call_progress counts */
};

/* A fault waiting to be delivered or answered. The words are those that the registers do not hold. */
struct thread_fault {
    uint32_t type; /* ABI_FAULT_x; ABI_FAULT_NULL when there is none */
    /* cap fault: address, is in receive phase; unknown syscall: number; exception: number, code; vm: address, status, is fetch;
     * timeout: badge */
    uint64_t word[3];
    struct lookup_failure lookup;
};

#define THREAD_NAME_LENGTH 48

struct thread {
    struct cap_slot slot[THREAD_SLOT_COUNT]; /* first: a zombie names them by the thread's address */

    struct user_context context;

    /* What every message touches, right behind the registers. */
    uint8_t state; /* enum thread_state */
    uint8_t priority, max_priority, domain;
    uint8_t special; /* enum thread_special: why it may not take the shortest paths */
    bool in_ready_queue;
    struct schedctx *schedctx; /* null: passive */
    struct reply *reply;       /* BLOCKED_RECEIVE: the object it lends; BLOCKED_REPLY: the object that will answer */
    /* Read of the own slots, and kept true by thread_slot_changed: */
    uint64_t *space;         /* the architecture's word for its address space; never null but in the idle thread */
    struct cap_slot *cspace; /* first slot of a CSpace that resolves all 64 bits by itself, */
    uint64_t cspace_size;    /* and how many it has; other CSpaces: 0 */
    struct notification *bound_notification;
    void *blocking_object; /* endpoint or notification waited at */
    struct thread_fault fault;

    /* In a ready queue: next and prev only. In a wait queue (core/wait_queue.h): all four, unless it is alone there. */
    struct thread *queue_next, *queue_prev;
    struct thread *group_next, *group_prev;

    uint64_t *buffer_readable,
        *buffer_writable; /* its IPC buffer in the kernel's window; null: none that it may use so */

    bool yield_reports; /* its YieldTo was a Call: the consumed time is its result */
    /* What a blocked sender carries; the message itself stays in its registers and buffer. */
    bool send_is_call, send_can_grant, send_can_grant_reply;
    uint32_t call_progress; /* how far its preempted call has come, where the objects do not tell; else 0 */
    uint64_t send_badge;
    uint64_t cancel_badge; /* while it is a wait queue's cursor: the badge being cancelled */

    uint64_t flags;               /* ABI_TCB_FLAG_x */
    uint64_t ipc_buffer;          /* user address, 0 for none */
    struct schedctx *yield_to;    /* the context whose consumption completes this thread's YieldTo */
    struct thread *space_changer; /* whose call is deleting this thread's old CSpace or VSpace, while that takes long */

    struct fpu_state fpu;

#if CONFIG_DEBUG_BUILD
    char name[THREAD_NAME_LENGTH];
    struct thread *debug_next, *debug_prev; /* all threads, for DebugDumpScheduler */
#endif
};
static_assert(sizeof(struct thread) <= 1u << ABI_TCB_BITS, "a thread fits into the interface's object");
static_assert(offsetof(struct thread, slot) == 0, "zombies rely on it");

static inline bool thread_is_runnable(const struct thread *thread)
{
    return thread->state == THREAD_RUNNING || thread->state == THREAD_RESTART;
}
static inline bool thread_is_blocked(const struct thread *thread)
{
    return thread->state >= THREAD_BLOCKED_SEND && thread->state <= THREAD_BLOCKED_NOTIFICATION;
}

/* Others have changed its registers: it does not issue a preempted call again. */
static inline void thread_forget_call(struct thread *thread)
{
    thread->call_progress = 0;
    thread->special &= (uint8_t)~THREAD_CALL_PREEMPTED;
}

/* Makes zeroed memory a thread: inactive, priority 0, in the creator's domain. */
void thread_init(struct thread *thread, unsigned domain);

/* Ends whatever it is blocked in, or its fault; afterwards it is in no queue but maybe a ready or release queue.
 * The caller sets the new state. */
void thread_cancel_ipc(struct thread *thread);
/* Cancels and stops it; its restart address is kept. */
void thread_suspend(struct thread *thread);
/* If it is stopped (inactive or blocked): cancels, and lets it restart at its restart address. */
void thread_resume(struct thread *thread);
/* The last capability is gone: suspended, everything bound to it let go. The hidden slots are emptied by the caller. */
void thread_destroy(struct thread *thread);

/*
 * The thread's IPC buffer in the kernel's window, or null when it has none that can be read (or, `for_write`, written):
 * no buffer address, no frame, a device frame, not enough rights.
 */
static inline uint64_t *thread_ipc_buffer(const struct thread *thread, bool for_write)
{
    return for_write ? thread->buffer_writable : thread->buffer_readable;
}
/* What is in one of a thread's own slots changed: renews what is kept of it beside. */
void thread_slot_changed(struct cap_slot *slot);
/* The user address of its IPC buffer, in the frame that it has or gets; 0: none. */
void thread_set_buffer_address(struct thread *thread, uint64_t address);
/* Its interface flags. */
void thread_set_flags(struct thread *thread, uint64_t flags);

struct refusal thread_invoke(struct invocation *invocation);

void thread_set_priority(struct thread *thread, unsigned priority);
/* Gives the thread the name that debug builds print; no effect in others. */
void thread_set_name(struct thread *thread, const char *name);
