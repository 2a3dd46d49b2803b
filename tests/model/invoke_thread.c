/* What can be asked of a thread. */
#include "internal.h"

static struct answer truncated(void)
{
    return fail(ERROR_TRUNCATED_MESSAGE);
}
static struct answer illegal(void)
{
    return fail(ERROR_ILLEGAL_OPERATION);
}

/* --- registers ------------------------------------------------------------------------------------------------------ */

/* The pc of a thread that is stopped, or has yet to restart, is where it goes on. */
static void settle_registers(struct model_thread *t)
{
    if (t->state == STATE_INACTIVE || t->state == STATE_RESTART)
        t->registers.reg[REG_PC] = t->registers.restart_pc;
}

static struct answer read_registers(struct model *m, struct message *message, struct model_thread *t)
{
    if (message->length < 2)
        return truncated();
    uint64_t count = word(message, 1);
    if (count < 1 || count > MODEL_REGISTERS)
        return fail_range(1, MODEL_REGISTERS);
    if (t == message->caller)
        return illegal();
    if (word(message, 0) & 1)
        suspend(m, t);
    settle_registers(t);
    struct answer answer = done();
    for (unsigned i = 0; i < count; i++)
        answer.word[answer.count++] = t->registers.reg[i];
    return answer;
}

static struct answer write_registers(struct model *m, struct message *message, struct model_thread *t)
{
    if (message->length < 2)
        return truncated();
    uint64_t flags = word(message, 0), count = word(message, 1);
    if (message->length - 2 < count)
        return truncated();
    if (t == message->caller)
        return illegal();
    for (unsigned i = 0; i < count && i < MODEL_REGISTERS; i++)
        set_register(t, i, word(message, i + 2));
    t->registers.reg[REG_PC] = t->registers.restart_pc;
    if (flags & 1)
        resume(m, t);
    return done();
}

static struct answer copy_registers(struct model *m, struct message *message, struct model_thread *t)
{
    if (message->length < 1 || message->extra.count < 1)
        return truncated();
    if (message->extra.slot[0]->cap.kind != KIND_TCB)
        return fail_with(ERROR_INVALID_CAPABILITY, 1);
    struct model_thread *source = thread_of(message->extra.slot[0]->cap);
    uint64_t flags = word(message, 0);
    if (flags & 1)
        suspend(m, source);
    if (flags & 2)
        resume(m, t);
    settle_registers(source);
    for (unsigned i = 0; i < MODEL_REGISTERS; i++)
        if (flags & (i < MODEL_FRAME_REGISTERS ? 4 : 8))
            set_register(t, i, source->registers.reg[i]);
    reconsider(m);
    return done();
}

/* --- the thread's own slots ----------------------------------------------------------------------------------------- */

/* A checked copy for one of the thread's slots; without a source the slot becomes empty. */
struct own {
    struct answer answer;
    struct model_slot *source;
    struct model_cap cap;
};

static struct own own_refused(struct answer answer)
{
    return (struct own){.answer = answer};
}

static struct own own_copy(struct model_slot *source, struct model_cap cap)
{
    struct copied copied = copy_of(source, cap);
    if (copied.answer.error)
        return own_refused(copied.answer);
    return (struct own){done(), source, copied.cap};
}

static struct own check_cspace(struct model_slot *source, uint64_t data)
{
    struct own own = own_copy(source, data ? apply_data(source->cap, false, data) : source->cap);
    if (!own.answer.error && own.cap.kind != KIND_CNODE)
        return own_refused(illegal());
    return own;
}

static struct own check_vspace(struct model_slot *source)
{
    struct own own = own_copy(source, source->cap);
    if (!own.answer.error && !(own.cap.kind == KIND_PML4 && own.cap.is_mapped))
        return own_refused(illegal());
    return own;
}

static struct own check_buffer(struct model_slot *source, uint64_t address)
{
    if (address == 0)
        return own_refused(done());
    struct own own = own_copy(source, source->cap);
    if (own.answer.error)
        return own;
    if (own.cap.kind != KIND_FRAME || own.cap.is_device)
        return own_refused(illegal());
    if (address % (1u << BUFFER_BITS) != 0)
        return own_refused(fail(ERROR_ALIGNMENT));
    return own;
}

