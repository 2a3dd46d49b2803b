/* What the kernel is in, against what the model is in. */
#include "both.h"

#include "core/captree.h"
#include "core/cpu.h"
#include "core/system.h"
#include "core/wait_queue.h"
#include "hal_host.h"
#include "object/endpoint.h"
#include "object/notification.h"
#include "object/reply.h"
#include "object/schedctx.h"

#include <string.h>

#define LAST_TURNS 61
static unsigned comparisons;

/* Where the kernel has the model's object; null for null. */
#define KERNEL_OF(part) ((part) ? hal_window((part)->object->paddr) : NULL)

static void compare(const char *what, uint64_t paddr, uint64_t kernel, uint64_t wanted)
{
    if (kernel != wanted)
        differ("%s of %lx: the kernel has 0x%lx, the model 0x%lx", what, paddr, kernel, wanted);
}

static void compare_pointer(const char *what, uint64_t paddr, const void *kernel, const void *wanted)
{
    if (kernel != wanted)
        differ("%s of %lx: the kernel has %lx, the model %lx", what, paddr, kernel ? hal_paddr(kernel) : 0,
               wanted ? hal_paddr(wanted) : 0);
}

/* --- capabilities --------------------------------------------------------------------------------------------------- */

static void compare_cap(uint64_t owner, unsigned index, struct cap cap, const struct model_cap *wanted)
{
    uint64_t at = owner + index; /* for the report: the object's address and the slot's number */
    compare("kind of slot", at, cap_type(cap), wanted->kind);
    switch (wanted->kind) {
    case KIND_UNTYPED:
        compare("memory of the untyped in slot", at, cap_paddr(cap), wanted->paddr);
        compare("size of the untyped in slot", at, cap_untyped_size_bits(cap), wanted->size_bits);
        compare("device mark of the untyped in slot", at, cap_untyped_is_device(cap), wanted->is_device);
        compare("watermark of the untyped in slot", at, cap_untyped_watermark(cap), wanted->watermark);
        break;
    case KIND_ENDPOINT:
    case KIND_NOTIFICATION:
        compare("badge in slot", at, cap_badge(cap), wanted->badge);
        /* fall through */
    case KIND_REPLY:
        compare("rights in slot", at, cap_rights(cap).bits, wanted->rights);
        /* fall through */
    case KIND_TCB:
        compare_pointer("object in slot", at, cap_pointer(cap), KERNEL_OF(wanted));
        break;
    case KIND_CNODE:
        compare_pointer("object in slot", at, cap_pointer(cap), KERNEL_OF(wanted));
        compare("guard in slot", at, cap_cnode_guard(cap), wanted->guard);
        compare("guard size in slot", at, cap_cnode_guard_size(cap), wanted->guard_bits);
        compare("radix in slot", at, cap_cnode_radix(cap), wanted->object->radix);
        break;
    case KIND_SCHED_CONTEXT:
        compare_pointer("object in slot", at, cap_pointer(cap), KERNEL_OF(wanted));
        compare("size of the context in slot", at, cap_schedctx_size_bits(cap), wanted->object->size_bits);
        break;
    case KIND_FRAME:
        compare("frame in slot", at, cap_paddr(cap), wanted->object->paddr);
        compare("rights of the frame in slot", at, cap_field(cap, 5, 2), wanted->rights);
        compare("device mark of the frame in slot", at, cap_field(cap, 9, 1), wanted->is_device);
        compare("size of the frame in slot", at, hal_frame_size_bits(cap), wanted->object->size_bits);
        break;
    case KIND_PAGE_TABLE:
    case KIND_PAGE_DIRECTORY:
    case KIND_PDPT:
    case KIND_PML4:
        compare("table in slot", at, cap_paddr(cap), wanted->object->paddr);
        compare("mapping of the table in slot", at, cap.word[1], wanted->is_mapped);
        break;
    case KIND_IRQ_HANDLER:
        compare("interrupt of slot", at, cap_irq_handler_irq(cap), wanted->number);
        break;
    case KIND_IO_PORT:
        compare("ports of slot", at, cap.word[1], (uint64_t)wanted->last << 16 | wanted->number);
        break;
    default:
        break;
    }
}

