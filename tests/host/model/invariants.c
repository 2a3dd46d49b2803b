/* What must be true of the kernel's own links after every event, whatever the model says. */
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

#define check(condition, ...)                                                                                          \
    do {                                                                                                               \
        if (!(condition))                                                                                              \
            differ(__VA_ARGS__);                                                                                       \
    } while (0)

/* --- slots ---------------------------------------------------------------------------------------------------------- */

static void check_slot(const struct cap_slot *slot)
{
    const struct cap_slot *next = cap_slot_next(slot), *prev = cap_slot_prev(slot);
    if (cap_slot_is_empty(slot)) {
        check(!next && !prev && !(slot->next_word & ~(uint64_t)CAP_SLOT_OF_THREAD), "an empty slot is linked");
        return;
    }
    check(!next || cap_slot_prev(next) == slot, "the slot behind does not lead back");
    check(!prev || cap_slot_next(prev) == slot, "the slot before does not lead here");
    check(!next || !cap_slot_is_empty(next), "an empty slot stands behind one that is not");
    check(cap_type(slot->cap) != ABI_CAP_TYPE_ZOMBIE, "a zombie is left behind");
}

static void check_slots(const struct model_object *object)
{
    const struct cap_slot *slots = hal_window(object->paddr);
    for (unsigned i = 0; i < object->slot_count; i++)
        check_slot(&slots[i]);
}

/* --- queues of waiting threads -------------------------------------------------------------------------------------- */

static void check_group(const struct wait_queue *queue, const struct thread *head)
{
    const struct thread *thread = head;
    do {
        check(thread->queue_next && thread->queue_next->queue_prev == thread, "a ring of equals is broken");
        check(thread->priority == head->priority, "a ring of equals holds different priorities");
        check(thread == head || (!thread->group_next && !thread->group_prev),
              "a second group head in a ring of equals");
        check(thread->blocking_object == queue, "a thread stands in a queue where it does not wait");
        check(!thread->in_ready_queue, "a waiting thread is ready");
        thread = thread->queue_next;
    } while (thread != head);
}

static void check_wait_queue(const struct wait_queue *queue)
{
    const struct thread *first = wait_queue_first(queue), *head = first;
    check(first || !wait_queue_state(queue), "an empty queue has a state");
    check(!queue->cursor, "a walk over a queue was left unfinished");
    check(!!(queue->head_word & WAIT_QUEUE_ALONE) == (first && !wait_queue_next(queue, first)),
          "a queue is wrong about a thread being alone");
    if (!first)
        return;
    if (queue->head_word & WAIT_QUEUE_ALONE) {
        check(first->blocking_object == queue, "a thread stands in a queue where it does not wait");
        check(!first->in_ready_queue, "a waiting thread is ready");
        return;
    }
    do {
        check_group(queue, head);
        check(head->group_next->group_prev == head, "the ring of groups is broken");
        check(head->group_next == first || head->group_next->priority < head->priority, "groups are not in order");
        head = head->group_next;
    } while (head != first);
}

/* --- ready and waiting contexts ------------------------------------------------------------------------------------- */

static void check_ready_queue(const struct ready_set *set, unsigned domain, unsigned priority)
{
    const struct ready_queue *queue = &set->queue[priority];
    bool is_marked = set->bitmap[priority / 64] >> (priority % 64) & 1;
    check(is_marked == (queue->head != NULL), "the bitmap is wrong about priority %u", priority);
    check((queue->head == NULL) == (queue->tail == NULL), "head and tail of a ready queue disagree");
    const struct thread *last = NULL;
    for (const struct thread *thread = queue->head; thread; thread = thread->queue_next) {
        check(thread->in_ready_queue && thread->queue_prev == last, "a ready queue is broken");
        check(thread->priority == priority && thread->domain == domain, "a thread stands in a wrong ready queue");
        last = thread;
    }
    check(queue->tail == last, "the tail of a ready queue is wrong");
}

static void check_ready(const struct cpu *cpu)
{
    unsigned highest = 0;
    for (unsigned priority = 0; priority < PRIORITY_COUNT; priority++)
        if (cpu->ready[cpu->domain].queue[priority].head)
            highest = priority;
    check(cpu->highest_ready == highest, "the highest ready priority is %u, not %u", highest, cpu->highest_ready);
    for (unsigned domain = 0; domain < CONFIG_NUM_DOMAINS; domain++) {
        const struct ready_set *set = &cpu->ready[domain];
        for (unsigned priority = 0; priority < PRIORITY_COUNT; priority++)
            check_ready_queue(set, domain, priority);
    }
    check(!cpu->must_choose && !cpu->candidate, "a decision was left open");
    check(!cpu->current->in_ready_queue, "the running thread is in a ready queue");
    check(cpu->current->priority >= highest, "a ready thread outranks the running one");
}

static unsigned rank_of(const struct schedctx *sc)
{
    return sc ? sc->heap_rank : 0;
}