static struct own check_handler(struct model_slot *source, unsigned number)
{
    if (slot_is_empty(source))
        return own_refused(done());
    if (!is_handler(source->cap))
        return own_refused(fail_with(ERROR_INVALID_CAPABILITY, number));
    return own_copy(source, source->cap);
}

static void set_own(struct model *m, struct model_thread *t, enum model_thread_slot which, const struct own *own)
{
    struct model_slot *slot = &t->object->slot[which];
    delete_slot(m, slot);
    /* The source may have gone with what was deleted. */
    if (own->source && same_object(own->source->cap, own->cap))
        tree_copy(own->source, slot, own->cap);
}

static struct answer configure(struct model *m, struct message *message, struct model_thread *t)
{
    if (message->length < 3 || message->extra.count < 3)
        return truncated();
    uint64_t data = word(message, 0), address = word(message, 2);
    struct own buffer = check_buffer(message->extra.slot[2], address);
    if (buffer.answer.error)
        return buffer.answer;
    struct own cspace = check_cspace(message->extra.slot[0], data);
    if (cspace.answer.error)
        return cspace.answer;
    struct own vspace = check_vspace(message->extra.slot[1]);
    if (vspace.answer.error)
        return vspace.answer;
    set_own(m, t, SLOT_CSPACE, &cspace);
    set_own(m, t, SLOT_VSPACE, &vspace);
    set_own(m, t, SLOT_BUFFER, &buffer);
    t->buffer_address = address;
    return done();
}

static struct answer set_space(struct model *m, struct message *message, struct model_thread *t)
{
    if (message->length < 2 || message->extra.count < 3)
        return truncated();
    struct own cspace = check_cspace(message->extra.slot[1], word(message, 0));
    if (cspace.answer.error)
        return cspace.answer;
    struct own vspace = check_vspace(message->extra.slot[2]);
    if (vspace.answer.error)
        return vspace.answer;
    struct own handler = check_handler(message->extra.slot[0], 1);
    if (handler.answer.error)
        return handler.answer;
    set_own(m, t, SLOT_FAULT, &handler);
    set_own(m, t, SLOT_CSPACE, &cspace);
    set_own(m, t, SLOT_VSPACE, &vspace);
    return done();
}

static struct answer set_buffer(struct model *m, struct message *message, struct model_thread *t)
{
    if (message->length < 1 || message->extra.count < 1)
        return truncated();
    uint64_t address = word(message, 0);
    struct own buffer = check_buffer(message->extra.slot[0], address);
    if (buffer.answer.error)
        return buffer.answer;
    set_own(m, t, SLOT_BUFFER, &buffer);
    t->buffer_address = address;
    return done();
}

static struct answer set_timeout_endpoint(struct model *m, struct message *message, struct model_thread *t)
{
    if (message->extra.count < 1)
        return truncated();
    struct own handler = check_handler(message->extra.slot[0], 1);
    if (!handler.answer.error)
        set_own(m, t, SLOT_TIMEOUT, &handler);
    return handler.answer;
}

/* --- scheduling ----------------------------------------------------------------------------------------------------- */

static struct answer check_authority(const struct message *message, uint64_t priority)
{
    struct model_cap cap = message->extra.slot[0]->cap;
    if (cap.kind != KIND_TCB)
        return fail_with(ERROR_INVALID_CAPABILITY, 1);
    unsigned most = thread_of(cap)->max_priority;
    return priority > most ? fail_range(0, most) : done();
}

static struct answer set_one_priority(struct model *m, struct message *message, struct model_thread *t)
{
    if (message->length < 1 || message->extra.count < 1)
        return truncated();
    uint64_t priority = word(message, 0);
    struct answer answer = check_authority(message, priority);
    if (answer.error)
        return answer;
    if (message->label == LABEL_SET_PRIORITY)
        set_priority(m, t, (unsigned)priority);
    else
        t->max_priority = (unsigned)priority;
    return done();
}