/* What nobody has had since it was cleared is still clear. */
static void check_memory_is_clear(const struct model_cap *untyped)
{
    if (untyped->is_device || untyped->size_bits > 14 || untyped->watermark >> untyped->size_bits)
        return;
    const uint64_t *memory = hal_window(untyped->paddr);
    for (uint64_t i = untyped->watermark / 8; i < BIT(untyped->size_bits) / 8; i++)
        if (memory[i] != 0)
            differ("memory of the untyped at %lx is not clear at %lx", untyped->paddr, untyped->paddr + 8 * i);
}

static void compare_slot(uint64_t owner, unsigned index, const struct cap_slot *slot, const struct model_slot *wanted)
{
    if (cap_is_null(slot->cap) && wanted->cap.kind == KIND_NULL)
        return;
    compare_cap(owner, index, slot->cap, &wanted->cap);
    compare("children of slot", owner + index, captree_has_children(slot), model_has_children(wanted));
    /* Costly for the model: each slot in its turn. */
    if ((index + comparisons) % LAST_TURNS != 0)
        return;
    compare("being the last of slot", owner + index, captree_is_final(slot), model_is_last(&model, wanted));
    if (wanted->cap.kind == KIND_UNTYPED)
        check_memory_is_clear(&wanted->cap);
}

static void compare_slots(const struct model_object *object)
{
    const struct cap_slot *slots = hal_window(object->paddr);
    for (unsigned i = 0; i < object->slot_count; i++)
        compare_slot(object->paddr, i, &slots[i], &object->slot[i]);
}

/* --- threads -------------------------------------------------------------------------------------------------------- */

static enum thread_state state_of(enum model_state state)
{
    static const enum thread_state states[] = {
        [STATE_INACTIVE] = THREAD_INACTIVE,
        [STATE_RUNNING] = THREAD_RUNNING,
        [STATE_RESTART] = THREAD_RESTART,
        [STATE_SEND] = THREAD_BLOCKED_SEND,
        [STATE_RECEIVE] = THREAD_BLOCKED_RECEIVE,
        [STATE_REPLY] = THREAD_BLOCKED_REPLY,
        [STATE_NOTIFICATION] = THREAD_BLOCKED_NOTIFICATION,
    };
    return states[state];
}

static void compare_registers(uint64_t at, const struct user_context *context, const struct model_registers *wanted)
{
    for (unsigned i = 0; i < MODEL_REGISTERS; i++)
        if (context_user_register(context, i) != wanted->reg[i])
            differ("register %u of thread %lx: the kernel has 0x%lx, the model 0x%lx", i, at,
                   context_user_register(context, i), wanted->reg[i]);
    compare("restart address of thread", at, context_restart_pc(context), wanted->restart_pc);
}

static void compare_thread(const struct model_thread *wanted)
{
    const struct thread *thread = KERNEL_OF(wanted);
    uint64_t at = wanted->object->paddr;
    compare("state of thread", at, thread->state, state_of(wanted->state));
    compare_registers(at, &thread->context, &wanted->registers);
    compare("priority of thread", at, thread->priority, wanted->priority);
    compare("maximum priority of thread", at, thread->max_priority, wanted->max_priority);
    compare("domain of thread", at, thread->domain, wanted->domain);
    compare("flags of thread", at, thread->flags, wanted->flags);
    compare("buffer address of thread", at, thread->ipc_buffer, wanted->buffer_address);
    compare("fault of thread", at, thread->fault.type, wanted->fault);
    compare_pointer("context of thread", at, thread->schedctx, KERNEL_OF(wanted->schedctx));
    compare_pointer("bound notification of thread", at, thread->bound_notification, KERNEL_OF(wanted->bound));
    compare_pointer("reply object of thread", at, thread->reply, KERNEL_OF(wanted->reply));
    compare_pointer("YieldTo of thread", at, thread->yield_to, KERNEL_OF(wanted->yields_to));
    if (wanted->state == STATE_SEND) {
        compare("badge sent by thread", at, thread->send_badge, wanted->send_badge);
        compare("call mark of thread", at, thread->send_is_call, wanted->send_is_call);
    }
}

/* --- other objects -------------------------------------------------------------------------------------------------- */

/* The model's queue has no order of priority: it is taken apart in that order. */
static void compare_queue(uint64_t at, const struct wait_queue *queue, struct model_queue wanted)
{
    const struct thread *thread = wait_queue_first(queue);
    while (wanted.count > 0) {
        unsigned best = 0;
        for (unsigned i = 1; i < wanted.count; i++)
            if (wanted.thread[i]->priority > wanted.thread[best]->priority)
                best = i;
        compare_pointer("next in the queue", at, thread, KERNEL_OF(wanted.thread[best]));
        wanted.count--;
        memmove(&wanted.thread[best], &wanted.thread[best + 1], (wanted.count - best) * sizeof(wanted.thread[0]));
        thread = wait_queue_next(queue, thread);
    }
    compare_pointer("end of the queue", at, thread, NULL);
}

