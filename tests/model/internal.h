/* What the parts of the model use of each other. */
#pragma once

#include "model.h"

/* --- capability.c --------------------------------------------------------------------------------------------------- */

static inline bool slot_is_empty(const struct model_slot *slot)
{
    return slot->cap.kind == KIND_NULL;
}

/* What an operation answers: an error (0: none) and its words, or the results. */
struct answer {
    unsigned error, count;
    uint64_t word[24];
    bool is_given; /* the operation has arranged its own */
};
struct answer done(void);
struct answer fail(enum model_error error);
struct answer fail_with(enum model_error error, uint64_t word);
struct answer fail_range(uint64_t low, uint64_t high);
struct answer fail_lookup(bool is_source, struct model_failure failure);

struct model_failure lookup_failure(enum model_lookup_failure type, unsigned count, uint64_t a, uint64_t b, uint64_t c);

struct found {
    struct model_failure failure;
    struct model_slot *slot;
    unsigned bits_left;
};
struct found resolve(struct model_cap root, uint64_t address, unsigned bits);
struct found resolve_cap(const struct model_thread *thread, uint64_t address);

struct found_slot {
    struct answer answer;
    struct model_slot *slot;
};
struct found_slot find_slot(struct model_cap root, uint64_t index, uint64_t depth, bool is_source);
struct found_slot find_empty_slot(struct model_cap root, uint64_t index, uint64_t depth);

void tree_add_child(struct model_slot *parent, struct model_slot *slot, struct model_cap cap);
/* A copy, or (with another badge) a minted capability. */
void tree_copy(struct model_slot *from, struct model_slot *to, struct model_cap cap);
void tree_move(struct model_slot *from, struct model_slot *to, struct model_cap cap);
void tree_swap(struct model_slot *a, struct model_cap new_a, struct model_slot *b, struct model_cap new_b);
void tree_remove(struct model_slot *slot);

bool same_object(struct model_cap a, struct model_cap b);
struct model_cap mask_rights(struct model_cap cap, unsigned rights);
/* Kind NULL: cannot be. */
struct model_cap apply_data(struct model_cap cap, bool keeps_badge, uint64_t data);
/* What a copy would be: an error, or kind NULL when there can be none. */
struct copied {
    struct answer answer;
    struct model_cap cap;
};
struct copied copy_of(const struct model_slot *slot, struct model_cap cap);

/* --- destroy.c ------------------------------------------------------------------------------------------------------ */

void delete_slot(struct model *m, struct model_slot *slot);
void revoke_slot(struct model *m, struct model_slot *slot);

/* --- memory.c ------------------------------------------------------------------------------------------------------- */

/* The thread's IPC buffer in the model's memory, or null. */
uint8_t *buffer_of(struct model *m, const struct model_thread *thread, bool for_write);
uint64_t load(const uint8_t *buffer, unsigned offset);
void store(uint8_t *buffer, unsigned offset, uint64_t word);
struct message;
struct answer invoke_untyped(struct model *m, struct message *message);

/* --- queues --------------------------------------------------------------------------------------------------------- */

void queue_add_last(struct model *m, struct model_queue *queue, struct model_thread *thread);
void queue_add_first(struct model *m, struct model_queue *queue, struct model_thread *thread);
/* False: it was not there. */
bool queue_take(struct model_queue *queue, const struct model_thread *thread);
bool queue_has(const struct model_queue *queue, const struct model_thread *thread);
/* Highest priority, first of equals; null: empty. */
struct model_thread *queue_best(const struct model_queue *queue);

/* --- refill.c ------------------------------------------------------------------------------------------------------- */

bool has_budget(const struct model_schedctx *sc, uint64_t used);
bool is_released(const struct model_schedctx *sc, uint64_t now);
/* Charges `used`, leaving the rest of the head (a switch), or at the end of the budget. */
void charge(struct model_schedctx *sc, uint64_t used, bool is_end);
void start_running(struct model_schedctx *sc, uint64_t now);
void set_parameters(struct model_schedctx *sc, uint64_t budget, uint64_t period, unsigned refill_max, uint64_t now,
                    bool is_in_use);

