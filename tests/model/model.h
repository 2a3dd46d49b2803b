/*
 * An executable specification of the kernel: what capabilities, threads, messages and time do as far as programs can see it.
 *
 * It is written from the interface (who is whose parent, who is woken when, what a refill list becomes), with the plainest
 * means: explicit parents, lists in arrays, recursion. It makes no use of the kernel's sources. Nothing in it is preempted:
 * a long operation happens at once.
 *
 *   capability.c   slots, the derivation tree, address resolution, copies
 *   destroy.c      deleting and revoking, and what that does to objects
 *   memory.c       untyped memory, and objects made of it
 *   refill.c       the arithmetic of budgets
 *   schedule.c     who runs, scheduling contexts and their ties, domains
 *   ipc.c          messages, endpoints, notifications, replies, faults
 *   invoke.c, invoke_thread.c   what can be asked of capabilities
 *   entry.c        system calls, exceptions, interrupts
 */
#pragma once

#include "interface.h"

#include <stddef.h>

enum {
    MODEL_MAX_THREADS = 64,
    MODEL_MAX_REFILLS = 64,
    MODEL_MAX_OBJECTS = 1024,
    MODEL_DOMAINS = 3,
    MODEL_TURNS = 5, /* entries of the domain schedule, the end marker included */
    MODEL_IRQS = 8,
    MODEL_PORTS = 64,
    MODEL_REGISTERS = 13, /* of seL4_UserContext on this machine */
    MODEL_FRAME_REGISTERS = 12,
    MODEL_TICKS_PER_US = 10,
};

struct model_thread;
struct model_schedctx;

/* --- capabilities --------------------------------------------------------------------------------------------------- */

struct model_cap {
    enum model_kind kind;
    struct model_object *object; /* of kinds that have one; frames and tables too */
    unsigned rights;             /* endpoint, notification, reply (Grant), frame */
    uint64_t badge;
    uint64_t guard;
    unsigned guard_bits;
    bool is_mapped;     /* tables, root tables: copies exist only of mapped ones */
    unsigned number;    /* interrupt; core of a scheduling control; first port */
    unsigned last;      /* port */
    uint64_t paddr;     /* untyped */
    unsigned size_bits; /* untyped */
    bool is_device;     /* untyped, frame */
    uint64_t watermark; /* untyped */
};

struct model_slot {
    struct model_cap cap;
    struct model_slot *parent, *first_child, *next, *prev; /* siblings, in the order in which Revoke takes them */
    bool can_be_parent;
    bool is_being_deleted; /* its object's slots are being emptied */
};

/* --- objects -------------------------------------------------------------------------------------------------------- */

struct model_queue {
    struct model_thread *thread[MODEL_MAX_THREADS];
    unsigned count;
};

struct model_object {
    enum model_kind kind;
    uint64_t paddr;
    unsigned size_bits;
    bool is_alive;
    struct model_slot *slot; /* CNode: 2^radix; thread: five */
    unsigned slot_count, radix;
    struct model_thread *thread;
    struct model_endpoint *endpoint;
    struct model_notification *notification;
    struct model_schedctx *schedctx;
    struct model_reply *reply;
};

struct model_endpoint {
    struct model_queue waiting;
    bool are_senders;
};

struct model_notification {
    struct model_object *object;
    struct model_queue waiting;
    bool is_active;
    uint64_t word;
    struct model_thread *bound;
    struct model_schedctx *schedctx;
};

struct model_reply {
    struct model_object *object;
    struct model_thread *thread; /* receives with it or waits for its answer */
};

struct model_refill {
    uint64_t time, amount;
};

struct model_schedctx {
    struct model_object *object;
    bool is_configured, is_sporadic, is_round_robin;
    bool is_waiting; /* for its head refill's time */
    uint64_t period;
    struct model_refill refill[MODEL_MAX_REFILLS];
    unsigned refill_count, refill_max;
    uint64_t budget, consumed, badge;
    struct model_thread *thread;
    struct model_notification *notification;
    struct model_reply *chain[MODEL_MAX_THREADS]; /* lendings, oldest first */
    unsigned chain_length;
    struct model_thread *yielder; /* waits in YieldTo */
};

enum model_state {
    STATE_INACTIVE,
    STATE_RUNNING,
    STATE_RESTART,
    STATE_SEND,
    STATE_RECEIVE,
    STATE_REPLY,
    STATE_NOTIFICATION
};