static void compare_endpoint(const struct model_object *object)
{
    const struct endpoint *endpoint = hal_window(object->paddr);
    const struct model_endpoint *wanted = object->endpoint;
    unsigned state = wanted->waiting.count == 0 ? ENDPOINT_IDLE
                     : wanted->are_senders      ? ENDPOINT_SENDERS
                                                : ENDPOINT_RECEIVERS;
    compare("state of endpoint", object->paddr, wait_queue_state(&endpoint->queue), state);
    compare_queue(object->paddr, &endpoint->queue, wanted->waiting);
}

static void compare_notification(const struct model_object *object)
{
    const struct notification *notification = hal_window(object->paddr);
    const struct model_notification *wanted = object->notification;
    compare("activity of notification", object->paddr, notification->is_active, wanted->is_active);
    if (wanted->is_active)
        compare("word of notification", object->paddr, notification->word, wanted->word);
    compare_pointer("bound thread of notification", object->paddr, notification->bound_thread,
                    KERNEL_OF(wanted->bound));
    compare_pointer("context of notification", object->paddr, notification->schedctx, KERNEL_OF(wanted->schedctx));
    compare_queue(object->paddr, &notification->waiting, wanted->waiting);
}

static void compare_refills(uint64_t at, const struct schedctx *sc, const struct model_schedctx *wanted)
{
    uint64_t sum = 0;
    compare("number of refills of context", at, sc->refill_count, wanted->refill_count);
    compare("most refills of context", at, sc->refill_max, wanted->refill_max);
    for (unsigned i = 0; i < wanted->refill_count; i++) {
        const struct refill *refill = &sc->refill[(sc->refill_head + i) % sc->refill_max];
        compare("time of a refill of context", at, refill->time, wanted->refill[i].time);
        compare("amount of a refill of context", at, refill->amount, wanted->refill[i].amount);
        sum += refill->amount;
    }
    compare("sum of the refills of context", at, sum, wanted->budget);
    if (wanted->refill[0].amount < MINIMUM_BUDGET_US * MODEL_TICKS_PER_US)
        differ("the head of context %lx is below the minimum", at);
}

static void compare_schedctx(const struct model_schedctx *wanted)
{
    const struct schedctx *sc = KERNEL_OF(wanted);
    uint64_t at = wanted->object->paddr;
    compare("being configured of context", at, schedctx_is_configured(sc), wanted->is_configured);
    compare("waiting of context", at, sc->in_release_queue, wanted->is_waiting);
    compare_pointer("thread of context", at, sc->thread, KERNEL_OF(wanted->thread));
    compare_pointer("notification of context", at, sc->notification, KERNEL_OF(wanted->notification));
    compare_pointer("yielder of context", at, sc->yield_from, KERNEL_OF(wanted->yielder));
    const struct reply *reply = sc->reply;
    for (unsigned i = wanted->chain_length; i > 0; i--) {
        compare_pointer("chain of context", at, reply, KERNEL_OF(wanted->chain[i - 1]));
        reply = reply->older;
    }
    compare_pointer("end of the chain of context", at, reply, NULL);
    if (!wanted->is_configured)
        return;
    compare("time consumed of context", at, sc->consumed, wanted->consumed);
    compare("period of context", at, sc->period, wanted->period);
    compare("badge of context", at, sc->badge, wanted->badge);
    compare_refills(at, sc, wanted);
}

static void compare_frame(const struct model_object *object)
{
    /* Device memory, and frames larger than a page, hold no IPC buffers here. */
    if (object->size_bits != ABI_PAGE_BITS || !hal_window_covers(object->paddr, BIT(object->size_bits)))
        return;
    if (memcmp(hal_window(object->paddr), model.memory + (object->paddr - model.memory_start),
               BIT(object->size_bits)) != 0)
        differ("the contents of frame %lx differ", object->paddr);
}