static unsigned check_heap(struct schedctx *sc, const struct schedctx *parent)
{
    if (!sc)
        return 0;
    check(sc->in_release_queue && sc->heap_parent == parent, "the heap of waiting contexts is broken");
    check(!parent || sc->heap_parent->refill[parent->refill_head].time <= schedctx_head(sc)->time,
          "the heap is not in order");
    check(rank_of(sc->heap_left) >= rank_of(sc->heap_right) && sc->heap_rank == rank_of(sc->heap_right) + 1,
          "the heap leans the wrong way");
    return 1 + check_heap(sc->heap_left, sc) + check_heap(sc->heap_right, sc);
}

/* --- contexts and threads ------------------------------------------------------------------------------------------- */

static void check_schedctx(struct schedctx *sc)
{
    check(!sc->thread || sc->thread->schedctx == sc, "a context's thread does not have it");
    check(!sc->notification || sc->notification->schedctx == sc, "a context's notification does not have it");
    check(!sc->yield_from || sc->yield_from->yield_to == sc, "who yields to a context does not wait for it");
    check(!sc->reply || sc->reply->schedctx == sc, "the head of a chain does not lead to the context");
    check(!sc->in_release_queue || (sc->thread && thread_is_runnable(sc->thread)), "a context waits for nobody");
    for (const struct reply *reply = sc->reply; reply; reply = reply->older) {
        check(reply->thread && reply->thread->reply == reply, "a chain holds a free reply object");
        check(!reply->older || reply->older->newer == reply, "a chain of replies is broken");
        check(reply == sc->reply || !reply->schedctx, "a reply that is not the head has a context");
    }
}

/* What a thread keeps of its own slots, against the slots. */
static void check_own_slots(const struct thread *thread)
{
    struct cap root = thread->slot[THREAD_SLOT_CSPACE].cap, frame = thread->slot[THREAD_SLOT_BUFFER].cap;
    bool spans = cap_is_spanning_cnode(root);
    check(thread->cspace_size == (spans ? BIT(cap_cnode_radix(root)) : 0), "a thread is wrong about its CSpace's size");
    check(!spans || thread->cspace == cap_pointer(root), "a thread is wrong about its CSpace's place");
    for (int for_write = 0; for_write <= 1; for_write++) {
        const void *wanted = NULL;
        if (thread->ipc_buffer != 0)
            wanted = hal_buffer_window(frame, thread->ipc_buffer, for_write ? RIGHT_READ | RIGHT_WRITE : RIGHT_READ);
        check(thread_ipc_buffer(thread, for_write) == wanted, "a thread is wrong about its IPC buffer");
    }
    for (unsigned i = 0; i < THREAD_SLOT_COUNT; i++)
        check(thread->slot[i].next_word & CAP_SLOT_OF_THREAD, "a thread's slot does not say so");
}

static void check_special(const struct thread *thread)
{
    check(!!(thread->special & THREAD_IS_FOREIGN) == !!(thread->flags & ABI_TCB_FLAG_FOREIGN) &&
              !!(thread->special & THREAD_FPU_DISABLED) == !!(thread->flags & ABI_TCB_FLAG_FPU_DISABLED),
          "what is special about a thread does not follow its flags");
    check(!!(thread->special & THREAD_CALL_PREEMPTED) == (thread->call_progress != 0),
          "a preempted call is forgotten or made up");
}

static void check_thread(const struct thread *thread)
{
    check_own_slots(thread);
    check_special(thread);
    check(!thread->schedctx || thread->schedctx->thread == thread, "a thread's context does not have it");
    check(!thread->bound_notification || thread->bound_notification->bound_thread == thread,
          "a bound notification is not");
    check(!thread->reply || thread->reply->thread == thread, "a thread's reply object does not have it");
    check(!thread->yield_to || thread->yield_to->yield_from == thread, "a YieldTo is one-sided");
    check(!thread->in_ready_queue || (thread->schedctx && thread_is_runnable(thread)),
          "a thread is ready that cannot run");
    bool should_be_ready = thread_is_runnable(thread) && thread->schedctx && schedctx_is_configured(thread->schedctx) &&
                           !thread->schedctx->in_release_queue && thread != host_cpu.current;
    check(thread->in_ready_queue == should_be_ready, "a thread that could run is forgotten");
}

void kernel_check_invariants(void)
{
    unsigned waiting = 0;
    for (unsigned i = 0; i < model.object_count; i++) {
        const struct model_object *object = &model.object[i];
        if (!object->is_alive)
            continue;
        void *memory = hal_window(object->paddr);
        if (object->kind == KIND_CNODE || object->kind == KIND_TCB)
            check_slots(object);
        if (object->kind == KIND_TCB)
            check_thread(memory);
        if (object->kind == KIND_ENDPOINT)
            check_wait_queue(&((struct endpoint *)memory)->queue);
        if (object->kind == KIND_NOTIFICATION)
            check_wait_queue(&((struct notification *)memory)->waiting);
        if (object->kind == KIND_SCHED_CONTEXT) {
            check_schedctx(memory);
            waiting += ((struct schedctx *)memory)->in_release_queue;
        }
    }
    for (unsigned i = 0; i < HAL_IRQ_COUNT; i++)
        check_slot(&system_state.irq[i].notification);
    check_ready(&host_cpu);
    check(check_heap(host_cpu.release_root, NULL) == waiting, "the heap of waiting contexts holds strangers");
    check(host.space_of == host_cpu.current, "the address space is not the current thread's");
}