static struct answer set_sched_params(struct model *m, struct message *message, struct model_thread *t)
{
    if (message->length < 2 || message->extra.count < 3)
        return truncated();
    uint64_t max_priority = word(message, 0), priority = word(message, 1);
    struct answer answer = check_authority(message, max_priority);
    if (!answer.error)
        answer = check_authority(message, priority);
    if (answer.error)
        return answer;
    struct model_cap cap = message->extra.slot[1]->cap;
    struct model_schedctx *sc = NULL;
    if (cap.kind == KIND_SCHED_CONTEXT) {
        sc = cap.object->schedctx;
        answer = t->schedctx == sc ? done() : check_bind(m, sc, t);
    } else if (cap.kind == KIND_NULL) {
        answer = t == message->caller ? illegal() : done();
    } else {
        answer = fail_with(ERROR_INVALID_CAPABILITY, 2);
    }
    if (answer.error)
        return answer;
    struct own handler = check_handler(message->extra.slot[2], 3);
    if (handler.answer.error)
        return handler.answer;
    set_own(m, t, SLOT_FAULT, &handler);
    t->max_priority = (unsigned)max_priority;
    set_priority(m, t, (unsigned)priority);
    if (!sc && t->schedctx)
        unbind_schedctx(m, t->schedctx);
    else if (sc && t->schedctx != sc)
        bind_schedctx(m, sc, t);
    return done();
}

/* --- the rest ------------------------------------------------------------------------------------------------------- */

static struct answer bind_notification(struct message *message, struct model_thread *t)
{
    if (message->extra.count < 1)
        return truncated();
    struct model_cap cap = message->extra.slot[0]->cap;
    if (t->bound || cap.kind != KIND_NOTIFICATION || !(cap.rights & MAY_READ))
        return illegal();
    struct model_notification *n = cap.object->notification;
    if (n->waiting.count > 0 || n->bound)
        return illegal();
    n->bound = t;
    t->bound = n;
    return done();
}

static struct answer set_flags(struct message *message, struct model_thread *t)
{
    if (message->length < 2)
        return truncated();
    t->flags =
        ((t->flags & ~word(message, 0)) | word(message, 1)) & (FLAG_FPU_DISABLED | FLAG_FOREIGN | FLAGS_TRACE_ID);
    return (struct answer){.error = ERROR_NONE, .count = 1, .word = {t->flags}};
}

struct answer invoke_thread(struct model *m, struct message *message)
{
    struct model_thread *t = thread_of(message->cap);
    switch (message->label) {
    case LABEL_READ_REGISTERS:
        return read_registers(m, message, t);
    case LABEL_WRITE_REGISTERS:
        return write_registers(m, message, t);
    case LABEL_COPY_REGISTERS:
        return copy_registers(m, message, t);
    case LABEL_CONFIGURE:
        return configure(m, message, t);
    case LABEL_SET_PRIORITY:
    case LABEL_SET_MC_PRIORITY:
        return set_one_priority(m, message, t);
    case LABEL_SET_SCHED_PARAMS:
        return set_sched_params(m, message, t);
    case LABEL_SET_TIMEOUT_ENDPOINT:
        return set_timeout_endpoint(m, message, t);
    case LABEL_SET_IPC_BUFFER:
        return set_buffer(m, message, t);
    case LABEL_SET_SPACE:
        return set_space(m, message, t);
    case LABEL_SUSPEND:
        suspend(m, t);
        return done();
    case LABEL_RESUME:
        resume(m, t);
        return done();
    case LABEL_BIND_NOTIFICATION:
        return bind_notification(message, t);
    case LABEL_UNBIND_NOTIFICATION:
        if (!t->bound)
            return illegal();
        t->bound->bound = NULL;
        t->bound = NULL;
        return done();
    case LABEL_SET_TLS_BASE:
        if (message->length < 1)
            return truncated();
        set_register(t, REG_TLS, word(message, 0));
        return done();
    case LABEL_SET_FLAGS:
        return set_flags(message, t);
    default:
        return illegal();
    }
}