/* The machine's registers, in the order of seL4_UserContext; `restart_pc` is the kernel's own. */
enum model_register {
    REG_PC,
    REG_SP,
    REG_FLAGS,
    REG_NUMBER,
    REG_CAP,
    REG_INFO,
    REG_REPLY,
    REG_DESTINATION,
    REG_MR0,
    REG_TLS = 12
};
struct model_registers {
    uint64_t reg[MODEL_REGISTERS];
    uint64_t restart_pc;
};

enum model_thread_slot { SLOT_CSPACE, SLOT_VSPACE, SLOT_BUFFER, SLOT_FAULT, SLOT_TIMEOUT, SLOT_COUNT };

struct model_failure {
    enum model_lookup_failure type;
    unsigned count;
    uint64_t word[3]; /* bits left; bits found, or guard and its size */
};

struct model_thread {
    struct model_object *object;
    struct model_registers registers;
    enum model_state state;
    unsigned priority, max_priority, domain;
    uint64_t flags, buffer_address;
    struct model_schedctx *schedctx;
    struct model_notification *bound;
    struct model_endpoint *endpoint;         /* blocked there */
    struct model_notification *notification; /* or there */
    struct model_reply *reply;               /* receives with it or waits for its answer */
    uint64_t send_badge;
    bool send_is_call, send_can_grant, send_can_reply;
    struct model_schedctx *yields_to;
    bool yield_reports;
    enum model_fault fault;
    uint64_t fault_word[3];
    bool fault_in_receive;
    struct model_failure fault_lookup;
    uint64_t last_call; /* for who drives the model: address of its last call instruction + 1 */
};

struct model_irq {
    bool is_issued, is_masked;
    struct model_slot notification;
};

struct model_turn {
    uint64_t domain, duration;
};

struct model {
    struct model_object object[MODEL_MAX_OBJECTS];
    unsigned object_count;
    struct model_irq irq[MODEL_IRQS];
    bool port_issued[MODEL_PORTS];

    struct model_thread *current; /* null: idle */
    struct model_schedctx *current_schedctx;
    uint64_t clock; /* set by who drives the model */
    uint64_t now;   /* of the last entry */
    uint64_t consumed;
    struct model_queue ready; /* in no order of priority: within one, first is next */
    struct model_thread *woken;
    bool must_choose;

    struct model_turn turn[MODEL_TURNS];
    unsigned turn_start, turn_index, domain;
    uint64_t domain_left;

    uint8_t *memory; /* of frames; index is the physical address - memory_start */
    uint64_t memory_start, memory_bytes;

    /* What the last entry did, for who drives the model. */
    bool
        is_ambiguous; /* the interface leaves open what happens: two contexts due at the same moment, or a limit of the model */
    unsigned wake_count; /* threads that became runnable */
};

/* --- building the first state --------------------------------------------------------------------------------------- */

/* Empty, with memory for frames at physical `start`. */
void model_reset(struct model *model, uint64_t memory_start, uint64_t memory_bytes, uint64_t now);
/* Objects that exist at boot. */
struct model_object *model_object_new(struct model *model, enum model_kind kind, uint64_t paddr, unsigned size_bits);
/* A capability without parent. */
void model_slot_root(struct model_slot *slot, struct model_cap cap);
/* A capability copied into a thread's own slot at boot. */
void model_slot_copy(struct model_slot *from, struct model_slot *to);
struct model_object *model_object_at(struct model *model, enum model_kind kind, uint64_t paddr);
/* Round robin with this slice, bound to the thread, which runs. */
void model_start_first(struct model *model, struct model_thread *thread, struct model_schedctx *schedctx,
                       uint64_t slice);

/* --- events: the time is set first ---------------------------------------------------------------------------------- */

/* The current thread executes its call instruction with its registers. */
void model_syscall(struct model *model);
void model_exception(struct model *model, uint64_t number, uint64_t code);
void model_vm_fault(struct model *model, uint64_t address, uint64_t status, bool is_fetch);
void model_interrupt(struct model *model, unsigned irq);
/* The timer, or an interrupt nobody asked for. */
void model_tick(struct model *model);

/* --- looking at it -------------------------------------------------------------------------------------------------- */

bool model_has_children(const struct model_slot *slot);
bool model_is_last(struct model *model, const struct model_slot *slot);
/* The latest moment at which the kernel must look again: end of the budget, a refill, end of the domain's turn. */
uint64_t model_next_event(const struct model *model);
/* Address resolution as a system call of the thread does it; null: no such slot. */
struct model_slot *model_find(const struct model_thread *thread, uint64_t address);