static void compare_object(const struct model_object *object)
{
    switch (object->kind) {
    case KIND_TCB:
        compare_thread(object->thread);
        compare_slots(object);
        break;
    case KIND_CNODE:
        compare_slots(object);
        break;
    case KIND_ENDPOINT:
        compare_endpoint(object);
        break;
    case KIND_NOTIFICATION:
        compare_notification(object);
        break;
    case KIND_SCHED_CONTEXT:
        compare_schedctx(object->schedctx);
        break;
    case KIND_REPLY: {
        const struct reply *reply = hal_window(object->paddr);
        compare_pointer("thread of reply object", object->paddr, reply->thread, KERNEL_OF(object->reply->thread));
        break;
    }
    case KIND_FRAME:
        compare_frame(object);
        break;
    default:
        break;
    }
}

/* --- the processor -------------------------------------------------------------------------------------------------- */

static unsigned ready_count(void)
{
    unsigned count = 0;
    for (unsigned domain = 0; domain < CONFIG_NUM_DOMAINS; domain++)
        for (unsigned priority = 0; priority < PRIORITY_COUNT; priority++)
            for (const struct thread *t = host_cpu.ready[domain].queue[priority].head; t; t = t->queue_next)
                count++;
    return count;
}

/* Each ready thread's successor is the next in the model's list with its domain and priority. */
static void compare_ready(void)
{
    const struct thread *next[MODEL_MAX_THREADS];
    for (unsigned i = model.ready.count; i > 0; i--) {
        const struct model_thread *t = model.ready.thread[i - 1];
        const struct thread *thread = KERNEL_OF(t), *behind = NULL;
        for (unsigned j = i; j < model.ready.count && !behind; j++)
            if (model.ready.thread[j]->priority == t->priority && model.ready.thread[j]->domain == t->domain)
                behind = KERNEL_OF(model.ready.thread[j]);
        next[i - 1] = behind;
        compare("readiness of thread", t->object->paddr, thread->in_ready_queue, true);
        compare_pointer("next ready behind thread", t->object->paddr, thread->queue_next, next[i - 1]);
    }
    compare("number of ready threads at", host_cpu.now, ready_count(), model.ready.count);
}

/*
 * The interrupt must come before anything must happen. When it is set anew, then to at most the slack (and the minimum budget)
 * before; one that was set earlier may come too early.
 */
static void compare_timer(void)
{
    uint64_t event = model_next_event(&model), slack = MINIMUM_BUDGET_US * MODEL_TICKS_PER_US;
    if (event == UINT64_MAX || event - model.now > UINT64_C(1) << 55)
        return;
    if (!host.is_armed)
        differ("no timer is armed for %lu", event);
    if (host.deadline > event && host.deadline > model.now)
        differ("the timer is armed for %lu, at %lu something must happen", host.deadline, event);
    if (host.was_set && host.deadline + slack < event)
        differ("the timer is armed for %lu, long before %lu", host.deadline, event);
    host.was_set = false;
}

static void compare_processor(void)
{
    const struct thread *current = host_cpu.current == &host_cpu.idle ? NULL : host_cpu.current;
    compare_pointer("the running thread at time 0", 0, current, KERNEL_OF(model.current));
    compare_pointer("the running context at time 0", 0, host_cpu.current_schedctx, KERNEL_OF(model.current_schedctx));
    uint64_t used = host_cpu.current_schedctx ? host_cpu.now - host_cpu.charged_until : 0;
    compare("time used at", model.now, used, model.consumed);
    compare("domain at", model.now, host_cpu.domain, model.domain);
    uint64_t left = host_cpu.domain_end > host_cpu.now ? host_cpu.domain_end - host_cpu.now : 0;
    compare("time left in the domain at", model.now, left, model.domain_left);
    compare_ready();
    for (unsigned i = 0; i < MODEL_TURNS; i++) {
        compare("domain of turn", i, system_state.schedule[i].domain, model.turn[i].domain);
        compare("duration of turn", i, system_state.schedule[i].duration, model.turn[i].duration);
    }
    for (unsigned i = 0; i < MODEL_IRQS; i++) {
        compare("issue of interrupt", i, system_state.irq[i].is_issued, model.irq[i].is_issued);
        compare_slot(i, 0, &system_state.irq[i].notification, &model.irq[i].notification);
    }
}

void both_compare(void)
{
    if (model.is_ambiguous)
        return;
    comparisons++;
    for (unsigned i = 0; i < model.object_count; i++)
        if (model.object[i].is_alive)
            compare_object(&model.object[i]);
    compare_processor();
    compare_timer();
    kernel_check_invariants();
}