/* --- schedule.c ----------------------------------------------------------------------------------------------------- */

static inline bool is_runnable(const struct model_thread *t)
{
    return t->state == STATE_RUNNING || t->state == STATE_RESTART;
}
static inline bool is_blocked(const struct model_thread *t)
{
    return t->state >= STATE_SEND;
}
bool is_schedulable(const struct model_thread *t);
void enter(struct model *m);
bool check_budget(struct model *m, bool restarts);
void leave(struct model *m);
void wake(struct model *m, struct model_thread *t);
void unblock(struct model *m, struct model_thread *t);
void unready(struct model *m, struct model_thread *t);
void put_first(struct model *m, struct model_thread *t);
void reconsider(struct model *m);
void wait_for_refill(struct model *m, struct model_schedctx *sc);
void resume_schedctx(struct model *m, struct model_schedctx *sc);
void settle(struct model *m); /* charges the current context */
void give_up_budget(struct model *m);
void set_priority(struct model *m, struct model_thread *t, unsigned priority);
void start_turn(struct model *m, unsigned index);

void bind_schedctx(struct model *m, struct model_schedctx *sc, struct model_thread *t);
void unbind_schedctx(struct model *m, struct model_schedctx *sc);
void give_schedctx(struct model *m, struct model_schedctx *sc, struct model_thread *to);
void unbind_schedctx_notification(struct model_schedctx *sc);
void finish_yield(struct model *m, struct model_schedctx *sc);
uint64_t report_consumed(struct model *m, struct model_schedctx *sc);

/* --- ipc.c ---------------------------------------------------------------------------------------------------------- */

struct sending {
    struct model_endpoint *endpoint;
    uint64_t badge;
    bool can_grant, can_reply, blocks, is_call, may_donate;
};
void send_message(struct model *m, struct model_thread *sender, struct sending how);
void receive_message(struct model *m, struct model_thread *receiver, struct model_endpoint *endpoint,
                     struct model_reply *reply, bool blocks);
void signal_notification(struct model *m, struct model_notification *n, uint64_t badge);
void wait_for_signal(struct model *m, struct model_thread *t, struct model_notification *n, bool blocks);
void answer_caller(struct model *m, struct model_reply *reply, struct model_thread *sender, bool can_grant);
void cancel_ipc(struct model *m, struct model_thread *t);
void suspend(struct model *m, struct model_thread *t);
void resume(struct model *m, struct model_thread *t);
/* The reply object goes away. */
void end_reply(struct model *m, struct model_reply *reply);
/* Takes a reply object, and all older ones, out of the chain it is in. */
void cut_chain(struct model_reply *reply);

bool is_handler(struct model_cap cap);
void fault_cap(struct model *m, struct model_thread *t, uint64_t address, bool in_receive,
               struct model_failure failure);
void fault_plain(struct model *m, struct model_thread *t, enum model_fault fault, uint64_t a, uint64_t b, uint64_t c);
void fault_timeout(struct model *m, struct model_thread *t);

/* Slots of the sender's extra capabilities; or the address that failed. */
struct extras {
    struct model_slot *slot[MESSAGE_CAPS];
    unsigned count;
    bool failed;
    uint64_t address;
    struct model_failure failure;
};
struct extras find_extras(struct model *m, struct model_thread *sender);

/* --- invoke.c, invoke_thread.c -------------------------------------------------------------------------------------- */

struct message {
    struct model_thread *caller;
    struct model_slot *slot;
    struct model_cap cap;
    uint64_t label;
    unsigned length;
    struct extras extra;
    const uint8_t *buffer;
    bool wants_answer;
};
uint64_t word(const struct message *message, unsigned index);
struct answer invoke(struct model *m, struct message *message);
struct answer invoke_thread(struct model *m, struct message *message);
/* Whether a context may be bound to a thread. */
struct answer check_bind(const struct model *m, const struct model_schedctx *sc, const struct model_thread *t);

/* Registers as they are after somebody wrote them. */
void set_register(struct model_thread *t, unsigned index, uint64_t value);

static inline struct model_thread *thread_of(struct model_cap cap)
{
    return cap.object->thread;
}
